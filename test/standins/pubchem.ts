/** PubChem's PUG REST: properties of compounds by a form with one comma-joined parameter; weights as text; busy is 503. */
import { compounds, type Compound } from './facts/compounds.js';
import type { StandInReply, StandInRequest } from './faults.js';
import { listReply, StandIn } from './standIn.js';

const properties: Readonly<Record<string, (compound: Compound) => unknown>> = {
  MolecularFormula: (c) => c.formula,
  MolecularWeight: (c) => c.weight,
  InChIKey: (c) => c.inchiKey,
  SMILES: (c) => c.smiles,
  Title: (c) => c.name[0] + c.name.slice(1).toLowerCase(),
};

const known = compounds.filter((compound): compound is Compound & { cid: number } => compound.cid !== undefined);

const fault = (status: number, code: string, message: string, headers?: Record<string, string>): StandInReply => ({ status, headers, body: { Fault: { Code: `PUGREST.${code}`, Message: message } } });

export const pubchemBusy = (): StandInReply => fault(503, 'ServerBusy', 'Too many requests or server too busy', { 'retry-after': '30', 'x-throttling-control': 'Request Count status: Red (90%), Request Time status: Yellow (60%), Service status: Yellow (55%)' });

function answer(request: StandInRequest, kind: string, list: string, inPath: string | undefined): StandInReply {
  let text = inPath;
  if (text === undefined) {
    if (!(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) return fault(400, 'BadRequest', 'Unable to standardize the given structure');
    const form = new URLSearchParams(request.body).getAll(kind);
    // `cid=1&cid=2` is not the same as `cid=1,2`: only the first is read.
    text = form[0] ?? '';
  }
  const ids = text.split(',').map((id) => id.trim()).filter((id) => id !== '');
  if (ids.length === 0) return fault(400, 'BadRequest', 'Missing required input');
  if (kind === 'cid' && ids.some((id) => !/^\d+$/.test(id))) return fault(400, 'BadRequest', 'Invalid CID');
  const names = list.split(',');
  if (names.some((name) => !Object.hasOwn(properties, name))) return fault(400, 'BadRequest', 'Invalid property');
  const rows = ids.flatMap((id) => known.filter((compound) => (kind === 'cid' ? String(compound.cid) === id : compound.inchiKey === id)));
  if (rows.length === 0) return fault(404, 'NotFound', 'No CID found');
  return listReply({
    // A property that a compound does not have is left out of its object.
    rows: rows.map((compound) => ({ CID: compound.cid, ...Object.fromEntries(names.flatMap((name) => { const value = properties[name]!(compound); return value === undefined ? [] : [[name, value]]; })) })),
    renamed: (row) => ({ ...(row as object), CID: 999_999_999, InChIKey: 'AAAAAAAAAAAAAA-UHFFFAOYSA-N' }),
    write: (written) => ({ body: { PropertyTable: { Properties: written } } }),
  });
}

export function startPubchem(): Promise<StandIn> {
  return StandIn.start({
    name: 'pubchem',
    base: '/rest/pug',
    headers: { 'x-throttling-control': 'Request Count status: Green (2%), Request Time status: Green (0%), Service status: Green (20%)' },
    routes: [
      { name: 'properties', method: 'POST', path: /^\/compound\/(cid|inchikey)\/property\/([^/]+)\/JSON$/, answer: (request, [kind = '', list = '']) => answer(request, kind, list, undefined) },
      { name: 'property', method: 'GET', path: /^\/compound\/(cid|inchikey)\/([^/]+)\/property\/([^/]+)\/JSON$/, answer: (request, [kind = '', ids = '', list = '']) => answer(request, kind, list, ids) },
    ],
    refuse: pubchemBusy,
  });
}

/** What the real source asks its clients to keep to. */
export const pubchemLimits = { perSecond: 5 } as const;
