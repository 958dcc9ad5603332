import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { describe, expect, test } from '@jest/globals';
import { DureError } from '../../../src/errors.js';
import { draftSource, type IntrospectedOptions } from '../../../src/sources/graphql/draftSource.js';
import { graphqlBuilder } from '../../../src/sources/graphql/graphqlSource.js';
import { parseGraphqlSource } from '../../../src/sources/graphql/parseGraphqlSource.js';
import { pathNames, selectionOf } from '../../../src/sources/graphql/selection.js';
import { addressPolicy } from '../../../src/sources/remote/client/addressPolicy.js';
import { clientOpener } from '../../../src/sources/remote/openClient.js';
import { startPdb } from '../../standins/pdb.js';
import { callWithin } from '../calls.js';

const pdb = readFileSync(new URL('../../../../schema/sources/pdb.graphql', import.meta.url), 'utf8');

interface Mistake { readonly line: number; readonly column: number; readonly message: string }

function mistakes(text: string): readonly string[] {
  try {
    parseGraphqlSource(text, 'my.graphql');
  } catch (error) {
    if (!(error instanceof DureError) || error.code !== 'BAD_USER_INPUT') throw error;
    return (error.details.mistakes as Mistake[]).map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
  return [];
}

describe('mistakes are told with line and column, all at once', () => {
  const head = 'extend schema @source(id: "mine", title: "Mine", dataset: "things", url: "https://mine.example/graphql")';
  test.each<[string, string, readonly string[]]>([
    ['a file that is none', 'type {', ['1:6 Syntax Error: Expected Name, found "{".']],
    ['an empty source', head, ['1:1 There is no table: write type Thing @table(name: "things", key: "id") @root(…) { … }.']],
    ['no root', `${head}\ntype Thing @table(name: "things", key: "id") { id: String @column(path: "id") }`, ['2:6 It is not said how the rows of Thing are had: add @root(field: "…", argument: "…").']],
    ['REST directives', `${head}\ntype Thing @table(name: "things", key: "id") @root(field: "a", argument: "b") @lookup(path: "/x", keys: {in: QUERY, name: "k"}) {\n  id: String @column(path: "id") @filter(ops: [eq], params: ["id"])\n}`,
      ['2:79 @lookup is for REST sources; a GraphQL source has @root only: leave it out.', '3:34 Conditions are checked by Dure for a GraphQL source: leave @filter out.']],
    ['names that are none', `${head}\ntype Thing @table(name: "Things", key: "id") @root(field: "a b", argument: "x", type: "String!", batch: 0, pattern: "(") {\n  id: String @column(path: "a-b")\n}`, [
      '2:25 name is “Things”: use a lower-case letter, then a-z, 0-9 and _.', '2:59 “a b” is no name in GraphQL.', '2:87 “String!” is no list: Dure asks for several keys at once.', '2:105 batch is 0: at least one key goes in a request.',
      '2:117 “(” is no regular expression: use the syntax of RE2.', '3:28 “a-b” has a part that is no name in GraphQL: use letters, digits and _.',
    ]],
    ['a key that is not there', `${head}\ntype Thing @table(name: "things", key: "number") @root(field: "a", argument: "b") { id: String @column(path: "id") }`, ['2:40 There is no column number: name one of id.']],
    ['an argument that is not there', `${head}\ntype Thing @table(name: "things", key: "id") @root(feld: "a", argument: "b") { id: String @column(path: "id") }`, ['2:46 ', '2:52 ']],
  ])('%s', (_, text, expected) => {
    const found = mistakes(text);
    expect(found).toHaveLength(expected.length);
    found.forEach((mistake, i) => expect(mistake).toContain(expected[i]!));
  });

  test('in the file of the Protein Data Bank', () => {
    expect(mistakes(pdb)).toEqual([]);
    const line = pdb.slice(0, pdb.indexOf('namespace: "pdb.ligand"')).split('\n').length;
    expect(mistakes(pdb.replace('namespace: "pdb.ligand"', 'namespace: "ligands"'))).toEqual([`${line}:22 The key component is in the namespace pdb.ligand, the entity in ligands: write the same in both.`]);
  });
});

test('selections', () => {
  expect(selectionOf(['a', 'b.c', 'b.d.e', 'b.c', 'refs[database=P.D].id'])).toBe('{ a b { c d { e } } refs { database id } }');
  expect([pathNames(''), pathNames('a.__typename'), pathNames('a-b')]).toEqual([undefined, undefined, undefined]);
});

describe('by introspection', () => {
  const schema = buildSchema(`
    type Query { things(ids: [ID!]!, more: Int): [Thing] thing(id: ID!): Thing numbers(ids: [Int]): [Int] }
    type Thing { id: ID! name: String size: Big! tags: [String!] kind: Kind part: Part parts: [Part!] search(text: String!): String }
    type Part { id: ID! weight: Float thing: Thing }
    scalar Big
    enum Kind { A B }`);
  const options: IntrospectedOptions = { id: 'mine', title: 'My "things"', dataset: 'things', tables: [{ name: 'things', root: 'things', key: 'id', namespace: 'mine', linkField: 'thing' }] };

  test('a file is made of the schema that reads as a source', () => {
    const spec = parseGraphqlSource(draftSource(schema, 'https://mine.example/graphql', options), 'drafted');
    expect(spec.definition.title).toBe('My "things"');
    expect(spec.tables[0]!.root).toMatchObject({ field: 'things', argument: 'ids', type: '[ID!]!', batch: 100 });
    expect(spec.tables[0]!.definition.columns.map(({ name, kind, item }) => [name, kind, item].filter((part) => part !== undefined).join(' '))).toEqual([
      'id text', 'name text', 'size json', 'tags list text', 'kind text', 'partId text', 'partWeight float', 'partThingId text', 'partThingName text', 'partThingSize json', 'partThingTags list text', 'partThingKind text',
      'partsId list text', 'partsWeight list float', 'partsThingId list text', 'partsThingName list text', 'partsThingSize json', 'partsThingTags list text', 'partsThingKind list text',
    ]);
  });

  test('what the schema does not have is told, all at once', () => {
    const wrong = (tables: IntrospectedOptions['tables']): string => {
      try { return draftSource(schema, 'https://x.example', { ...options, tables }); } catch (error) { return (error as Error).message; }
    };
    expect(wrong([{ name: 'a', root: 'thing', key: 'id' }, { name: 'b', root: 'thinks', key: 'id' }, { name: 'c', root: 'things', key: 'nam' }, { name: 'd', root: 'numbers', key: 'id' }])).toBe(
      'The source\'s schema does not fit: a: thing has not exactly one argument that is a list: say which takes the keys. b: Query has no field thinks. Did you mean things? c: there is no single value at nam. Did you mean name? d: numbers gives no objects.');
  });

  test('of a running server: the Protein Data Bank again', async () => {
    const server = await startPdb();
    const builder = graphqlBuilder(clientOpener({ addresses: addressPolicy(['127.0.0.1']) }));
    const surroundings = { secret: () => undefined, log: () => undefined };
    try {
      const declaration = { kind: 'graphql' as const, name: 'options', url: `${server.url}/graphql`, options: { id: 'bank', title: 'Bank', dataset: 'archive', tables: [{ name: 'entries', root: 'entries', key: 'rcsb_id', namespace: 'pdb', linkField: 'structure' }] } };
      const opened = await builder.open(declaration, surroundings);
      const [table] = opened.definition.tables;
      const name = table!.columns.find((column) => column.name === 'structTitle')!;
      const { rows } = await opened.remote!.tables.get('entries')!.lookup(['4HHB'], [name], callWithin());
      expect(rows.get('4HHB')).toEqual({ structTitle: 'THE CRYSTAL STRUCTURE OF HUMAN DEOXYHAEMOGLOBIN AT 1.74 ANGSTROMS RESOLUTION' });
      await opened.close();
      await expect(builder.open({ ...declaration, options: { id: 'Bank' } }, surroundings)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      await expect(builder.open({ kind: 'graphql', name: 'nothing' }, surroundings)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      const byFile = await builder.open({ kind: 'graphql', name: 'pdb.graphql', text: pdb, url: `${server.url}/graphql` }, surroundings);
      expect([...byFile.remote!.tables.keys()]).toEqual(['structures', 'polymers', 'ligands']);
      await byFile.close();
    } finally {
      await server.close();
    }
  });
});
