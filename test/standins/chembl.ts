/** ChEMBL: Django-like filters as suffixes, paging by offset with `page_meta.next` as a path, irregular keys, numbers as text. */
import { compounds, type Compound } from './facts/compounds.js';
import { proteins } from './facts/proteins.js';
import type { StandInReply, StandInRequest } from './faults.js';
import { listReply, type Route, StandIn } from './standIn.js';

const base = '/chembl/api/data';
type Row = Readonly<Record<string, unknown>>;

function molecule(compound: Compound): Row {
  return {
    molecule_chembl_id: compound.chembl, pref_name: compound.name, max_phase: compound.phase ?? null, molecule_type: compound.inchiKey === undefined ? 'Antibody' : 'Small molecule',
    molecule_properties: compound.weight === undefined ? null : { full_mwt: Number(compound.weight).toFixed(2), full_molformula: compound.formula },
    molecule_structures: compound.inchiKey === undefined ? null : { canonical_smiles: compound.smiles ?? null, standard_inchi_key: compound.inchiKey },
  };
}

const molecules = compounds.filter((compound) => compound.chembl !== undefined).map(molecule);

const targets: readonly Row[] = proteins.filter((protein) => protein.chembl !== undefined).map((protein) => ({
  target_chembl_id: protein.chembl, pref_name: protein.name, organism: protein.organism, tax_id: protein.taxon, target_type: 'SINGLE PROTEIN',
  target_components: [{ accession: protein.accession, component_type: 'PROTEIN', component_description: protein.name }],
}));

const mechanisms: readonly Row[] = compounds.flatMap((compound) => (compound.acts ?? []).map((act) => ({ compound, act }))).map(({ compound, act }, i) => ({
  mec_id: i + 1, molecule_chembl_id: compound.chembl, target_chembl_id: act.target, mechanism_of_action: act.mechanism, action_type: 'INHIBITOR', max_phase: 4,
}));

/** Samples: which compound was measured against which target is true, the figures are made up from their numbers. */
const activities: readonly Row[] = compounds.flatMap((compound) => (compound.acts ?? []).flatMap((act) => [0, 1, 2].map((n) => ({ compound, act, n })))).map(({ compound, act, n }, i) => {
  const nanomolar = (((compound.cid ?? 7) * (n + 3)) % 9000) / 10 + 1;
  return {
    activity_id: 900_000 + i, molecule_chembl_id: compound.chembl, molecule_pref_name: compound.name, target_chembl_id: act.target, target_pref_name: targets.find((target) => target.target_chembl_id === act.target)?.pref_name,
    standard_type: n === 2 ? 'Ki' : 'IC50', standard_relation: '=', standard_value: String(nanomolar), standard_units: 'nM', pchembl_value: (9 - Math.log10(nanomolar)).toFixed(2),
    assay_description: 'Sample value, not a measurement', document_year: 2000 + (i % 20),
  };
});

/** Resource → its key in the answer and the name of its id. The keys follow no rule that a client could guess. */
const resources: Readonly<Record<string, { readonly key: string; readonly id: string; readonly rows: readonly Row[] }>> = {
  molecule: { key: 'molecules', id: 'molecule_chembl_id', rows: molecules },
  target: { key: 'targets', id: 'target_chembl_id', rows: targets },
  mechanism: { key: 'mechanisms', id: 'mec_id', rows: mechanisms },
  activity: { key: 'activities', id: 'activity_id', rows: activities },
};

const mistake = (message: string): StandInReply => ({ status: 400, body: { error_message: message } });

/** The value at `a__b`, through lists. */
function at(row: unknown, path: readonly string[]): readonly unknown[] {
  if (path.length === 0) return [row];
  if (Array.isArray(row)) return row.flatMap((item) => at(item, path));
  if (row === null || typeof row !== 'object') return [null];
  return at((row as Row)[path[0]!] ?? null, path.slice(1));
}

const ordered = (test: (a: number, b: number) => boolean) => (value: unknown, given: string): boolean => value !== null && test(Number(value), Number(given));
const textual = (test: (text: string, given: string) => boolean) => (value: unknown, given: string): boolean => value !== null && test(String(value), given);

/** Numbers that arrive as text are equal by their number. */
const equal = textual((text, given) => text === given || (text !== '' && given !== '' && Number(text) === Number(given)));

