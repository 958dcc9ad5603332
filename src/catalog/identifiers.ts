/** Identifiers and the one form of each: what two databases write differently is the same thing. Patterns and forms are those that the authorities document. */
import { knownNamespaces } from './namespaces.js';

const prefixes: Readonly<Record<string, RegExp>> = {
  doi: /^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:)/i,
  orcid: /^https?:\/\/orcid\.org\//i,
  ror: /^https?:\/\/ror\.org\//i,
  chebi: /^CHEBI:/i,
  go: /^GO:/i,
};
const upper: ReadonlySet<string> = new Set(['uniprot', 'pdb', 'chembl', 'chembl.compound', 'chembl.target', 'inchikey', 'ensembl', 'drugbank', 'atc', 'icd10', 'mesh', 'orcid']);
const lower: ReadonlySet<string> = new Set(['doi', 'ror']);
const patterns = new Map<string, RegExp>();

/** The identifier's usual form; undefined where the namespace is known and this is none of its identifiers. Of an unknown namespace every text without space around it is one. */
export function normaliseIdentifier(namespace: string, given: string): string | undefined {
  let text = given.trim();
  if (text === '') return undefined;
  const facts = knownNamespaces.get(namespace);
  if (!facts) return text;
  text = text.replace(prefixes[namespace] ?? /^$/, '');
  // The archive's longer form of an entry's name.
  if (namespace === 'pdb') text = text.replace(/^pdb_0000(?=[0-9][A-Za-z0-9]{3}$)/i, '');
  if (upper.has(namespace)) text = text.toUpperCase();
  else if (lower.has(namespace)) text = text.toLowerCase();
  let pattern = patterns.get(namespace);
  if (!pattern) patterns.set(namespace, (pattern = new RegExp(facts.pattern)));
  return pattern.test(text) || (lower.has(namespace) && new RegExp(facts.pattern, 'i').test(text)) ? text : undefined;
}

export interface EntityId {
  readonly namespace: string;
  readonly identifier: string;
}

/** `uniprot:P05067`; undefined where the text has not that form. The identifier is as it was given. */
export function parseEntityId(id: string): EntityId | undefined {
  const match = /^([a-z0-9][a-z0-9._-]{0,62}):(\S.*)$/su.exec(id.trim());
  return match ? { namespace: match[1]!, identifier: match[2]!.slice(0, 1000) } : undefined;
}

/** Identifier columns compare text: of a namespace whose identifiers are numbers, the number may stand in an integer column. */
export function entityId({ namespace, identifier }: EntityId): string {
  return `${namespace}:${identifier}`;
}
