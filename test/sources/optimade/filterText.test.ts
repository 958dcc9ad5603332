import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Column } from '../../../src/catalog/model.js';
import { FilterTextError } from '../../../src/sources/optimade/filterTokens.js';
import { parseFilter } from '../../../src/sources/optimade/parseFilter.js';
import { structureColumns } from '../../../src/sources/optimade/properties.js';
import { writeFilter } from '../../../src/sources/optimade/writeFilter.js';
import type { RemoteFilter } from '../../../src/sources/remote/remoteSource.js';
import { attributesOf, materials } from '../../standins/facts/materials.js';
import { readFilter } from '../../standins/optimadeFilter.js';
import { truth } from './truth.js';

const columns = new Map(structureColumns('optimade.exmpl').map((column) => [column.name, column]));
const of = (name: string): Column => columns.get(name)!;
const extra: Column = { ...of('nsites'), name: '_exmpl_band_gap', field: 'exmplBandGap', physical: '_exmpl_band_gap', kind: 'float' };
columns.set(extra.name, extra);

const eq = (name: string, value: unknown): RemoteFilter => ({ op: 'compare', column: of(name), comparison: 'eq', value });

describe('writing', () => {
  test.each<[RemoteFilter, string | undefined]>([
    [eq('nelements', 2), 'nelements = 2'],
    [{ op: 'not', of: eq('nelements', 2) }, 'nelements != 2'],
    [{ op: 'and', of: [{ op: 'or', of: [eq('nelements', 2), eq('nsites', 8)] }, { op: 'list', column: of('elements'), test: 'containsAll', values: ['Si', 'O'] }] }, '(nelements = 2 OR nsites = 8) AND elements HAS ALL "Si", "O"'],
    [{ op: 'or', of: [{ op: 'and', of: [eq('nelements', 2), eq('nsites', 8)] }, { op: 'isNull', column: of('nsites'), value: true }] }, 'nelements = 2 AND nsites = 8 OR nsites IS UNKNOWN'],
    [{ op: 'not', of: { op: 'and', of: [eq('nelements', 2), { op: 'isNull', column: of('nsites'), value: false }] } }, 'nelements != 2 OR nsites IS UNKNOWN'],
    [{ op: 'in', column: of('id'), values: ['a"b', 'c\\d'] }, 'id = "a\\"b" OR id = "c\\\\d"'],
    [{ op: 'not', of: { op: 'in', column: of('nelements'), values: [1, 2] } }, 'nelements != 1 AND nelements != 2'],
    [{ op: 'not', of: { op: 'match', column: of('chemical_formula_reduced'), match: 'contains', value: 'Si' } }, 'NOT (chemical_formula_reduced CONTAINS "Si") AND chemical_formula_reduced IS KNOWN'],
    [{ op: 'match', column: of('chemical_formula_reduced'), match: 'endsWith', value: 'O3' }, 'chemical_formula_reduced ENDS WITH "O3"'],
    [{ op: 'compare', column: of('last_modified'), comparison: 'gte', value: '2024-01-01T09:00:00+09:00' }, 'last_modified >= "2024-01-01T00:00:00Z"'],
    // What the language has no words for, or means something else by at some provider.
    [{ op: 'match', column: of('chemical_formula_reduced'), match: 'ilike', value: 'si%' }, undefined],
    [{ op: 'match', column: of('chemical_formula_reduced'), match: 'contains', value: '' }, undefined],
    [{ op: 'compare', column: of('chemical_formula_reduced'), comparison: 'lt', value: 'Si' }, undefined],
    [{ op: 'compare', column: of('nelements'), comparison: 'eq', value: null }, undefined],
    [eq('chemical_formula_reduced', 'a\u0000b'), undefined],
    [{ op: 'in', column: of('nelements'), values: [] }, undefined],
    [{ op: 'or', of: [eq('nelements', 2), { op: 'compare', column: of('species'), comparison: 'eq', value: {} }] }, undefined],
    [{ op: 'compare', column: { ...of('nelements'), name: 'nelements = 1 OR nelements' }, comparison: 'eq', value: 1 }, undefined],
    [{ op: 'compare', column: of('nelements'), comparison: 'eq', value: '1 OR nelements = 2' }, undefined],
  ])('%j → %s', (filter, text) => {
    expect(writeFilter(filter)).toBe(text);
  });
});

