/** A provider of crystal structures by the OPTIMADE specification: filters, fields, paging by links, prefixes, and what it says of itself. */
import { attributesOf, materials } from './facts/materials.js';
import { FilterMistake, readFilter } from './optimadeFilter.js';
import type { StandInReply, StandInRequest } from './faults.js';
import { addressOf, listReply, StandIn } from './standIn.js';

export interface OptimadeOptions {
  /** How pages are named: the specification leaves it to the provider, clients follow `links.next`. */
  paging?: 'offset' | 'number' | 'cursor' | 'above';
  /** `links.next` as an address or as an object that holds one; both are allowed. */
  nextAs?: 'text' | 'object';
  /** What `NOT` makes of a comparison with an unknown value. */
  negatedUnknown?: boolean;
  /** Some providers do not count. */
  counts?: boolean;
  pageLimit?: number;
}

export interface Optimade extends StandIn { options?: OptimadeOptions }

const prefix = 'exmpl';
const version = '1.2.0';
const types: Readonly<Record<string, string>> = {
  id: 'string', type: 'string', chemical_formula_reduced: 'string', chemical_formula_descriptive: 'string', chemical_formula_anonymous: 'string', elements: 'list', nelements: 'integer', elements_ratios: 'list', nsites: 'integer',
  space_group_it_number: 'integer', dimension_types: 'list', nperiodic_dimensions: 'integer', lattice_vectors: 'list', cartesian_site_positions: 'list', species_at_sites: 'list', species: 'list', structure_features: 'list',
  last_modified: 'timestamp', _exmpl_band_gap: 'float', _exmpl_critical_temperature: 'float',
};
const itemTypes: Readonly<Record<string, string>> = { elements: 'string', elements_ratios: 'float', dimension_types: 'integer', lattice_vectors: 'list', cartesian_site_positions: 'list', species_at_sites: 'string', species: 'dictionary', structure_features: 'string' };
const units: Readonly<Record<string, string>> = { lattice_vectors: 'Å', cartesian_site_positions: 'Å', _exmpl_band_gap: 'eV', _exmpl_critical_temperature: 'K' };

const records = materials.map((material) => ({ id: material.id, type: 'structures', ...attributesOf(material) }) as Readonly<Record<string, unknown> & { id: string }>);

function property(name: string): 'known' | 'foreign' | 'unknown' {
  if (Object.hasOwn(types, name)) return 'known';
  return name.startsWith('_') && !name.startsWith(`_${prefix}_`) ? 'foreign' : 'unknown';
}

function meta(more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { api_version: version, query: { representation: '/structures' }, more_data_available: false, provider: { name: 'Example provider', description: 'Samples of crystals', prefix }, implementation: { name: 'stand-in', version: '1.0.0' }, ...more };
}

const refuse = (status: number, title: string, detail: string): StandInReply => ({
  status, headers: { 'content-type': 'application/vnd.api+json' }, body: { errors: [{ status: String(status), title, detail }], meta: meta({ data_returned: 0 }) },
});

function shown(record: Readonly<Record<string, unknown>>, fields: readonly string[] | undefined): unknown {
  const names = fields ?? Object.keys(types);
  const attributes = Object.fromEntries(names.filter((name) => name !== 'id' && name !== 'type' && property(name) !== 'unknown').map((name) => [name, record[name] ?? null]));
  // Without response_fields what is unknown is left out.
  return { id: record.id, type: 'structures', attributes: fields === undefined ? Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null)) : attributes };
}

