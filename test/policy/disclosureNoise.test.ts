/** Figures with noise over HTTP: what they are, what they cost, and how they were attacked. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { byRegion, codes, Cohort, figuresOnly, openToAll, patients, table } from '../support/cohort.js';

interface Told { readonly spent: number; readonly remaining: number; readonly epsilon: number; readonly figures: { readonly path: string[]; readonly within95: number }[] }
const rows = patients();
const noise = figuresOnly.noise;
let cohort: Cohort;
beforeAll(async () => {
  cohort = await Cohort.open();
  await cohort.publish('cohort', rows, { rules: [openToAll, figuresOnly], releases: [byRegion] });
}, 90_000);
afterAll(() => cohort.close(), 30_000);

const rules = (over: object = {}, more: object[] = []): Promise<void> => cohort.setRules('cohort', { rules: [openToAll, { ...figuresOnly, noise: { ...noise, ...over } }, ...more] });
const told = (answer: { readonly extensions?: Record<string, unknown> }): Told => (answer.extensions!.noise as Told[])[0]!;
const about = async (where: string | undefined, who: string, version?: string): Promise<{ count: number; spent: number }> => {
  const answer = await cohort.patients('noisy { count }', who, { where, version });
  return { count: table<{ noisy: { count: number } }>(answer).noisy.count, spent: told(answer).spent };
};
const forget = (): Promise<unknown> => cohort.database.query('delete from dure.noise_question').then(() => cohort.database.query('delete from dure.noise_account'));

describe('figures with noise', () => {
  test('counts and bounded sums are near the truth; what they cost, what is left and how far off they may be is told', async () => {
    await forget();
    const answer = await cohort.patients('noisy { count sum(column: "cost") }', 'ada', { where: '{ age: { gte: 30 } }' });
    const { noisy } = table<{ noisy: { count: number; sum: number } }>(answer);
    const truth = rows.filter(({ age }) => age >= 30);
    expect(answer.extensions!.noise).toEqual([{
      dataset: 'seoram/cohort', rule: 'figures', mechanism: 'discrete Laplace', epsilon: 0.5, spent: 1, remaining: 2, per: 'month', resetsAt: expect.any(String),
      figures: [{ path: ['seoram', 'cohort', 'patients', 'noisy', 'count'], within95: 6 }, { path: ['seoram', 'cohort', 'patients', 'noisy', 'sum'], within95: 600 }],
    }]);
    expect(Number.isInteger(noisy.count) && Number.isInteger(noisy.sum)).toBe(true);
    // Twenty scales: once in 10^9.
    expect(Math.abs(noisy.count - truth.length)).toBeLessThan(40);
    expect(Math.abs(noisy.sum - truth.reduce((sum, { cost }) => sum + cost, 0))).toBeLessThan(4_000);
  });

  test('the entry in the audit says the epsilon that was paid', async () => {
    await forget();
    await cohort.patients('noisy { count }', 'ben');
    const { rows: entries } = await cohort.database.query<{ epsilon: string }>(`select body::jsonb->>'epsilon' as epsilon from dure_audit.entry where body::jsonb->'actor'->>'subject' = 'ben' and body::jsonb->>'kind' = 'ACCESS' order by at, seq`);
    expect(entries).toEqual([{ epsilon: '0.5' }, { epsilon: '0' }]);
    const seen = await cohort.dure.ask('{ me { accesses(first: 1) { nodes { epsilon } } } }', cohort.tokens.get('ben'));
    expect(seen.data).toEqual({ me: { accesses: { nodes: [{ epsilon: '0' }] } } });
  });

  test('bounds hold: an extreme value moves a sum no more than the greatest contribution may', async () => {
    await rules({ epsilon: 10, budget: 100 });
    const before = table<{ noisy: { sum: number } }>(await cohort.patients('noisy { sum(column: "cost") }', 'cho')).noisy.sum;
    expect(Math.abs(before - rows.reduce((sum, { cost }) => sum + Math.min(cost, 100), 0))).toBeLessThan(200);
    await rules({ epsilon: 10, budget: 100, sums: [{ column: 'cost', from: 0, to: 1 }] });
    const bounded = table<{ noisy: { sum: number } }>(await cohort.patients('noisy { sum(column: "cost") }', 'cho')).noisy.sum;
    expect(Math.abs(bounded - rows.filter(({ cost }) => cost >= 1).length)).toBeLessThan(5);
    await rules();
  });

  test('where contributors are named, persons are counted, each once, and each contributes one sum', async () => {
    await cohort.setRules('cohort', { rules: [openToAll, { ...figuresOnly, minimumContributors: { column: 'person', count: 3 }, noise: { ...noise, epsilon: 10, budget: 100, sums: [{ column: 'cost', from: 0, to: 10 }] } }] });
    const { noisy } = table<{ noisy: { count: number; sum: number } }>(await cohort.patients('noisy { count sum(column: "cost") }', 'cho'));
    const persons = new Set(rows.map(({ person }) => person));
    const each = [...persons].map((person) => Math.min(10, rows.filter((row) => row.person === person).reduce((sum, { cost }) => sum + Math.min(cost, 10), 0)));
    expect(Math.abs(noisy.count - persons.size)).toBeLessThan(4);
    expect(Math.abs(noisy.sum - each.reduce((a, b) => a + b, 0))).toBeLessThan(40);
    await cohort.setRules('cohort', { rules: [openToAll, { ...figuresOnly, minimumContributors: { column: 'person', count: 3 } }, { id: 'persons', effect: 'columns', tables: ['patients'], columns: ['person'], transform: { kind: 'deny' } }] });
    expect(codes(await cohort.patients('noisy { count }', 'cho'))).toEqual(['SUPPRESSED']);
    await rules();
  });

  test.each([
    ['a column without bounds', 'noisy { sum(column: "age") }', undefined, 'SUPPRESSED'],
    ['a column that is not there', 'noisy { sum(column: "x") }', undefined, 'BAD_USER_INPUT'],
    ['exact figures beside it', 'noisy { count } totalCount', undefined, 'SUPPRESSED'],
    ['a filter over a link', 'noisy { count }', '{ clinic: { town: { eq: "Seoul" } } }', 'BAD_USER_INPUT'],
  ])('refuses %s, and nothing is paid', async (_, selection, where, code) => {
    await forget();
    const answer = await cohort.patients(selection, 'ada', { where: where?.includes('clinic') ? await linkFilter() : where });
    expect(codes(answer)).toEqual([code]);
    expect((await cohort.database.query('select 1 from dure.noise_question')).rowCount).toBe(0);
  });
  const linkFilter = async (): Promise<string> => {
    const { data } = await cohort.dure.ask('{ __type(name: "SeoramCohortPatientsWhere") { inputFields { name type { name } } } }', cohort.steward);
    const { inputFields } = (data as { __type: { inputFields: { name: string; type: { name: string | null } }[] } }).__type;
    return `{ ${inputFields.find(({ type }) => type.name === 'SeoramCohortClinicsWhere')!.name}: { town: { eq: "Seoul" } } }`;
  };

  test('sums have noise of their own: five of them are not all exact', async () => {
    await rules({ budget: 100 });
    const off: number[] = [];
    for (let age = 20; age < 25; age += 1) {
      const truth = rows.filter((row) => row.age > age).reduce((sum, { cost }) => sum + cost, 0);
      off.push(table<{ noisy: { sum: number } }>(await cohort.patients('noisy { sum(column: "cost") }', 'dan', { where: `{ age: { gt: ${age} } }` })).noisy.sum - truth);
    }
    // The scale is 200: each is nought once in four hundred.
    expect(off.filter((difference) => difference !== 0).length).toBeGreaterThan(3);
    await rules();
  });

  test('no sums for who may only know how many rows there are, nor of a column that is read less finely', async () => {
    const { noise: offered, ...silent } = figuresOnly;
    await cohort.setRules('cohort', { rules: [openToAll, { ...silent, atMost: 'count', noise: offered }] });
    expect(codes(await cohort.patients('noisy { sum(column: "cost") }', 'ada'))).toEqual(['SUPPRESSED']);
    expect(codes(await cohort.patients('noisy { count }', 'ada'))).toEqual([]);
    await rules({}, [{ id: 'costs', effect: 'columns', tables: ['patients'], columns: ['cost'], transform: { kind: 'bin', width: 50 } }]);
    expect(codes(await cohort.patients('noisy { sum(column: "cost") }', 'ada'))).toEqual(['SUPPRESSED']);
    await rules();
  });

  test('none below a row: what differs from row to row would be more than they tell', async () => {
    const { data } = await cohort.dure.ask('{ __type(name: "SeoramCohortClinics") { fields { name type { name ofType { name } } } } }', cohort.steward);
    const back = (data as { __type: { fields: { name: string; type: { name: string | null; ofType: { name: string } | null } }[] } }).__type.fields.find(({ type }) => (type.ofType?.name ?? type.name ?? '').includes('PatientsConnection'))!.name;
    expect(codes(await cohort.ask(`{ seoram { cohort { clinics { nodes { code ${back} { noisy { count } } } } } } }`, 'ada'))).toEqual(['BAD_USER_INPUT']);
  });

  test('no rule offers it: refused; two rules that differ in it: refused', async () => {
    const { noise: _noise, ...silent } = figuresOnly;
    await cohort.setRules('cohort', { rules: [openToAll, silent] });
    expect(codes(await cohort.patients('noisy { count }', 'ada'))).toEqual(['SUPPRESSED']);
    await rules({}, [{ ...silent, id: 'more', minimumCell: 20 }]);
    expect(codes(await cohort.patients('noisy { count }', 'ada'))).toEqual(['SUPPRESSED']);
    await rules();
  });
});

describe('explanations', () => {
  test('say the granularity, the releases and what is left of the budget; the summary says so to everybody', async () => {
    await cohort.setRules('cohort', { rules: [openToAll, figuresOnly], releases: [byRegion] });
    await forget();
    await about('{ age: { gt: 33 } }', 'ada');
    const { data } = await cohort.ask('{ explainAccess(dataset: "seoram/cohort") { tables { table granularity minimumCell terms } } dataset(id: "seoram/cohort") { access { rules } } }', 'ada');
    const { explainAccess, dataset } = data as { explainAccess: { tables: { table: string; terms: string[] }[] }; dataset: { access: { rules: string[] } } };
    expect(explainAccess.tables.find(({ table: name }) => name === 'patients')).toMatchObject({
      granularity: 'aggregate', minimumCell: 5,
      terms: ['The release by-region tells figures of 5 or more.', expect.stringMatching(/^Figures with noise at an epsilon of 0.5 each, 3 a month; 2.5 is left until .*Z\.$/), expect.stringContaining('Ask for the release')],
    });
    expect(dataset.access.rules).toEqual(expect.arrayContaining([expect.stringContaining('figures with noise (epsilon 0.5 each, 3 a month)'), 'Figures of patients by region, admitted are released: counts and sums of cost, about 5 rows or more.']));
  });

  test('changes of releases and of noise are told as changes of the rules', async () => {
    const answer = await cohort.dure.ask('query($document: JSON!) { diffDatasetRules(dataset: "seoram/cohort", document: $document) { kind rule } }', cohort.steward, { document: { rules: [openToAll, { ...figuresOnly, noise: { ...noise, epsilon: 1 } }], releases: [{ ...byRegion, id: 'by-place' }] } });
    expect(answer.data).toEqual({ diffDatasetRules: [{ kind: 'CHANGED', rule: 'figures' }, { kind: 'ADDED', rule: 'by-place' }, { kind: 'REMOVED', rule: 'by-region' }] });
  });

  test.each([
    [{ epsilon: 0.0005 }, 'noise'], [{ epsilon: 4 }, 'budget'], [{ budgetOfAll: 1 }, 'budgetOfAll'], [{ sums: [{ column: 'region', from: 0, to: 1 }] }, 'noise.sums.0.column'], [{ sums: [{ column: 'cost', from: 1, to: 1 }] }, 'to'], [{ sums: [{ column: 'cost', from: 0, to: 1, step: 2 }] }, 'step'],
  ])('refuses noise that makes no promise: %j', async (over, place) => {
    const answer = await cohort.dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', cohort.steward, { input: { dataset: 'seoram/cohort', document: { rules: [openToAll, { ...figuresOnly, noise: { ...noise, ...over } }] } } });
    expect(JSON.stringify(answer.errors![0]!.extensions.mistakes)).toContain(place);
  });
});

describe('attacks', () => {
  test('asking again: the same answer for everybody and for ever, paid once by each', async () => {
    await forget();
    const first = await about('{ age: { gt: 40 } }', 'ada');
    expect(first.spent).toBe(0.5);
    for (let i = 0; i < 10; i += 1) expect(await about('{ age: { gt: 40 } }', 'ada')).toEqual({ count: first.count, spent: 0 });
    expect(await about('{ age: { gt: 40 } }', 'ben')).toEqual({ count: first.count, spent: 0.5 });
  });

  test('other words for the same question: the same answer, and not paid again', async () => {
    await rules({ budget: 100 });
    const same = [
      '{ age: { gt: 40 }, region: { eq: "north" } }', '{ region: { eq: "north" }, age: { gt: 40 } }', '{ and: [{ age: { gt: 40 } }, { region: { eq: "north" } }] }',
      '{ and: [{ region: { eq: "north" } }, { and: [{ age: { gt: 40 } }, { age: { gt: 40 } }] }] }', '{ not: { not: { age: { gt: 40 }, region: { in: ["north"] } } } }',
      '{ not: { or: [{ not: { region: { eq: "north" } } }, { not: { age: { gt: 40 } } }] } }', '{ or: [{ age: { gt: 40 }, region: { in: ["north", "north"] } }] }',
    ];
    const answers: { count: number; spent: number }[] = [];
    for (const where of same) answers.push(await about(where, 'dan'));
    expect(new Set(answers.map(({ count }) => count)).size).toBe(1);
    expect(answers.map(({ spent }) => spent)).toEqual([0.5, 0, 0, 0, 0, 0, 0]);
    const aliased = await cohort.dure.ask('query($least: Int64) { seoram { cohort(version: "1.0") { a: patients(where: { age: { gt: $least }, region: { eq: "north" } }) { x: noisy { y: count z: count } } b: patients(where: { region: { eq: "north" }, age: { gt: 40 } }, first: 3, orderBy: [{ age: DESC }]) { noisy { count } } } } }', cohort.tokens.get('dan'), { least: "40" });
    expect(aliased.data).toEqual({ seoram: { cohort: { a: { x: { y: answers[0]!.count, z: answers[0]!.count } }, b: { noisy: { count: answers[0]!.count } } } } });
    expect(told(aliased).spent).toBe(0);
    await rules();
  });

  test('equivalent questions that are not known to be are paid for', async () => {
    await rules({ budget: 100 });
    const spent: number[] = [];
    for (const where of ['{ age: { gt: 41 } }', '{ age: { gte: 42 } }', '{ not: { age: { lte: 41 } } }', '{ age: { gt: 41, lt: 500 } }']) spent.push((await about(where, 'eve')).spent);
    expect(spent).toEqual([0.5, 0.5, 0.5, 0.5]);
    await rules();
  });

  test('overlapping filters that differ by one person: each has noise of its own, so the difference does not tell', async () => {
    await rules({ epsilon: 0.1, budget: 100 });
    const differences: number[] = [];
    for (let id = 1; id <= 12; id += 1) differences.push((await about(`{ id_: { lte: ${30 + id} } }`, 'fay')).count - (await about(`{ id_: { lt: ${30 + id} } }`, 'fay')).count);
    // The truth is 1 each time. Fixed by the key, which differs from run to run: that all twelve came out so has a chance below 10^-9.
    expect(differences.every((difference) => difference === 1)).toBe(false);
    expect(new Set(differences).size).toBeGreaterThan(2);
    await rules();
  }, 60_000);

  test('a budget ends: further questions are refused before they run, those that were paid for are still answered', async () => {
    await forget();
    const counts: number[] = [];
    for (let age = 30; age < 36; age += 1) counts.push((await about(`{ age: { gt: ${age} } }`, 'gil')).count);
    const refused = await cohort.patients('noisy { count }', 'gil', { where: '{ age: { gt: 36 } }' });
    expect(codes(refused)).toEqual(['LIMIT_EXCEEDED']);
    expect(refused.errors![0]).toMatchObject({ extensions: { limit: 'noise', remaining: 0, epsilon: 0.5 } });
    expect(await about('{ age: { gt: 30 } }', 'gil')).toEqual({ count: counts[0], spent: 0 });
    // Several figures are paid for together or not at all.
    await rules({ budget: 0.5 });
    await forget();
    expect(codes(await cohort.patients('noisy { count sum(column: "cost") }', 'gil'))).toEqual(['LIMIT_EXCEEDED']);
    expect((await cohort.database.query('select 1 from dure.noise_question')).rowCount).toBe(0);
    await rules();
  });

  test('at once: no more is given out than the budget holds', async () => {
    await forget();
    const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => cohort.dure.ask(`{ seoram { cohort { patients(where: { age: { gt: ${i} } }) { noisy { count } } } } }`, cohort.tokens.get('han'))));
    expect(answers.filter(({ errors }) => !errors).length).toBe(6);
    const { rows: [account] } = await cohort.database.query<{ spent: number }>('select spent from dure.noise_account');
    expect(account!.spent).toBe(3000);
  });

  test('many callers: ten of them have ten budgets, unless the rule gives all together one', async () => {
    await rules({ epsilon: 1, budget: 1 });
    await forget();
    const ask = async (): Promise<unknown[]> => {
      const found: unknown[] = [];
      let age = 20;
      for (const who of cohort.tokens.keys()) found.push(...codes(await cohort.dure.ask(`{ seoram { cohort { patients(where: { age: { gt: ${(age += 1)} } }) { noisy { count } } } } }`, cohort.tokens.get(who))));
      return found;
    };
    expect(await ask()).toEqual([]);
    await rules({ epsilon: 1, budget: 1, budgetOfAll: 4 });
    await forget();
    expect(await ask()).toEqual(Array.from({ length: 6 }, () => 'LIMIT_EXCEEDED'));
    // What one of them asked tells the others nothing new: it costs all together nothing.
    expect(codes(await cohort.dure.ask('{ seoram { cohort { patients(where: { age: { gt: 21 } }) { noisy { count } } } } }', cohort.tokens.get('jo')))).toEqual([]);
    await rules();
  });

  test('denials do not tell: whether a question is answered does not depend on rows', async () => {
    await forget();
    const outcomes: unknown[] = [];
    for (const where of ['{ age: { gt: 1000 } }', '{ region: { eq: "west" } }', '{ age: { gt: 0 } }']) outcomes.push(codes(await cohort.patients('noisy { count }', 'ida', { where })));
    expect(outcomes).toEqual([[], [], []]);
  });

  test('two versions that differ by one row: other noise, and paid for again', async () => {
    await rules({ budget: 100 });
    await cohort.publish('cohort', [...rows, { ...rows[0]!, id: 5000 }], { rules: [] });
    const differences = new Set<number>();
    for (const where of ['{ age: { gt: 20 } }', '{ age: { gt: 21 } }', '{ age: { gt: 22 } }', '{ age: { gt: 23 } }', '{ age: { gt: 24 } }', '{ age: { gt: 25 } }']) {
      const [one, two] = [await about(where, 'jo', '1.0'), await about(where, 'jo', '1.1')];
      expect([one.spent, two.spent]).toEqual([0.5, 0.5]);
      differences.add(two.count - one.count);
    }
    expect(differences.size).toBeGreaterThan(1);
    await rules();
  }, 60_000);

  test('rules that change under a question: other rows never come with the same noise', async () => {
    await rules({ budget: 100 });
    await forget();
    const whole: number[] = [];
    const part: number[] = [];
    const wheres = Array.from({ length: 6 }, (_, i) => `{ age: { gt: ${i} } }`);
    for (const where of wheres) whole.push((await about(where, 'ada')).count);
    await rules({ budget: 100 }, [{ id: 'own', effect: 'rows', tables: ['patients'], where: { column: 'region', op: 'ne', value: 'west' } }]);
    for (const where of wheres) part.push((await about(where, 'ada')).count);
    // One patient of the west: with the same noise each difference would be exactly 1.
    expect(new Set(whole.map((count, i) => count - part[i]!)).size).toBeGreaterThan(1);
    await rules();
  });
});
