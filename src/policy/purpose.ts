/** Purposes as codes of the Data Use Ontology (DUO, GA4GH): what a request is for, and which permissions cover it. */
import { DureError } from '../errors.js';

export interface Purpose {
  /** The permission that the use falls under, e.g. `DUO_0000006` (health, medical and biomedical research). */
  readonly code: string;
  /** Modifiers that the use honours, e.g. `DUO_0000045` (not for profit). */
  readonly honours: readonly string[];
}

/** Each permission with the one that it is a part of: data that may be used for the wider use may be used for the narrower one. */
const wider: Readonly<Record<string, string | undefined>> = {
  DUO_0000004: undefined, // NRES, no restriction
  DUO_0000042: 'DUO_0000004', // GRU, general research use
  DUO_0000006: 'DUO_0000042', // HMB, health, medical and biomedical research
  DUO_0000007: 'DUO_0000006', // DS, disease specific
  DUO_0000011: 'DUO_0000042', // POA, population origins or ancestry
};
export const permissionCodes: readonly string[] = Object.keys(wider);

/** Modifiers that a request can promise to honour. Those that bind the giver of data (moratoria, instants) are windows of the rules. */
export const modifierCodes: readonly string[] = [
  'DUO_0000012', // RS, research specific
  'DUO_0000015', // NMDS, no methods development: so no training of models
  'DUO_0000016', // GSO, genetic studies only
  'DUO_0000018', // NPUNCU, not for profit, non commercial use
  'DUO_0000019', // PUB, publication required
  'DUO_0000020', // COL, collaboration required
  'DUO_0000021', // IRB, ethics approval required
  'DUO_0000022', // GS, geographical restriction
  'DUO_0000026', // US, user specific
  'DUO_0000027', // PS, project specific
  'DUO_0000028', // IS, institution specific
  'DUO_0000029', // RTN, return to database
  'DUO_0000043', // CC, clinical care
  'DUO_0000045', // NPU, not for profit organization use
  'DUO_0000046', // NCU, non commercial use
];

/** True if a use under `code` is a use under `permission`. */
export function covers(permission: string, code: string): boolean {
  for (let at: string | undefined = code; at !== undefined; at = wider[at]) if (at === permission) return true;
  return false;
}

/** What the use honours includes what follows from it: a non-commercial use by a non-profit body (18) is both (45 and 46), and the other way round. */
export function honours(purpose: Purpose, modifier: string): boolean {
  if (purpose.honours.includes(modifier)) return true;
  if (modifier === 'DUO_0000018') return purpose.honours.includes('DUO_0000045') && purpose.honours.includes('DUO_0000046');
  return (modifier === 'DUO_0000045' || modifier === 'DUO_0000046') && purpose.honours.includes('DUO_0000018');
}

/**
 * Reads `dure-purpose`: one permission, then modifiers that the use honours, separated by commas or spaces
 * (`DUO_0000006, DUO_0000045`).
 * @throws DureError BAD_USER_INPUT
 */
export function parsePurpose(text: string): Purpose {
  const codes = text.split(/[\s,]+/).filter((code) => code !== '');
  const [code, ...modifiers] = codes;
  if (codes.length > 20 || code === undefined || !permissionCodes.includes(code)) throw refuse(`must begin with what the data is used for, one of ${permissionCodes.join(', ')}`);
  for (const modifier of modifiers) if (!modifierCodes.includes(modifier)) throw refuse(`names a modifier that is not known; known are ${modifierCodes.join(', ')}`);
  return Object.freeze({ code, honours: Object.freeze([...new Set(modifiers)].sort()) });
}

export function purposeText({ code, honours: modifiers }: Purpose): string {
  return [code, ...modifiers].join(' ');
}

function refuse(problem: string): DureError {
  return new DureError('BAD_USER_INPUT', `dure-purpose ${problem}. An example: "DUO_0000006, DUO_0000045" (biomedical research, not for profit).`, { argument: 'dure-purpose' });
}