const suffixes: Readonly<Record<string, (value: unknown, given: string) => boolean>> = {
  exact: equal,
  iexact: textual((text, given) => text.toLowerCase() === given.toLowerCase()),
  contains: textual((text, given) => text.includes(given)),
  icontains: textual((text, given) => text.toLowerCase().includes(given.toLowerCase())),
  startswith: textual((text, given) => text.startsWith(given)),
  istartswith: textual((text, given) => text.toLowerCase().startsWith(given.toLowerCase())),
  endswith: textual((text, given) => text.endsWith(given)),
  iendswith: textual((text, given) => text.toLowerCase().endsWith(given.toLowerCase())),
  regex: textual((text, given) => new RegExp(given).test(text)),
  gt: ordered((a, b) => a > b), gte: ordered((a, b) => a >= b), lt: ordered((a, b) => a < b), lte: ordered((a, b) => a <= b),
  range: (value, given) => { const [low = '', high = ''] = given.split(','); return value !== null && Number(value) >= Number(low) && Number(value) <= Number(high); },
  in: (value, given) => given.split(',').some((one) => equal(value, one)),
  isnull: (value, given) => (value === null) === ['true', '1'].includes(given.toLowerCase()),
};

const control = new Set(['limit', 'offset', 'only', 'order_by', 'format']);

function filtered(rows: readonly Row[], parameters: URLSearchParams): readonly Row[] | StandInReply {
  let left = rows;
  for (const [name, given] of parameters) {
    if (control.has(name)) continue;
    const path = name.split('__');
    const suffix = path.length > 1 && Object.hasOwn(suffixes, path.at(-1)!) ? path.pop()! : 'exact';
    if (!rows.some((row) => Object.hasOwn(row, path[0]!))) return mistake(`Invalid filter: ${path[0]}`);
    left = left.filter((row) => at(row, path).some((value) => suffixes[suffix]!(value, given)));
  }
  return left;
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  const numbers = [Number(a), Number(b)] as const;
  return numbers.every((n) => !Number.isNaN(n)) ? numbers[0] - numbers[1] : String(a) < String(b) ? -1 : 1;
}

function pick(row: Row, only: readonly string[]): Row {
  return only.length === 0 ? row : Object.fromEntries(Object.entries(row).filter(([name]) => only.some((wanted) => wanted.split('__')[0] === name)));
}

function list(request: StandInRequest, name: string): StandInReply {
  // The real server refuses long addresses before it looks at them.
  if (request.target.length > 4000) return { status: 414, headers: { 'content-type': 'text/html' }, body: '<html><head><title>414 Request-URI Too Large</title></head></html>' };
  const resource = resources[name];
  if (!resource) return { status: 404, body: { error_message: 'Not found' } };
  const parameters = request.query;
  const found = filtered(resource.rows, parameters);
  if (!Array.isArray(found)) return found as StandInReply;
  const order = parameters.get('order_by');
  const path = (order ?? resource.id).replace(/^-/, '').split('__');
  const rows = order === null ? (found as readonly Row[]) : (found as readonly Row[]).toSorted((a, b) => compare(at(a, path)[0], at(b, path)[0]) * (order.startsWith('-') ? -1 : 1));
  // More than 1000 is not refused but cut: what came is in page_meta.
  const asked = Number(parameters.get('limit') ?? 20);
  const offset = Number(parameters.get('offset') ?? 0);
  if (!Number.isInteger(asked) || asked < 0 || !Number.isInteger(offset) || offset < 0) return mistake('Invalid limit or offset provided. Please provide a positive integer.');
  const limit = asked === 0 ? 1000 : Math.min(asked, 1000);
  const only = (parameters.get('only') ?? '').split(',').filter((part) => part !== '');
  const link = (to: number): string => {
    const next = new URLSearchParams(parameters);
    next.set('limit', String(limit));
    next.set('offset', String(to));
    return `${base}/${name}.json?${next.toString()}`;
  };
  return listReply({
    rows: rows.slice(offset, offset + limit).map((row) => pick(row, only)),
    renamed: (row) => ({ ...(row as Row), [resource.id]: 'CHEMBL999999999' }),
    next: offset + limit < rows.length ? link(offset + limit) : undefined,
    write: (written, next) => ({ body: { page_meta: { limit, offset, total_count: rows.length, next: next ?? null, previous: offset === 0 ? null : link(Math.max(0, offset - limit)) }, [resource.key]: written } }),
  });
}

const one: Route['answer'] = (_, [name = '', id = '']) => {
  const resource = resources[name];
  const row = resource?.rows.find((candidate) => String(candidate[resource.id]) === id);
  return row ? { body: row } : { status: 404, body: { error_message: 'The object you requested could not be found.' } };
};

export function startChembl(): Promise<StandIn> {
  return StandIn.start({
    name: 'chembl',
    base,
    routes: [
      { name: 'status', method: 'GET', path: /^\/status\.json$/, answer: () => ({ body: { chembl_db_version: 'ChEMBL_34', chembl_release_date: '2024-03-28', status: 'UP' } }) },
      ...Object.keys(resources).map((name): Route => ({ name, method: 'GET', path: new RegExp(`^/${name}\\.json$`), answer: (request) => list(request, name) })),
      { name: 'one', method: 'GET', path: /^\/(\w+)\/([A-Z0-9]+)\.json$/, answer: one },
    ],
  });
}
