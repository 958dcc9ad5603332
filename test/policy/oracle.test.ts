/** The metamorphic oracle (src/oracle): nothing that a caller may not know changes anything that they are told. `npm run fuzz:access` goes on for as long as wanted. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeFinding, OracleRun } from '../support/oracleRun.js';

const pairs = Number(process.env.ORACLE_PAIRS ?? 5_000);
let run: OracleRun;
beforeAll(async () => { run = await OracleRun.start(); }, 60_000);
afterAll(() => run.stop());

test('answers do not depend on hidden rows and hidden parts of cells', async () => {
  const result = await run.run(Number(process.env.ORACLE_SEED ?? 1), 20, (so) => so.pairs < pairs && so.findings.length === 0);
  expect(result.findings.slice(0, 2).map(describeFinding).join('\n\n')).toBe('');
  expect(result.reported).toEqual([]);
  // That it could have found something: there were secrets, and answers.
  expect(result.changed / result.worlds).toBeGreaterThan(0.9);
  expect(result.told / result.pairs).toBeGreaterThan(0.25);
}, 300_000);
