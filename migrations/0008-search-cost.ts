import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the functions of full text really take, in PostgreSQL's unit of about 10 ns: with the default it would rather make the words of every
 * row anew than ask the index, and test by them before the cheaper test.
 */
export class SearchCost0008 implements MigrationInterface {
  name = 'SearchCost0008000000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter function dure.search_fold(text) cost 1000;
      alter function dure.search_fold(text[]) cost 2000;
      alter function dure.search_holds(text, text[]) cost 200;
      alter function dure.search_lexemes(text) cost 10000;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}
