import { describe, expect, test } from '@jest/globals';
import { DureError } from '../../../src/errors.js';
import type { SdlMistake } from '../../../src/sources/http/mistakes.js';
import { parseSource } from '../../../src/sources/http/parseSource.js';

function mistakes(text: string): readonly string[] {
  try {
    parseSource(text, 'x.graphql');
  } catch (error) {
    if (!(error instanceof DureError)) throw error;
    expect(error.code).toBe('BAD_USER_INPUT');
    const list = error.details.mistakes as SdlMistake[];
    for (const { file, line, column, message } of list) expect(error.message).toContain(`${file}:${line}:${column}: ${message}`);
    return list.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
  return [];
}

const head = 'extend schema @source(id: "lab", title: "Lab", dataset: "things", url: "https://lab.example/api")\n';
const thing = (fields: string, directives = '@table(name: "things", key: "id") @lookup(path: "/things", keys: {in: QUERY, name: "ids"}, batch: 10)') => `${head}type Thing ${directives} {\n${fields}\n}`;

describe('a source file', () => {
  test('that is right gives a definition: columns with kinds, namespaces, titles, units', () => {
    const { definition, limits } = parseSource(`${head.trimEnd()} @cache(seconds: 60) @limits(concurrency: 2)
      "Things of the lab."
      type Thing @table(name: "lab_things", key: "id") @entity(namespace: "lab", linkField: "thing") @lookup(path: "/things", keys: {in: QUERY, name: "ids"}) {
        "The number of it."
        id: String! @column(path: "id", namespace: "lab")
        count: Int64 @column(path: "count", title: "Count", unit: "1")
        proteins: [String!] @column(path: "refs[database=PDB].id", namespace: "uniprot")
        state: State @column(path: "state")
      }
      enum State { OPEN CLOSED }`, 'lab.graphql');
    expect(definition).toMatchObject({ id: 'lab', kind: 'http', title: 'Lab', dataset: 'things', licenses: [] });
    expect(definition.tables).toEqual([expect.objectContaining({ name: 'lab_things', field: 'labThings', key: 'id', linkField: 'thing', authority: true, description: 'Things of the lab.' })]);
    expect(definition.tables[0]!.columns).toEqual([
      expect.objectContaining({ name: 'id', field: 'id_', physical: 'id', kind: 'text', required: true, unique: true, namespace: 'lab', description: 'The number of it.' }),
      expect.objectContaining({ name: 'count', kind: 'int64', title: 'Count', unit: '1', required: false }),
      expect.objectContaining({ name: 'proteins', kind: 'list', item: 'text', namespace: 'uniprot' }),
      expect.objectContaining({ name: 'state', kind: 'enum', values: ['OPEN', 'CLOSED'] }),
    ]);
    expect(limits).toMatchObject({ concurrency: 2, timeoutMs: 10_000, retries: 2, maxUrlLength: 8000 });
    expect(definition.cache).toEqual({ seconds: 60, staleWhileRevalidate: 0, staleIfError: 0 });
  });

  test('that is no GraphQL is told where', () => {
    expect(mistakes('extend schema @source(id: "x"\n  type')).toEqual(['2:7 Syntax Error: Expected ":", found <EOF>.']);
    expect(mistakes('')).toHaveLength(1);
  });

  test('all mistakes are told at once, in the order of the file', () => {
    expect(mistakes(`extend schema
  @source(id: "Lab", title: "Lab", dataset: "things", url: "ftp://lab.example/api?x=1", country: "XX", hook: "magic")
  @limits(concurrency: 0, timeoutMs: "soon")
  @cache(secs: 5)
type Thing @table(name: "Things", key: "nr") @lookup(path: "things", keys: {in: FORM}, batch: 0) {
  id: Strin @column(path: "a..b")
  name: String
  size: Int @column(path: "size", format: "%Y", namespace: "UniProt")
}`)).toEqual([
      '2:15 id is “Lab”: use a lower-case letter, then a-z, 0-9 and -, at most 63.',
      '2:60 url is “ftp://lab.example/api?x=1”: write an http or https address without a query, a fragment or a user.',
      '2:98 country is “XX”: write an ISO 3166-1 alpha-2 code such as "KR".',
      '2:110 There is no hook “magic”; there is data.go.kr.',
      '3:38 timeoutMs is "soon": it must be a whole number.',
      '4:3 Directive "@cache" argument "seconds" of type "Int!" is required, but it was not provided.',
      '4:10 Unknown argument "secs" on directive "@cache".',
      '5:25 name is “Things”: use a lower-case letter, then a-z, 0-9 and _.',
      '5:40 There is no column nr: name one of id, name, size.',
      '5:60 path is “things”: begin it with /.',
      '5:76 Name the parameter or field that gets the keys: {in: …, name: "…"}.',
      '5:76 A form is sent by POST: write method: POST.',
      '5:95 batch is 0: it must be 1 or more.',
      '6:7 Strin is no type of a column: a column is String, ID, Int, Int64, Float, Decimal, Boolean, Date, DateTime, JSON, a list of one, or an enum of this file. Did you mean String?',
      '6:27 “a..b” is not a path: write names joined by dots, such as sequence.length or refs[database=PDB].id.',
      '7:3 The column name does not say where its value stands: add @column(path: "…").',
      '8:43 “%Y”: only a Date or DateTime has a format, and size is none.',
      '8:60 “UniProt” is not a Bioregistry prefix: use lower-case letters, digits and dots.',
    ]);
  });

  test('what is missing altogether', () => {
    expect(mistakes('type Thing { id: String @column(path: "id") }')).toEqual([
      '1:1 There is no @source: begin with extend schema @source(id: "…", title: "…", dataset: "…", url: "https://…").',
      '1:6 Thing is no table: add @table(name: "…").',
      '1:6 The rows of Thing can neither be looked up nor searched: add @lookup or @search.',
    ]);
    expect(mistakes(head)).toEqual(['1:1 There is no table: write type Thing @table(name: "things", key: "id") @lookup(…) { … }.']);
    expect(mistakes(`${head}scalar X\n${thing('id: String @column(path: "id")').slice(head.length)}`)[0]).toBe('2:1 A source file has extend schema, type and enum only: leave this out.');
  });

  test('an argument that must be there and is not is told for each directive, and nothing breaks off', () => {
    const said = mistakes('extend schema @source(id: "lab", title: "Lab")\ntype Thing @table(key: "id") @lookup(path: "/a") @search(path: "/a") @entity(namespace: "lab.x") {\n  id: String @column @filter(params: ["x"])\n}');
    for (const [directive, argument] of [['source', 'url'], ['lookup', 'keys'], ['search', 'page'], ['entity', 'linkField'], ['column', 'path'], ['filter', 'ops'], ['table', 'name']] as const) {
      expect(said).toContainEqual(expect.stringMatching(new RegExp(`"@${directive}" argument "${argument}" .* is required`)));
    }
  });

  test('values that nest without end', () => {
    expect(mistakes(`type Thing @table(name: ${'['.repeat(30_000)}${']'.repeat(30_000)}) { id: String }`)).toEqual([expect.stringMatching(/nests deeper/)]);
  });

  test('a newest day', () => {
    expect(mistakes(thing('id: String @column(path: "id", latest: {days: 0, zone: "UTC"})\nday: Date @column(path: "d", latest: {days: -1, zone: "Asia/Soul"})'))).toEqual([
      '3:40 Only a Date has a newest day, and id is none.',
      '4:38 “Asia/Soul” is not a time zone: write one such as "Asia/Seoul" or "UTC".',
    ]);
  });

  test('keys and entities', () => {
    const key = 'id: String! @column(path: "id", namespace: "lab")';
    expect(mistakes(thing(key, '@table(name: "things", key: "id") @entity(namespace: "uniprot", linkField: "The thing") @lookup(path: "/x", keys: {in: QUERY, name: "ids"})'))).toEqual([
      '2:65 The key id is in the namespace lab, the entity in uniprot: write the same in both.',
      '2:87 linkField is “The thing”: use camelCase, such as "protein".',
    ]);
    expect(mistakes(thing(key, '@table(name: "things") @lookup(path: "/x/{key}/{y}", keys: {in: QUERY, name: "ids"}, pattern: "(")'))).toEqual([
      '2:35 Rows are looked up by the key: name it in @table(key: "…").',
      '2:49 The path has {key}: write keys: {in: PATH}.',
      '2:49 “{y}” is not known here: use {key}, {fields}.',
      '2:106 “(” is not a regular expression of RE2.',
    ]);
  });

  test('conditions that could change a query, or that nobody could ask', () => {
    const search = '@table(name: "things") @search(path: "/s", page: {next: OFFSET, max: 10}, query: {name: "q", all: "*"}, required: ["day"])';
    expect(mistakes(thing(`a: String @column(path: "a") @filter(ops: [eq], query: "a:{value}")
b: Int @column(path: "b") @filter(ops: [contains], params: ["b"], query: "b") @filter(ops: [in], query: "b:{value}")
c: [String!] @column(path: "c") @filter(ops: [eq], params: ["c"])
d: Float @column(path: "d") @filter(ops: [gt], params: ["d"], value: "{next}") @filter(ops: [isNull], params: ["d"])`, search))).toEqual([
      '2:61 Name the parameter of the offset: at: "…".',
      '2:61 Name the parameter of the size, or it is not known whether a page was the last: size: "…".',
      '2:126 No condition gives the parameter day: add a @filter with it, or leave it out of required.',
      '3:56 A text must stand in quotes, or it could change the query: write {quoted}.',
      '4:27 A filter is either asked by params or as a term of the query: give one of the two.',
      '4:40 contains is for texts, and b is none.',
      '4:79 A query needs to know what stands between the terms of in: add separator: " OR ".',
      '5:33 c is a list or JSON: a source cannot be asked for conditions on it. Leave the filter out.',
      '6:70 d has no next value: {next} and {previous} are for whole numbers and days.',
      '6:80 isNull has no value: write a fixed text such as value: "true".',
    ]);
  });
});
