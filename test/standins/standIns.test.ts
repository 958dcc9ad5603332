/** The stand-ins answer as the sources are documented to, traps included; the connectors' tests stand on this. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { compounds } from './facts/compounds.js';
import { proteins } from './facts/proteins.js';
import { structures } from './facts/structures.js';
import { dropped, halfBody, tooMany } from './faults.js';
import { kmaKeys } from './kma.js';
import { pubchemLimits } from './pubchem.js';
import { repeatedNext, shuffled, strangersAdded, wrongIds, type StandIn } from './standIn.js';
import { startStandIns, type RunningStandIns } from './standIns.js';

let all: RunningStandIns;
beforeAll(async () => { all = await startStandIns(); });
beforeEach(() => all.reset());
afterAll(() => all.close());

/** As much of the sources' shapes as is looked at here. */
interface Row extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly rcsb_id: string;
  readonly primaryAccession: string;
  readonly pref_name: string;
  readonly target_chembl_id: string;
  readonly TMAX: string;
  readonly uniProtKBCrossReferences: readonly Row[];
  readonly polymer_entities: readonly Row[];
  readonly molecule_properties: Row;
  readonly attributes: Row;
  readonly chemical_formula_reduced: string;
}
interface Json extends ReadonlyArray<Row> {
  readonly results: readonly Row[];
  readonly messages: readonly string[];
  readonly errorMessage: string;
  readonly errors: readonly { readonly message: string; readonly detail: string }[];
  readonly data: readonly Row[] & { readonly entries: readonly (Row | null)[] };
  readonly links: { readonly next: null | string | { readonly href: string } };
  readonly meta: Row;
  readonly page_meta: Row & { readonly next: string; readonly limit: number };
  readonly molecules: readonly Row[];
  readonly activities: readonly Row[];
  readonly targets: readonly Row[];
  readonly PropertyTable: { readonly Properties: readonly Row[] };
  readonly Fault: { readonly Code: string };
  readonly response: { readonly header: { readonly resultCode: string }; readonly body: { readonly items: { readonly item: Row | readonly Row[] } } };
}
interface Answer { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Json }

async function get(standIn: StandIn, path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(path.startsWith('http') ? path : `${standIn.url}${path}`, init);
  const text = await response.text();
  let json: unknown;
  try { json = JSON.parse(text); } catch { json = undefined; }
  return { status: response.status, headers: response.headers, text, json: json as Json };
}

const form = (body: string): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
const ids = (answer: Answer): string[] => answer.json.results.map((row) => row.primaryAccession);

describe('uniprot', () => {
  test('entries by accession: only the fields asked for, unknown ones left out, the release told', async () => {
    const answer = await get(all.uniprot, '/accessions?accessions=P68871,P05067,APP&fields=protein_name,length');
    expect(answer.status).toBe(400);
    const good = await get(all.uniprot, '/accessions?accessions=P68871,P05067,Q99999&fields=protein_name,xref_pdb');
    expect(ids(good)).toEqual(['P05067', 'P68871']);
    expect(Object.keys(good.json.results[0]!)).toEqual(['entryType', 'primaryAccession', 'proteinDescription', 'uniProtKBCrossReferences']);
    expect(good.headers.get('x-uniprot-release')).toBe('2024_05');
    expect(good.json.results[0]!.uniProtKBCrossReferences.map((reference) => reference.id)).toContain('1IYT');
  });

  test('1000 accessions and not one more', async () => {
    const many = (n: number): string => Array.from({ length: n }, (_, i) => `P${String(10000 + i)}`).join(',');
    expect((await get(all.uniprot, `/accessions?accessions=${many(1000)}`)).status).toBe(200);
    const over = await get(all.uniprot, `/accessions?accessions=${many(1001)}`);
    expect([over.status, over.json.messages]).toEqual([400, ["Only '1000' accessions are allowed in each request."]]);
  });

  test('search goes by cursors in the Link header and tells the total', async () => {
    const query = encodeURIComponent('(organism_id:9606) AND (reviewed:true)');
    const found: string[] = [];
    let url: string | undefined = `${all.uniprot.url}/search?query=${query}&size=10&fields=accession`;
    let pages = 0;
    while (url !== undefined) {
      const page = await get(all.uniprot, url);
      expect(page.headers.get('x-total-results')).toBe(String(proteins.filter((protein) => protein.taxon === 9606).length));
      found.push(...ids(page));
      url = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
      pages += 1;
    }
    expect([found.length, pages]).toEqual([26, 3]);
    expect(new Set(found).size).toBe(26);
    expect((await get(all.uniprot, '/search?query=colour:red')).json.messages).toEqual(["'colour' is not a valid search field"]);
    expect((await get(all.uniprot, '/search?query=*&size=501')).status).toBe(400);
    expect(ids(await get(all.uniprot, `/search?query=${encodeURIComponent('hemoglobin NOT organism_name:"Homo sapiens" AND length:[100 TO 200]')}`))).toEqual(['P01942']);
  });
});

