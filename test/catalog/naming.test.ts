import { describe, expect, test } from '@jest/globals';
import { columnField, foreignKeyField, giveNames, graphqlName, isLegalEnumValue, isReservedSlug, majorName, typeName } from '../../src/catalog/naming.js';
import { romanize } from '../../src/catalog/romanize.js';

describe('romanization', () => {
  // Examples of the Revised Romanization's own text.
  test.each([
    ['구미', 'gumi'], ['영동', 'yeongdong'], ['백암', 'baegam'], ['옥천', 'okcheon'], ['합덕', 'hapdeok'], ['호법', 'hobeop'], ['월곶', 'wolgot'], ['벚꽃', 'beotkkot'],
    ['한밭', 'hanbat'], ['설악', 'seorak'], ['칠곡', 'chilgok'], ['울릉', 'ulleung'], ['대관령', 'daegwallyeong'], ['백마', 'baengma'], ['종로', 'jongno'],
    ['왕십리', 'wangsimni'], ['신라', 'silla'], ['해돋이', 'haedoji'], ['같이', 'gachi'], ['좋고', 'joko'], ['놓다', 'nota'], ['낳지', 'nachi'], ['묵호', 'mukho'],
    ['집현전', 'jiphyeonjeon'], ['압구정', 'apgujeong'], ['낙동강', 'nakdonggang'], ['샛별', 'saetbyeol'], ['팔당', 'paldang'],
  ])('%s is %s', (korean, latin) => expect(romanize(korean)).toBe(latin));

  test('decomposed Korean is the same word', () => expect(romanize('설악'.normalize('NFD'))).toBe('seorak'));
});

describe('names', () => {
  test.each([
    ['melting_point', 'meltingPoint'], ['melting-point', 'meltingPoint'], ['CAS', 'cas'], ['CASNumber', 'casNumber'], ['InChIKey', 'inChIKey'], ['MELTING_POINT', 'meltingPoint'],
    ['PubChem CID', 'pubChemCid'], ['2theta', 'n2theta'], ['임계온도', 'imgyeondo'], ['녹는점 (K)', 'nongneunjeomK'], ['λ_max', 'lambdaMax'], ['Ångström', 'angstrom'], ['__x', 'x'], ['_about', 'about'],
  ])('%s is %s', (name, field) => expect(graphqlName(name)).toBe(field));

  test('a name without letters is refused with the remedy', () => expect(() => graphqlName('…')).toThrow(/dure:name/));

  test('what a row needs for itself steps aside', () => {
    expect(columnField('id')).toBe('id_');
    expect(columnField('ID')).toBe('id_');
    expect(columnField('count')).toBe('count_');
    expect(columnField('identity')).toBe('identity');
  });

  test('taken names get a number and keep it when columns come and go', () => {
    const first = giveNames([{ key: 'a-b', wanted: 'aB' }, { key: 'a_b', wanted: 'aB' }, { key: 'a b', wanted: 'aB' }], new Map());
    expect([...first]).toEqual([['a-b', 'aB'], ['a_b', 'aB_2'], ['a b', 'aB_3']]);
    const second = giveNames([{ key: 'a b', wanted: 'aB' }, { key: 'new', wanted: 'aB' }, { key: 'a_b', wanted: 'aB' }], first);
    expect(second.get('a b')).toBe('aB_3');
    expect(second.get('a_b')).toBe('aB_2');
    expect(second.get('new')).toBe('aB_4');
  });

  test('a declared name wins, and two may not be equal', () => {
    expect(giveNames([{ key: 'a', wanted: 'tc' }, { key: 'b', wanted: 'b', declared: 'tc' }], new Map()).get('a')).toBe('tc_2');
    expect(() => giveNames([{ key: 'a', wanted: 'a', declared: 'x' }, { key: 'b', wanted: 'b', declared: 'x' }], new Map())).toThrow(/Choose another/);
  });

  test('the field of a foreign key', () => {
    expect(foreignKeyField(['material_id'], 'materials')).toBe('material');
    expect(foreignKeyField(['materialId'], 'materials')).toBe('material');
    expect(foreignKeyField(['cas'], 'compounds')).toBe('compound');
    expect(foreignKeyField(['a', 'b'], 'studies')).toBe('study');
    expect(foreignKeyField(['cas'], 'data')).toBe('data');
  });

  test('types and majors', () => {
    expect(typeName('kist', 'superconductivity', 'materials')).toBe('KistSuperconductivityMaterials');
    expect(typeName('kist')).toBe('Kist');
    expect(majorName('superconductivity', 1)).toBe('superconductivity_v1');
  });

  test('enum values', () => {
    for (const legal of ['cuprate', 'A_1', '_x']) expect(isLegalEnumValue(legal)).toBe(true);
    for (const illegal of ['true', 'false', 'null', '__x', '1a', 'a-b', '', '가']) expect(isLegalEnumValue(illegal)).toBe(false);
  });

  test('reserved slugs', () => {
    for (const slug of ['me', 'datasets', 'job', 'float', 'page-info', 'pageinfo', 'api', 'explain-access', 'collections']) expect([slug, isReservedSlug(slug)]).toEqual([slug, slug !== 'pageinfo']);
    for (const slug of ['kist', 'snu-materials', 'krict']) expect(isReservedSlug(slug)).toBe(false);
  });
});
