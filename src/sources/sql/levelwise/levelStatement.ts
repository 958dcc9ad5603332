/**
 * One level's statements for a batch of parents: no correlated sub-select, no LATERAL. The parents' keys come as lists of texts; rows are
 * joined to them and numbered per parent; conditions on rows of other tables are joins to the keys that satisfy them.
 */
import type { Column } from '../../../catalog/model.js';
import type { Link, TableAt } from '../../../plan/link.js';
import type { Level, RowKeys } from '../../../plan/plan.js';
import type { Bindings, RelatedPredicate } from '../../../plan/predicate.js';
import type { AuthorizedPlan } from '../../../policy/authorize.js';
import type { PlanParts } from '../../source.js';
import { columnSqlType, sqlType } from '../codec.js';
import { openSql, opensBetween } from '../opens.js';
import { linkSql, predicateSql, type PredicateContext } from '../predicate.js';
import { relationSql, rowNumberColumn } from '../relation.js';
import { StatementWriter } from '../statement.js';
import type { Dialect } from '../dialect.js';

/** The keys of the parents, a list for each column of the link: texts that parameters of the columns' types read. */
export interface LevelBindings extends Bindings {
  readonly parents?: readonly (readonly (string | null)[])[];
}

/** Columns of a statement's result; equal expressions are read once. */
export class Selection {
  readonly columns: string[] = [];

  add(sql: string): number {
    const found = this.columns.indexOf(sql);
    return found >= 0 ? found : this.columns.push(sql) - 1;
  }
}

/** What ties a level to the batch it is asked for. */
export type Batch = { readonly link: Link } | { readonly keys: RowKeys };

export interface RowsSql {
  /** `from …` without the word, and `where …` likewise. */
  readonly from: string;
  readonly where: string;
  /** The parent's number, from 1. */
  readonly parent: string;
}

/** A statement over the rows of one level. */
export class LevelStatement {
  readonly writer: StatementWriter;
  readonly alias: string;

  constructor(private readonly plan: AuthorizedPlan, private readonly level: Level, private readonly batch: Batch | undefined, private readonly parts: PlanParts | undefined, dialect: Dialect) {
    this.writer = new StatementWriter(dialect);
    this.alias = this.writer.alias();
  }

  readonly column = (column: Column): string => `${this.alias}.${column.physical}`;

  get rowNumber(): string {
    return `${this.alias}.${rowNumberColumn}`;
  }

  /** @param conditions further ones, over `column` */
  rows(conditions: (context: PredicateContext) => readonly string[] = () => []): RowsSql {
    const { plan, level, writer } = this;
    const joins: string[] = [];
    const context = this.context(level.at, this.alias, joins);
    const batch = this.batch && this.keys(this.batch);
    const from = relationSql(plan.relation(level.at), this.alias, writer);
    const where = [
      ...(level.where.op === 'constant' && level.where.value ? [] : [predicateSql(level.where, context)]),
      ...opensBetween(plan, level.at, undefined).map(({ test }) => openSql(test, writer)),
      ...conditions(context),
    ].join(' and ') || 'true';
    return { from: `${batch ? `${batch.sql} join ${from} on ${batch.tie}` : from}${joins.join('')}`, where, parent: batch ? 'k.n' : '1' };
  }

  /** `from` item `k(n, v0, v1, …)` of the parents' keys, and the condition that a row belongs to one. */
  private keys(batch: Batch): { readonly sql: string; readonly tie: string } {
    const { writer } = this;
    const { dialect } = writer;
    const types = 'link' in batch ? batch.link.on.map(({ here }) => columnSqlType(here)) : batch.keys.parts.map(({ column }) => (column ? sqlType(column.kind) : 'int8'));
    const lists = types.map((_, index) => `${dialect.numbered(writer.parameter((b) => (b as LevelBindings).parents![index], 'text[]'), `u${index}`)}${index > 0 ? ` on u${index}.n = u0.n` : ''}`);
    const sql = `(select u0.n as n, ${types.map((type, index) => `${dialect.cast(`u${index}.v`, type)} as v${index}`).join(', ')} from ${lists.join(' join ')}) k`;
    if ('keys' in batch) return { sql, tie: batch.keys.parts.map(({ column }, index) => `${column ? this.column(column) : this.rowNumber} = k.v${index}`).join(' and ') };
    const { on } = batch.link;
    return { sql, tie: linkSql(batch.link, (here) => `k.v${on.findIndex((pair) => pair.here === here)}`, this.column, dialect) };
  }

  private context(at: TableAt, alias: string, joins: string[]): PredicateContext {
    return {
      writer: this.writer,
      column: (column) => `${alias}.${column.physical}`,
      rowNumber: `${alias}.${rowNumberColumn}`,
      foreign: (predicate) => this.parts?.foreign(predicate),
      related: () => { throw new Error('conditions on other tables are joins here'); },
      joined: (predicate) => this.join(predicate, at, alias, joins),
    };
  }

  /** A join to the keys of the far rows that satisfy the condition (of `every`, that do not). Over lists, to the numbers of the rows here that such a row belongs to. */
  private join({ link, quantifier, where }: RelatedPredicate, at: TableAt, alias: string, joins: string[]): string {
    const { writer, plan } = this;
    const [far, met] = [writer.alias(), writer.alias()];
    const inner: string[] = [];
    const from = relationSql(plan.relation(link.target), far, writer);
    const test = predicateSql(where, this.context(link.target, far, inner));
    const open = opensBetween(plan, link.target, at).map((bound) => ` and ${openSql(bound.test, writer)}`).join('');
    const condition = `${quantifier === 'every' ? `(${test}) is not true` : test}${open}`;
    const there = (column: Column): string => `${far}.${column.physical}`;
    if (link.on.some((pair) => pair.here.kind === 'list' || pair.there.kind === 'list')) {
      const self = writer.alias();
      const own = relationSql(plan.relation(at), self, writer);
      const tie = linkSql(link, (column) => `${self}.${column.physical}`, there, writer.dialect);
      joins.push(` left join (select distinct ${self}.${rowNumberColumn} as v0 from ${own} join ${from} on ${tie}${inner.join('')} where ${condition}) ${met} on ${met}.v0 = ${alias}.${rowNumberColumn}`);
    } else {
      const tie = linkSql(link, (column) => `${alias}.${column.physical}`, (column) => `${met}.v${link.on.findIndex((pair) => pair.there === column)}`, writer.dialect);
      joins.push(` left join (select distinct ${link.on.map((pair, index) => `${there(pair.there)} as v${index}`).join(', ')} from ${from}${inner.join('')} where ${condition}) ${met} on ${tie}`);
    }
    return `(${met}.v0 is ${quantifier === 'some' ? 'not ' : ''}null)`;
  }
}