function structures(request: StandInRequest, options: OptimadeOptions): StandInReply {
  const { paging = 'offset', nextAs = 'text', negatedUnknown = true, counts = true, pageLimit = 20 } = options;
  const parameters = request.query;
  const unknown = [...parameters.keys()].find((name) => !['filter', 'response_fields', 'response_format', 'page_limit', 'page_offset', 'page_number', 'page_cursor', 'page_above', 'sort', 'email_address'].includes(name) && !name.startsWith('_'));
  if (unknown !== undefined) return refuse(400, 'Bad Request', `The query parameter '${unknown}' is not known.`);
  const limit = Number(parameters.get('page_limit') ?? pageLimit);
  if (!Number.isInteger(limit) || limit < 1) return refuse(400, 'Bad Request', 'page_limit is a whole number from 1');
  if (limit > 500) return refuse(403, 'Forbidden', 'Max allowed page_limit is 500');
  const fields = parameters.get('response_fields')?.split(',').filter((name) => name !== '');
  const strange = fields?.find((name) => property(name) === 'unknown');
  if (strange !== undefined) return refuse(400, 'Bad Request', `The response field '${strange}' is not known.`);
  let found: readonly (typeof records)[number][] = records;
  const filter = parameters.get('filter');
  if (filter !== null && filter !== '') {
    try {
      found = records.filter(readFilter(filter, { property, negatedUnknown }));
    } catch (error) {
      if (error instanceof FilterMistake) return refuse(400, 'Bad Request', `Filter, character ${error.position}: ${error.message}`);
      throw error;
    }
  }
  const sort = parameters.get('sort');
  if (sort !== null) {
    const keys = sort.split(',');
    if (keys.some((key) => property(key.replace(/^-/, '')) === 'unknown')) return refuse(400, 'Bad Request', 'Unable to sort by that property');
    found = found.toSorted((a, b) => keys.map((key) => order(a[key.replace(/^-/, '')], b[key.replace(/^-/, '')]) * (key.startsWith('-') ? -1 : 1)).find((result) => result !== 0) ?? 0);
  }
  const start = position(parameters, paging, limit, found);
  if (start === undefined) return refuse(400, 'Bad Request', 'Unknown page');
  const end = start + limit;
  const more = end < found.length;
  let next: string | undefined;
  if (more) {
    const url = new URL(addressOf(request));
    for (const name of ['page_offset', 'page_number', 'page_cursor', 'page_above']) url.searchParams.delete(name);
    const name = `page_${paging}`;
    url.searchParams.set(name, paging === 'offset' ? String(end) : paging === 'number' ? String(end / limit + 1) : paging === 'cursor' ? Buffer.from(String(end)).toString('base64url') : found[end - 1]!.id);
    next = url.href;
  }
  return listReply({
    rows: found.slice(start, end).map((record) => shown(record, fields)),
    renamed: (row) => ({ ...(row as object), id: 'somebody-elses' }),
    next,
    write: (rows, following) => ({
      headers: { 'content-type': 'application/vnd.api+json' },
      body: {
        data: rows,
        links: { next: following === undefined ? null : nextAs === 'text' ? following : { href: following, meta: {} } },
        meta: meta({ more_data_available: following !== undefined, ...(counts ? { data_returned: found.length, data_available: records.length } : {}), last_id: (rows.at(-1) as { id: string } | undefined)?.id, time_stamp: new Date().toISOString() }),
      },
    }),
  });
}

function order(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return (a as number) < (b as number) ? -1 : 1;
}

function position(parameters: URLSearchParams, paging: NonNullable<OptimadeOptions['paging']>, limit: number, found: readonly { id: string }[]): number | undefined {
  const value = parameters.get(`page_${paging}`);
  if (value === null) return 0;
  if (paging === 'above') { const at = found.findIndex((record) => record.id === value); return at < 0 ? undefined : at + 1; }
  const number = paging === 'cursor' ? Number(Buffer.from(value, 'base64url').toString('utf8')) : Number(value);
  if (!Number.isInteger(number) || number < 0) return undefined;
  return paging === 'number' ? (number - 1) * limit : number;
}

export async function startOptimade(): Promise<Optimade> {
  const standIn: Optimade = await StandIn.start({
    name: 'optimade',
    base: '/optimade',
    notFound: () => refuse(404, 'Not Found', 'No such endpoint'),
    routes: [
      { name: 'structures', method: 'GET', path: /^\/v1\/structures$/, answer: (request) => structures(request, standIn.options ?? {}) },
      {
        name: 'structure', method: 'GET', path: /^\/v1\/structures\/(.+)$/,
        answer: (_, [id = '']) => { const record = records.find((candidate) => candidate.id === id); return { headers: { 'content-type': 'application/vnd.api+json' }, body: { data: record ? shown(record, undefined) : null, meta: meta({ data_returned: record ? 1 : 0 }) } }; },
      },
      {
        name: 'info', method: 'GET', path: /^\/v1\/info$/,
        answer: () => ({ headers: { 'content-type': 'application/vnd.api+json' }, body: { data: { type: 'info', id: '/', attributes: { api_version: version, available_api_versions: [{ url: `${standIn.url}/v1/`, version }], formats: ['json'], available_endpoints: ['info', 'structures'], entry_types_by_format: { json: ['structures'] }, is_index: false, license: { href: 'https://creativecommons.org/licenses/by/4.0/' } } }, meta: meta({}) } }),
      },
      {
        name: 'infoStructures', method: 'GET', path: /^\/v1\/info\/structures$/,
        answer: () => ({
          headers: { 'content-type': 'application/vnd.api+json' },
          body: {
            data: {
              type: 'info', id: 'structures', formats: ['json'], description: 'Crystal structures', output_fields_by_format: { json: Object.keys(types) },
              properties: Object.fromEntries(Object.entries(types).map(([name, type]) => [name, {
                title: name, description: `The property ${name}.`, type, sortable: type !== 'list', 'x-optimade-type': type,
                ...(itemTypes[name] === undefined ? {} : { items: { 'x-optimade-type': itemTypes[name] } }), ...(units[name] === undefined ? {} : { unit: units[name], 'x-optimade-unit': units[name] }),
              }])),
            },
            meta: meta({}),
          },
        }),
      },
    ],
  });
  return standIn;
}
