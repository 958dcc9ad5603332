/** Worlds of generated rules and callers over a fixture, asked until there are enough pairs or the time is over. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { CatalogSnapshot, Column, Dataset, Table } from '../../src/catalog/model.js';
import { datasetValue } from '../../src/graphql/static/types/datasetType.js';
import { buildStaticSchema } from '../../src/graphql/static/staticSchema.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { Oracle, type Difference } from '../../src/oracle/oracle.js';
import type { RuleDocument } from '../../src/policy/rule.js';
import { Random } from '../../src/oracle/random.js';
import { sampleGrants, sampleOverride } from '../../src/oracle/sampleGrants.js';
import type { Caller } from '../../src/oracle/referenceCondition.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { person, testCursors } from './engine.js';
import { makeSnapshot } from './fixture.js';
import { generateRules } from './generateRules.js';
import { OracleElsewhere } from './oracleElsewhere.js';
import { oracleFixture, recordsElsewhere } from './oracleFixture.js';

export interface Finding extends Difference { readonly seed: number; readonly caller: Caller; readonly rules: unknown }
export interface RunResult { readonly worlds: number; readonly changed: number; readonly pairs: number; readonly told: number; readonly findings: readonly Finding[]; readonly reported: readonly unknown[] }

const callers: readonly Identity[] = [
  anonymous, person({ issuer: 'https://id.example', subject: 'p' }), person({ issuer: 'https://id.example', subject: 'm', kind: 'token', scopes: ['publish'], memberships: [{ organization: 'lab', role: 'publisher' }] }), person({ issuer: 'https://id.example', subject: 'm', memberships: [{ organization: 'lab', role: 'member' }] }), person({ issuer: 'https://id.example', subject: 's', memberships: [{ organization: 'lab', role: 'steward' }], country: 'KR' }),
  person({ issuer: 'https://id.example', subject: 'a', country: 'US', claims: { study: 'A', site: 'Kim', level: 3 } }), person({ issuer: 'https://id.example', subject: 'b', country: 'KR', claims: { study: 'C', site: 'x', level: 'three' } }), person({ issuer: 'https://id.example', subject: 'o', memberships: [{ organization: 'other', role: 'member' }], claims: { level: 10 } }),
];

export class OracleRun {
  private constructor(private readonly db: TestDatabase, private readonly pool: pg.Pool, private readonly oracle: Oracle, private readonly base: CatalogSnapshot, private readonly reported: unknown[]) {}

  static async start(): Promise<OracleRun> {
    const db = await createTestDatabase();
    const base = await makeSnapshot(db.pool, oracleFixture);
    const pool = new pg.Pool({ connectionString: db.url, max: 1, idleTimeoutMillis: 0 });
    const reported: unknown[] = [];
    const cursors = testCursors(randomBytes(32));
    const records = base.byPath.get('elsewhere/kb')!.versions[0]!.tables;
    const oracle = new Oracle({
      pool, elsewhere: new OracleElsewhere('kb', cursors, records, new Map([['records', recordsElsewhere.map((cells, n) => ({ number: (n + 1) * 16, cells }))]])), staticSchema: await buildStaticSchema(), aboutValue: ({ dataset, version }) => datasetValue(dataset, version), cursors, sample: 1_000, report: (error) => reported.push(error),
    }, base);
    await oracle.open();
    return new OracleRun(db, pool, oracle, base, reported);
  }

  /** @param more whether to go on, asked after each world */
  async run(firstSeed: number, questions: number, more: (result: RunResult) => boolean): Promise<RunResult> {
    let result: RunResult = { worlds: 0, changed: 0, pairs: 0, told: 0, findings: [], reported: this.reported };
    for (let seed = firstSeed; more(result); seed += 1) {
      const one = await this.world(seed, questions);
      result = { ...result, worlds: result.worlds + 1, changed: result.changed + Number(one.changed), pairs: result.pairs + one.pairs, told: result.told + one.told, findings: [...result.findings, ...one.findings] };
    }
    return result;
  }

  async stop(): Promise<void> {
    await this.pool.end();
    await this.db.drop();
  }

  private async world(seed: number, questions: number): Promise<{ changed: boolean; pairs: number; told: number; findings: readonly Finding[] }> {
    const random = new Random(seed);
    const identity = random.one(callers);
    // Where grants alone open anything.
    const asked = random.chance(0.15);
    const datasets = [...this.base.datasets.values()].map((dataset): Dataset => ({
      ...dataset, rulesRevision: seed, ...(asked ? { visibility: 'RESTRICTED' } : {}), ...(random.chance(0.05) ? { overrides: [sampleOverride(dataset, identity, random)] } : {}), ...(random.chance(0.02) ? { freeze: { incident: 'i', since: new Date(0) } } : {}),
      ...(random.chance(0.04) ? { embargoUntil: new Date('2199-01-01T00:00:00Z') } : {}), rules: asked ? openedByGrants(generateRules(dataset, random, valuesOf)) : generateRules(dataset, random, valuesOf),
    }));
    const snapshot: CatalogSnapshot = { ...this.base, revision: BigInt(seed + 2), datasets: new Map(datasets.map((one) => [one.id, one])), byPath: new Map(datasets.map((one) => [`${one.organization.slug}/${one.name}`, one])) };
    const caller: Caller = { identity, grants: asked || random.chance(0.4) ? sampleGrants(datasets, identity, 2, random) : [], channel: 'query', destination: identity.country, ...(random.chance(0.3) ? { purpose: random.one(['DUO_0000006', 'DUO_0000042', 'DUO_0000007']) } : {}) };
    const { differences, ...counts } = await this.oracle.world(snapshot, datasets, caller, questions, random);
    return { ...counts, findings: differences.map((one) => ({ ...one, seed, caller, rules: datasets.map(({ id, name, rules, overrides, freeze }) => [name, id, rules.rules, overrides, freeze]) })) };
  }
}

function openedByGrants(document: RuleDocument): RuleDocument {
  return { ...document, rules: [{ id: 'asked', effect: 'allow', to: { grant: true } }, ...document.rules.filter(({ effect }) => effect !== 'allow')] };
}

/** Of the fixture's own rows. */
function valuesOf(table: Table, column: Column): readonly (string | null)[] {
  const place = table.columns.findIndex(({ name }) => name === column.name);
  const fixture = oracleFixture.flatMap(({ tables }) => Object.entries(tables)).find(([name, { columns }]) => name === table.name && Object.hasOwn(columns, column.name))?.[1];
  const rows = table.remote ? recordsElsewhere : fixture?.segments?.flat() ?? fixture?.rows ?? [];
  return rows.map((row) => (row[place] === null || row[place] === undefined ? null : row[place] === true ? 't' : row[place] === false ? 'f' : String(row[place])));
}

export function describeFinding({ seed, caller, rules, query, variables, before, after }: Finding): string {
  return [`seed ${seed}, as ${caller.identity.key} ${caller.purpose ?? ''} ${JSON.stringify(caller.grants ?? [])}`, `rules ${JSON.stringify(rules)}`, query, JSON.stringify(variables), `before ${before.slice(0, 1_500)}`, `after  ${after.slice(0, 1_500)}`].join('\n');
}