describe('pdb', () => {
  const ask = (query: string, variables: unknown): Promise<Answer> => get(all.pdb, '/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) });

  test('unknown ids are absent, or null where it is set so', async () => {
    const query = 'query ($ids: [String!]!) { entries(entry_ids: $ids) { rcsb_id struct { title } polymer_entities { rcsb_id rcsb_polymer_entity_container_identifiers { uniprot_ids } } } }';
    const absent = await ask(query, { ids: ['9XXX', '4hhb', 'pdb_00001iyt'] });
    expect(absent.json.data.entries.map((entry) => entry?.rcsb_id)).toEqual(['4HHB', '1IYT']);
    expect(absent.json.data.entries[0]!.polymer_entities[1]).toEqual({ rcsb_id: '4HHB_2', rcsb_polymer_entity_container_identifiers: { uniprot_ids: ['P68871'] } });
    all.pdb.missing = 'null';
    expect((await ask(query, { ids: ['9XXX', '4HHB'] })).json.data.entries[0]).toBeNull();
    all.pdb.missing = 'absent';
    expect((await ask('{ nothing }', {})).json.errors[0]!.message).toContain('nothing');
  });

  test('limits, where they are set: 429', async () => {
    all.pdb.limits = { perSecond: 2 };
    const statuses = await Promise.all([1, 2, 3].map(async () => (await ask('{ __typename }', {})).status));
    expect(statuses.toSorted()).toEqual([200, 200, 429]);
  });
});

describe('chembl', () => {
  test('numbers as text, null objects, next as a path, irregular keys', async () => {
    const page = await get(all.chembl, '/molecule.json?molecule_chembl_id__in=CHEMBL25,CHEMBL1642,CHEMBL1201585&limit=2');
    expect(page.json.page_meta).toMatchObject({ limit: 2, offset: 0, total_count: 3, previous: null });
    expect(page.json.molecules[0]!.molecule_properties.full_mwt).toBe('180.16');
    const second = await get(all.chembl, `${all.chembl.origin}${page.json.page_meta.next}`);
    expect(second.json.molecules.map((row) => [row.pref_name, row.molecule_structures])).toEqual([['TRASTUZUMAB', null]]);
    const activities = await get(all.chembl, '/activity.json?target_chembl_id=CHEMBL203&only=activity_id,standard_value');
    expect(Object.keys(activities.json.activities[0]!)).toEqual(['activity_id', 'standard_value']);
    expect((await get(all.chembl, '/molecule.json?limit=5000')).json.page_meta.limit).toBe(1000);
  });

  test('suffix filters, also into nested objects and lists; long addresses are refused', async () => {
    const names = async (query: string): Promise<string[]> => (await get(all.chembl, `/molecule.json?${query}`)).json.molecules.map((row) => row.pref_name);
    expect(await names('molecule_properties__full_mwt__lt=100')).toEqual(['ALCOHOL']);
    expect(await names('pref_name__icontains=coxib&order_by=-pref_name')).toEqual(['ROFECOXIB', 'CELECOXIB']);
    expect(await names('molecule_structures__standard_inchi_key=BSYNRYMUTXBXSQ-UHFFFAOYSA-N')).toEqual(['ASPIRIN']);
    expect(await names('molecule_structures__isnull=true')).toEqual(['TRASTUZUMAB']);
    expect((await get(all.chembl, '/target.json?target_components__accession=P00533')).json.targets[0]!.target_chembl_id).toBe('CHEMBL203');
    expect((await get(all.chembl, '/molecule.json?colour=red')).status).toBe(400);
    expect((await get(all.chembl, `/molecule.json?molecule_chembl_id__in=${Array.from({ length: 500 }, (_, i) => `CHEMBL${i}`).join(',')}`)).status).toBe(414);
  });
});

describe('pubchem', () => {
  const path = '/compound/cid/property/MolecularWeight,InChIKey/JSON';
  test('a form with one comma-joined parameter; weights as text; 404 where none is known', async () => {
    const answer = await get(all.pubchem, path, form('cid=2244,3672,4294967295'));
    expect(answer.json.PropertyTable.Properties).toEqual([
      { CID: 2244, MolecularWeight: '180.16', InChIKey: 'BSYNRYMUTXBXSQ-UHFFFAOYSA-N' },
      { CID: 3672, MolecularWeight: '206.28', InChIKey: 'HEFNNWSXXWATRW-UHFFFAOYSA-N' },
    ]);
    expect(answer.headers.get('x-throttling-control')).toContain('Green');
    expect((await get(all.pubchem, path, form('cid=2244&cid=3672'))).json.PropertyTable.Properties).toHaveLength(1);
    const none = await get(all.pubchem, path, form('cid=4294967295'));
    expect([none.status, none.json.Fault.Code]).toEqual([404, 'PUGREST.NotFound']);
    expect((await get(all.pubchem, path, form('cid=aspirin'))).status).toBe(400);
  });

  test('busy: 503 with Retry-After', async () => {
    all.pubchem.limits = pubchemLimits;
    const answers = await Promise.all(Array.from({ length: 6 }, () => get(all.pubchem, path, form('cid=2244'))));
    const busy = answers.filter((answer) => answer.status === 503);
    expect(busy.map((answer) => [answer.headers.get('retry-after'), answer.json.Fault.Code])).toEqual([['30', 'PUGREST.ServerBusy']]);
  });
});

describe('optimade', () => {
  const found = async (filter: string): Promise<string[]> => {
    const answer = await get(all.optimade, `/v1/structures?filter=${encodeURIComponent(filter)}&response_fields=chemical_formula_reduced&page_limit=100`);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.json.errors[0]!.detail}`);
    return answer.json.data.map((row) => row.attributes.chemical_formula_reduced);
  };

  test('filters are evaluated', async () => {
    expect(await found('elements HAS ALL "Ti","O" AND nelements=3')).toEqual(['O3SrTi', 'BaO3Ti']);
    expect(await found('NOT (nelements < 3) OR chemical_formula_reduced = "Cu"')).toEqual(['O3SrTi', 'BaO3Ti', 'Cu']);
    expect(await found('chemical_formula_reduced = "Cu" OR nelements = 1 AND space_group_it_number = 229')).toEqual(['Cu', 'Fe', 'W', 'Nb', 'V', 'Ta', 'Na']);
    expect(await found('2 < nelements')).toEqual(['O3SrTi', 'BaO3Ti']);
    expect(await found('_exmpl_critical_temperature > 17')).toEqual(['Nb3Sn', 'GeNb3', 'SiV3']);
    expect(await found('elements HAS ONLY "Si","Ge"')).toEqual(['Si', 'Ge']);
    expect(await found('elements HAS ANY "W","Ta" OR elements LENGTH 3')).toEqual(['O3SrTi', 'BaO3Ti', 'W', 'Ta']);
    expect(await found('chemical_formula_reduced STARTS WITH "As" AND chemical_formula_reduced ENDS "Ga"')).toEqual(['AsGa']);
    expect(await found('id = "exmpl/20 \\"cubic\\" \\\\ α"')).toEqual(['BaO3Ti']);
    expect(await found('_exmpl_band_gap IS KNOWN AND _exmpl_critical_temperature IS KNOWN')).toEqual([]);
    expect(await found('_other_thing = 1')).toEqual([]);
    await expect(found('colour = "red"')).rejects.toThrow(/400 .*colour/);
    await expect(found('_exmpl_colour = "red"')).rejects.toThrow(/400/);
    await expect(found('nelements = ')).rejects.toThrow(/character 12/);
  });

  test.each(['offset', 'number', 'cursor', 'above'] as const)('pages by %s, links.next as text and as an object', async (paging) => {
    for (const nextAs of ['text', 'object'] as const) {
      all.optimade.options = { paging, nextAs };
      let url: string | undefined = `${all.optimade.url}/v1/structures?page_limit=7&response_fields=nsites`;
      const seen: string[] = [];
      while (url !== undefined) {
        const { json } = await get(all.optimade, url);
        expect(json.meta).toMatchObject({ data_returned: 36, data_available: 36, provider: { prefix: 'exmpl' } });
        seen.push(...json.data.map((row) => row.id));
        const { next } = json.links;
        url = next === null ? undefined : typeof next === 'string' ? next : next.href;
      }
      expect([seen.length, new Set(seen).size]).toEqual([36, 36]);
    }
    all.optimade.options = {};
  });

  test('the crystals are crystals: silicon has eight sites in its cube', async () => {
    const { json } = await get(all.optimade, `/v1/structures?filter=${encodeURIComponent('chemical_formula_reduced="Si"')}`);
    expect(json.data[0]!.attributes).toMatchObject({ nsites: 8, space_group_it_number: 227, elements: ['Si'], elements_ratios: [1], chemical_formula_anonymous: 'A', lattice_vectors: [[5.431, 0, 0], [0, 5.431, 0], [0, 0, 5.431]] });
    expect(json.data[0]!.attributes).not.toHaveProperty('_exmpl_critical_temperature');
  });
});

describe('alphafold', () => {
  test('an array with one model; 404 where there is none', async () => {
    const { json } = await get(all.alphafold, '/prediction/P04637');
    expect(json).toMatchObject([{ entryId: 'AF-P04637-F1', uniprotAccession: 'P04637', gene: 'TP53', sequenceEnd: 393 }]);
    expect((await get(all.alphafold, '/prediction/P0DTD1')).status).toBe(404);
  });
});

describe('noaa', () => {
  test('values are padded texts, what was not measured is left out, an unknown station has no rows', async () => {
    const { json } = await get(all.noaa, '/data/v1?dataset=daily-summaries&stations=USW00094728,XX000000000&startDate=2024-01-01&endDate=2024-01-10&format=json&units=metric');
    expect(json).toHaveLength(10);
    expect(json[0]!.TMAX).toMatch(/^ +-?\d+\.\d$/);
    expect(json.filter((row) => !('SNOW' in row)).length).toBeGreaterThan(0);
    expect((await get(all.noaa, '/data/v1?dataset=daily-summaries')).json.errorMessage).toContain('Bad Request');
  });
});

describe('kma', () => {
  const ask = (query: string, key: string = kmaKeys.valid): Promise<Answer> => get(all.kma, `/getWthrDataList?serviceKey=${encodeURIComponent(key)}&dataType=JSON&dataCd=ASOS&dateCd=DAY&${query}`);

  test('many items are a list, one is an object; missing values are "" and "-"', async () => {
    const many = await ask('startDt=20240101&endDt=20240110&stnIds=108&numOfRows=4&pageNo=3');
    expect(many.json.response.body).toMatchObject({ totalCount: 10, pageNo: 3, numOfRows: 4 });
    expect(many.json.response.body.items.item).toHaveLength(2);
    const one = await ask('startDt=20240101&endDt=20240101&stnIds=108&numOfRows=4');
    expect(one.json.response.body.items.item).toMatchObject({ stnId: '108', stnNm: '서울', tm: '2024-01-01' });
    const month = (await ask('startDt=20240101&endDt=20240131&stnIds=108&numOfRows=999')).json.response.body.items.item as readonly Row[];
    expect(month.some((item) => item.sumRn === '')).toBe(true);
    expect(month.some((item) => item.sumGsr === '-')).toBe(true);
  });

  test('errors: no data is 03, a wrong or twice encoded key is XML with 200, an unapproved key 403, a used-up quota 22', async () => {
    const query = 'startDt=20240101&endDt=20240101&stnIds=108';
    expect((await ask('startDt=20240101&endDt=20240101&stnIds=999')).json.response.header.resultCode).toBe('03');
    expect((await ask('startDt=20240101&endDt=20240101')).json.response.header.resultCode).toBe('11');
    expect((await ask('startDt=2024-01-01&endDt=20240101&stnIds=108')).json.response.header.resultCode).toBe('10');
    const twice = await ask(query, encodeURIComponent(kmaKeys.valid));
    expect([twice.status, twice.headers.get('content-type')]).toEqual([200, 'text/xml;charset=UTF-8']);
    expect(twice.text).toContain('<returnReasonCode>30</returnReasonCode>');
    expect((await ask(query, kmaKeys.notApproved)).status).toBe(403);
    expect((await ask(query, kmaKeys.quotaUsedUp)).text).toContain('<returnReasonCode>22</returnReasonCode>');
  });
});

describe('all', () => {
  test('records of one source are found in the others', () => {
    const accessions = new Set(proteins.map((protein) => protein.accession));
    for (const structure of structures) for (const entity of structure.entities) for (const accession of entity.uniprot ?? []) expect(accessions).toContain(accession);
    const targets = new Set(proteins.map((protein) => protein.chembl));
    for (const compound of compounds) for (const act of compound.acts ?? []) expect(targets).toContain(act.target);
    expect(new Set(compounds.filter((compound) => compound.inchiKey).map((compound) => compound.inchiKey)).size).toBe(compounds.filter((compound) => compound.inchiKey).length);
  });

  test('faults strike the route that they are set for, as often as they are set for', async () => {
    const one = '/accessions?accessions=P05067,P68871';
    all.uniprot.inject(tooMany(7), { route: 'accessions', times: 1 });
    expect((await get(all.uniprot, '/search?query=*')).status).toBe(200);
    const limited = await get(all.uniprot, one);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    expect((await get(all.uniprot, one)).status).toBe(200);
    all.uniprot.reset();
    all.uniprot.inject(shuffled(), { route: 'accessions', times: 1 });
    all.uniprot.inject(wrongIds(), { route: 'accessions', times: 1 });
    all.uniprot.inject(strangersAdded(), { route: 'accessions', times: 1 });
    all.uniprot.inject(dropped(), { route: 'accessions', times: 1 });
    all.uniprot.inject(halfBody(), { route: 'accessions', times: 1 });
    expect(ids(await get(all.uniprot, one))).toEqual(['P68871', 'P05067']);
    expect(ids(await get(all.uniprot, one))).toEqual(['Q9ZZZ9', 'Q9ZZZ9']);
    expect(ids(await get(all.uniprot, one))).toEqual(['Q9ZZZ9', 'P05067', 'Q9ZZZ9', 'P68871']);
    await expect(get(all.uniprot, one)).rejects.toThrow();
    await expect(get(all.uniprot, one)).rejects.toThrow();
    expect(all.uniprot.asked('accessions')).toHaveLength(5);
    const page = `${all.chembl.url}/molecule.json?limit=5`;
    all.chembl.inject(repeatedNext());
    expect((await get(all.chembl, page)).json.page_meta.next).toBe(page);
  });
});
