/** Who may not ask any more is refused before anything is asked of a source. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Standing } from '../../src/access/standing.js';
import { DureError } from '../../src/errors.js';
import type { Identity } from '../../src/identity/identity.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import type { Source } from '../../src/sources/source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

let db: TestDatabase;
let dure: TestEngine;
let suspended = '';
let runs = 0;
beforeAll(async () => {
  db = await createTestDatabase();
  const cursors = testCursors();
  const own = new PostgresSource(db.pool, cursors);
  const counting: Source = {
    compile(plan) {
      const compiled = own.compile(plan);
      return { ...compiled, text: compiled.text, run: (bindings, signal) => {
        runs += 1;
        return compiled.run(bindings, signal);
      } };
    },
  };
  const standing = {
    now: () => Date.now(), changes: 0, watch: () => () => undefined, onChange: () => () => undefined, ended: () => undefined,
    require: ({ subject }: Identity) => { if (subject === suspended) throw new DureError('FORBIDDEN', 'Suspended.', { reason: 'SUSPENDED' }); },
  } as unknown as Standing;
  dure = await testEngine(db.pool, await makeSnapshot(db.pool, [{ organization: 'lab', name: 'p', tables: { t: { columns: { v: 'text' }, rows: [['canary']] } } }]), cursors, counting, {}, undefined, 'none', { standing });
});
beforeEach(() => {
  suspended = '';
  runs = 0;
});
afterAll(() => db.drop());
const query = '{ lab { p { t { nodes { v } } } } }';

test('a token that has expired', async () => {
  expect(JSON.stringify(await dure.ask(query, { identity: person({ expiresAt: Date.now() + 60_000 }) }))).toContain('canary');
  expect(runs).toBe(1);
  const answer = await dure.ask(query, { identity: person({ expiresAt: Date.now() - 1 }) });
  expect(JSON.stringify(answer.data ?? null)).not.toContain('canary');
  expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  expect(runs).toBe(1);
});

test('a person who is suspended', async () => {
  const identity = person({ subject: 'ann' });
  expect(JSON.stringify(await dure.ask(query, { identity }))).toContain('canary');
  suspended = 'ann';
  const answer = await dure.ask(query, { identity });
  expect(JSON.stringify(answer.data ?? null)).not.toContain('canary');
  expect(answer.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', reason: 'SUSPENDED' } }]);
  expect(runs).toBe(1);
});
