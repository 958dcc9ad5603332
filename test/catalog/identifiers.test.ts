import { describe, expect, test } from '@jest/globals';
import { normaliseIdentifier, parseEntityId } from '../../src/catalog/identifiers.js';
import { knownNamespaces } from '../../src/catalog/namespaces.js';

describe('the usual form of an identifier', () => {
  test.each([
    ['uniprot', ' p05067 ', 'P05067'], ['pdb', '4hhb', '4HHB'], ['pdb', 'pdb_00004hhb', '4HHB'], ['chembl', 'chembl25', 'CHEMBL25'], ['chebi', 'CHEBI:24867', '24867'],
    ['doi', 'https://doi.org/10.1038/NBT1156', '10.1038/nbt1156'], ['orcid', 'https://orcid.org/0000-0002-1825-009x', '0000-0002-1825-009X'], ['cas', '64-17-5', '64-17-5'],
    ['inchikey', 'lfqscwflhjhttz-uhfffaoysa-n', 'LFQSCWFLHJHTTZ-UHFFFAOYSA-N'], ['our-samples', 'anything at all', 'anything at all'],
  ])('%s: %s is %s', (namespace, given, usual) => {
    expect(normaliseIdentifier(namespace, given)).toBe(usual);
    expect(normaliseIdentifier(namespace, usual)).toBe(usual);
  });

  test.each([['uniprot', 'P0506'], ['pdb', '4HH'], ['chembl', '25'], ['cas', '64-17'], ['doi', 'nbt1156'], ['our-samples', '   ']])('%s: %s is none', (namespace, given) => {
    expect(normaliseIdentifier(namespace, given)).toBeUndefined();
  });

  test.each([...knownNamespaces])('the example of %s is one of its identifiers', (namespace, { example }) => expect(normaliseIdentifier(namespace, example)).toBeDefined());
});

test('an entity\'s id has a prefix', () => {
  expect(parseEntityId('uniprot:P05067')).toEqual({ namespace: 'uniprot', identifier: 'P05067' });
  expect(parseEntityId('doi:10.1038/a:b')).toEqual({ namespace: 'doi', identifier: '10.1038/a:b' });
  for (const text of ['P05067', ':x', 'uniprot:', 'Uni Prot:x', '']) expect(parseEntityId(text)).toBeUndefined();
});
