/** What each server is asked, and how its answer is brought to one form to be compared. */
const day = (n) => new Date(Date.UTC(2022, 0, 1 + n)).toISOString().slice(0, 10);
export const variables = {
  lookup: (n) => [1 + (n * 7919) % 200_000],
  page: (n) => [1 + n % 50],
  nested: (n) => [(n * 31) % 5_000],
  groups: (n) => [day((n * 7) % 900), day((n * 7) % 900 + 30)],
  list: (n) => [(n * 31) % 1_000],
};
const compound = 'name formula mass logp made';
const assay = 'day value type run grade';

const dure = (dataset) => ({
  path: '/graphql',
  body: (op, [a, b]) => ({
    lookup: { query: `query($a: Int!) { bench { ${dataset} { compounds(where: { id_: { eq: $a } }, first: 1) { nodes { id_ ${compound} } } } } }`, variables: { a } },
    page: { query: `query($a: Int!) { bench { ${dataset} { compounds(where: { labId: { eq: $a } }, orderBy: [{ mass: DESC }], first: 100) { nodes { id_ ${compound} batch grade } } } } }`, variables: { a } },
    nested: { query: `query($a: Int!) { bench { ${dataset} { compounds(where: { batch: { eq: $a } }, first: 20) { nodes { id_ name assays(first: 10) { nodes { id_ value compound { name } } } } } } } }`, variables: { a } },
    groups: { query: `query($a: Date!, $b: Date!) { bench { ${dataset} { assays(where: { day: { gte: $a, lt: $b } }) { groups(by: [{ column: TYPE }], first: 20) { nodes { key { type } aggregate { count value { avg max } } } } } } } }`, variables: { a, b } },
    list: { query: `query($a: Int!) { bench { ${dataset} { assays(where: { run: { eq: $a } }, first: 1000) { nodes { id_ ${assay} } } } } }`, variables: { a } },
  })[op],
  read: (op, { data }) => {
    const at = data.bench[dataset];
    if (op === 'groups') return at.assays.groups.nodes.map(({ key, aggregate }) => ({ type: key.type, count: aggregate.count, ...aggregate.value }));
    const { nodes } = at.compounds ?? at.assays;
    return op === 'lookup' ? nodes[0] : nodes;
  },
});
const resolvers = (path) => ({
  path,
  body: (op, [a, b]) => ({
    lookup: { query: `query($a: Int!) { compound(id: $a) { id ${compound} } }`, variables: { a } },
    page: { query: `query($a: Int!) { page(lab: $a) { id ${compound} batch grade } }`, variables: { a } },
    nested: { query: 'query($a: Int!) { batch(batch: $a) { id name assays { id value compound { name } } } }', variables: { a } },
    groups: { query: 'query($a: String!, $b: String!) { stats(from: $a, to: $b) { type count avg max } }', variables: { a, b } },
    list: { query: `query($a: Int!) { run(run: $a) { id ${assay} } }`, variables: { a } },
  })[op],
  read: (_op, { data }) => Object.values(data)[0],
});
const postgraphile = {
  path: '/graphql',
  body: (op, [a, b]) => ({
    lookup: { query: `query($a: Int!) { compoundByRowId(rowId: $a) { id: rowId ${compound} } }`, variables: { a } },
    page: { query: `query($a: Int!) { allCompounds(condition: { labId: $a }, orderBy: [MASS_DESC], first: 100) { nodes { id: rowId ${compound} batch grade } } }`, variables: { a } },
    nested: { query: 'query($a: Int!) { allCompounds(condition: { batch: $a }, first: 20) { nodes { id: rowId name assays: assaysByCompoundId(first: 10) { nodes { id: rowId value compound: compoundByCompoundId { name } } } } } }', variables: { a } },
    groups: { query: 'query($a: Date!, $b: Date!) { assayStats(fromDay: $a, toDay: $b) { nodes { type count avg max } } }', variables: { a, b } },
    list: { query: `query($a: Int!) { allAssays(condition: { run: $a }, first: 1000) { nodes { id: rowId ${assay} } } }`, variables: { a } },
  })[op],
  read: (op, { data }) => { const [found] = Object.values(data); return op === 'lookup' ? found : found.nodes; },
};

export const servers = {
  limit: { file: 'limit.mjs', path: '/', body: (op, values) => ({ op, values }), read: (_op, answer) => answer },
  postgraphile: { file: 'postgraphile.mjs', ...postgraphile },
  usual: { file: '../../dist/bench/queries/usual.js', ...resolvers('/') },
  mercurius: { file: 'mercurius.mjs', ...resolvers('/graphql') },
  dure: { file: 'dure.mjs', ...dure('open') },
  'dure, row rule': { of: 'dure', ...dure('ruled') },
};

/** Connections without their `nodes`, `id_` as `id`, keys in order. */
export function canonical(op, value) {
  const plain = (v) => {
    if (Array.isArray(v)) return v.map(plain);
    if (v === null || typeof v !== 'object') return v;
    if (v.nodes) return plain(v.nodes);
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k === 'id_' ? 'id' : k, k === 'count' ? Number(x) : plain(x)]).sort(([x], [y]) => (x < y ? -1 : 1)));
  };
  const found = plain(value);
  return JSON.stringify(op === 'groups' ? found.sort((x, y) => (x.type < y.type ? -1 : 1)) : found);
}