describe('reading', () => {
  test.each<[string, RemoteFilter]>([
    ['nelements=2', eq('nelements', 2)],
    ['2 < nelements', { op: 'compare', column: of('nelements'), comparison: 'gt', value: 2 }],
    ['NOT nelements = 2 AND nsites = 8 OR nsites=1', { op: 'or', of: [{ op: 'and', of: [{ op: 'not', of: eq('nelements', 2) }, eq('nsites', 8)] }, eq('nsites', 1)] }],
    ['elements HAS "Si" AND elements HAS ANY "O","S"', { op: 'and', of: [{ op: 'list', column: of('elements'), test: 'containsAll', values: ['Si'] }, { op: 'list', column: of('elements'), test: 'overlaps', values: ['O', 'S'] }] }],
    ['chemical_formula_reduced STARTS "a\\"b\\\\"', { op: 'match', column: of('chemical_formula_reduced'), match: 'startsWith', value: 'a"b\\' }],
    ['nsites IS UNKNOWN', { op: 'isNull', column: of('nsites'), value: true }],
    ['_exmpl_band_gap > 1.5e-1', { op: 'compare', column: extra, comparison: 'gt', value: 0.15 }],
  ])('%s', (text, filter) => {
    expect(parseFilter(text, columns)).toEqual(filter);
  });

  test.each<[string, string]>([
    ['', 'Character 1 of the filter: expected the name of a property, found the end.'],
    ['nelements = ', 'Character 13 of the filter: the end is no value of nelements.'],
    ['nelements = "2"', 'Character 13 of the filter: "2" is no value of nelements.'],
    ['colour = "red"', 'Character 1 of the filter: there is no property colour.'],
    ['nelements = nsites', 'Character 13 of the filter: two properties cannot be compared with each other.'],
    ['nelements = 2 nsites = 3', 'Character 15 of the filter: expected AND, OR or the end, found nsites.'],
    ['(nelements = 2', 'Character 15 of the filter: expected ), found the end.'],
    ['nelements = 2 and nsites = 3', 'Character 15 of the filter: expected AND, OR or the end, found and.'],
    ['Nelements = 2', 'Character 1 of the filter: N is no word of the language; names of properties are in small letters.'],
    ['chemical_formula_reduced = "a\\n"', 'Character 28 of the filter: a text begins here that does not end, or that has a backslash before something else than " and \\.'],
    ['elements HAS ONLY "Si"', 'Character 14 of the filter: HAS ONLY cannot be asked through Dure.'],
    ['elements LENGTH 2', 'Character 10 of the filter: LENGTH cannot be asked through Dure.'],
    ['nsites HAS 2', 'Character 12 of the filter: nsites is no list.'],
    [`${'('.repeat(101)}nsites = 1`, 'Character 102 of the filter: more than 100 parentheses within each other.'],
  ])('%s: %s', (text, message) => {
    expect(() => parseFilter(text, columns)).toThrow(FilterTextError);
    expect(() => parseFilter(text, columns)).toThrow(message);
  });
});

const text = fc.oneof(fc.constantFrom('Si', 'ClNa', 'O3SrTi', '"', '\\', '\\"', 'é α'), fc.string({ unit: 'binary', maxLength: 6 }).filter((value) => value !== ''));
const comparison = fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte');
const leaf: fc.Arbitrary<RemoteFilter> = fc.oneof(
  fc.record({ op: fc.constant('compare' as const), column: fc.constantFrom(of('nelements'), of('nsites'), of('space_group_it_number')), comparison: comparison as fc.Arbitrary<'eq'>, value: fc.integer({ min: -2, max: 230 }) }),
  fc.record({ op: fc.constant('compare' as const), column: fc.constant(extra), comparison: comparison as fc.Arbitrary<'eq'>, value: fc.oneof(fc.constantFrom(1.12, 0.35, 5.47), fc.double({ noNaN: true, noDefaultInfinity: true })) }),
  fc.record({ op: fc.constant('compare' as const), column: fc.constantFrom(of('chemical_formula_reduced'), of('id')), comparison: fc.constantFrom('eq' as const, 'ne' as const), value: text }),
  fc.record({ op: fc.constant('compare' as const), column: fc.constant(of('last_modified')), comparison: comparison as fc.Arbitrary<'eq'>, value: fc.constantFrom(...materials.map((material) => material.modified)) }),
  fc.record({ op: fc.constant('in' as const), column: fc.constantFrom(of('chemical_formula_reduced'), of('id')), values: fc.array(text, { minLength: 1, maxLength: 3 }) }),
  fc.record({ op: fc.constant('isNull' as const), column: fc.constantFrom(extra, of('nsites')), value: fc.boolean() }),
  fc.record({ op: fc.constant('match' as const), column: fc.constant(of('chemical_formula_reduced')), match: fc.constantFrom('startsWith' as const, 'endsWith' as const, 'contains' as const), value: text }),
  fc.record({ op: fc.constant('list' as const), column: fc.constant(of('elements')), test: fc.constantFrom('containsAll' as const, 'overlaps' as const), values: fc.array(fc.constantFrom('Si', 'O', 'Ti', 'Na', 'X"'), { minLength: 1, maxLength: 3 }) }),
);
const { filter: generated } = fc.letrec<{ filter: RemoteFilter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true }, leaf,
    fc.record({ op: fc.constant('not' as const), of: tie('filter') }),
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
  ),
}));

test('generated filters: what is written means the same, at providers of both kinds and when it is read back', () => {
  const records = materials.map((material) => ({ id: material.id, ...attributesOf(material) }));
  let written = 0;
  fc.assert(fc.property(generated, (filter) => {
    const said = writeFilter(filter);
    if (said === undefined) return;
    written += 1;
    const expected = records.filter((record) => truth(filter, record) === true).map((record) => record.id);
    for (const negatedUnknown of [true, false]) {
      const provider = readFilter(said, { property: () => 'known', negatedUnknown });
      expect(records.filter(provider).map((record) => record.id)).toEqual(expected);
    }
    const back = parseFilter(said, columns);
    expect(records.filter((record) => truth(back, record) === true).map((record) => record.id)).toEqual(expected);
    // Read back and written again it is the same text but for parentheses and what negation was made of.
    expect(truthTable(parseFilter(writeFilter(back)!, columns), records)).toEqual(truthTable(back, records));
  }), { numRuns: 400 });
  expect(written).toBeGreaterThan(200);
});

function truthTable(filter: RemoteFilter, records: readonly Readonly<Record<string, unknown>>[]): readonly boolean[] {
  return records.map((record) => truth(filter, record) === true);
}
