/**
 * Verification of the whole audit: every entry stands in its place, unchanged, signed by a known key; what is gone was sealed and past its
 * time; and nothing is missing before a head that was noted elsewhere.
 */
import type { AuditArchive, Destruction, Root, Segment, StoredRoot } from './archive.js';
import { destroyableFrom, rootMessage } from './archive.js';
import { ChainVerifier } from './verifyChain.js';
import { digest, genesis, type Head } from './chain.js';
import { canonicalJson } from '../canonicalJson.js';
import { changeOf, faultOf } from './pending.js';
import { PublicKeys } from './signingKey.js';

export const findingKinds = [
  'MISSING', 'CHANGED', 'REORDERED', 'TRUNCATED', 'UNSIGNED', 'BAD_SIGNATURE', 'UNKNOWN_KEY', 'BAD_ROOT', 'BAD_DESTRUCTION', 'UNCHAINED',
] as const;

export interface Finding {
  readonly kind: (typeof findingKinds)[number];
  readonly chain?: string;
  /** The entry, or the first of several. */
  readonly seq?: number;
  readonly to?: number;
  readonly message: string;
}

export interface Verification {
  readonly sound: boolean;
  readonly findings: readonly Finding[];
  readonly chains: number;
  readonly entries: number;
  readonly roots: number;
  readonly destroyedSegments: number;
  /** Changes of the last minutes that are not in a chain yet. */
  readonly pendingChanges: number;
  readonly heads: readonly Head[];
  readonly root?: { readonly number: number; readonly hash: string };
}

export interface VerifyOptions {
  /** Ids of the signing keys that are trusted. */
  readonly trusted: ReadonlySet<string>;
  /** Heads that were noted outside. */
  readonly anchored?: readonly Head[];
  readonly anchoredRoot?: { readonly number: number; readonly hash: string };
  /** Of a bundle: chains may begin after their first entry. */
  readonly partial?: boolean;
  readonly most?: number;
}

/** A change is chained when it is answered; that of a process that died, once another has seen for a while that it is gone. */
const longestPendingMs = 5 * 60_000;

export async function verifyAudit(archive: AuditArchive, { trusted, anchored = [], anchoredRoot, partial = false, most = 1_000 }: VerifyOptions): Promise<Verification> {
  const findings: Finding[] = [];
  const tell = (finding: Finding): void => { if (findings.length < most) findings.push(finding); };
  const keys = new PublicKeys((await archive.keys()).filter(({ id }) => trusted.has(id)));
  const stored = await archive.roots();
  const roots = checkRoots(stored, keys, anchoredRoot, tell);
  const segments = byChain(roots.flatMap((root) => root.segments));
  const destroyed = byChain(checkDestructions(await archive.destructions(), segments, tell));
  const known = byChain([...anchored, ...(await archive.witnesses())]);
  const chains = new Set([...(await archive.chains()), ...(partial ? [] : [...segments.keys(), ...known.keys()])]);
  // Noted before the entries are read: what is chained meanwhile is found there.
  const written = new Map((await archive.writtenChanges()).map(({ id, ageMs }) => [id, ageMs]));
  const heads: Head[] = [];
  let entries = 0;
  for (const chain of chains) {
    const verifier = new ChainVerifier(chain, { keys, partial, segments: segments.get(chain) ?? [], destroyed: destroyed.get(chain) ?? [], known: known.get(chain) ?? [], tell, chained: (change) => written.delete(change) });
    for await (const entry of archive.entries(chain)) {
      verifier.next(entry);
      entries += 1;
    }
    const head = verifier.end();
    if (head) heads.push(head);
  }
  await checkPending(archive, written, keys, tell);
  const last = stored.at(-1);
  return {
    sound: findings.length === 0, findings, chains: chains.size, entries, roots: roots.length,
    destroyedSegments: [...destroyed.values()].reduce((sum, list) => sum + list.length, 0), pendingChanges: written.size, heads, ...(last && { root: { number: last.number, hash: last.hash } }),
  };
}

function checkRoots(stored: readonly StoredRoot[], keys: PublicKeys, anchored: { readonly number: number; readonly hash: string } | undefined, tell: (finding: Finding) => void): Root[] {
  const roots: Root[] = [];
  let previous = genesis;
  let number = 0;
  for (const root of stored) {
    number += 1;
    const bad = (message: string): void => tell({ kind: 'BAD_ROOT', message: `root ${root.number}: ${message}` });
    if (root.number !== number) {
      bad(`root ${number} is missing before it`);
      number = root.number;
    }
    const fault = keys.fault(rootMessage(root), root.signature);
    if (digest(root.body) !== root.hash) bad('its text is not the one that was hashed');
    else if (fault === 'UNKNOWN_KEY') tell({ kind: 'UNKNOWN_KEY', message: `root ${root.number} is signed by the key ${root.signature.split('.')[0]}, which is not trusted` });
    else if (fault) bad('its signature is not that of its key');
    else {
      const parsed = JSON.parse(root.body) as Root;
      if (parsed.number !== root.number || parsed.previous !== previous) bad('it does not follow the root before it');
      if (canonicalJson(parsed) !== root.body) bad('it is not canonical');
      roots.push(parsed);
    }
    if (anchored?.number === root.number && anchored.hash !== root.hash) bad('it is not the one that was anchored');
    previous = root.hash;
  }
  if (anchored && anchored.number > number) tell({ kind: 'BAD_ROOT', message: `roots ${number + 1} to ${anchored.number} are missing: root ${anchored.number} was anchored` });
  return roots;
}

/** Only what was sealed, and not before its time. */
function checkDestructions(destructions: readonly Destruction[], segments: ReadonlyMap<string, readonly Segment[]>, tell: (finding: Finding) => void): Segment[] {
  return destructions.flatMap(({ chain, month, first, last, at }): Segment[] => {
    const segment = segments.get(chain)?.find((candidate) => candidate.first === first && candidate.last === last && candidate.month === month);
    const where = { chain, seq: first, to: last };
    if (!segment) {
      tell({ kind: 'BAD_DESTRUCTION', ...where, message: `entries ${first} to ${last} of chain ${chain} are recorded as destroyed, but no signed root has sealed them as a segment` });
      return [];
    }
    if (new Date(at) < destroyableFrom(segment)) tell({ kind: 'BAD_DESTRUCTION', ...where, message: `the segment ${month} of chain ${chain} was destroyed at ${at}, before its ${segment.retentionYears} years were over` });
    return [segment];
  });
}

/** What was changed and is in no chain: for a moment after the change and where a process died, and else because somebody keeps it out. */
async function checkPending(archive: AuditArchive, unchained: ReadonlyMap<string, number>, keys: PublicKeys, tell: (finding: Finding) => void): Promise<void> {
  for (const pending of await archive.pending([...unchained.keys()])) {
    const { id } = pending;
    const fault = faultOf(pending, keys);
    const minutes = Math.floor(unchained.get(id)! / 60_000);
    if (fault === 'UNKNOWN_KEY') tell({ kind: fault, message: `the change ${id} waits for a chain, and is signed by the key ${pending.signature.split('.')[0]}, which is not trusted` });
    else if (fault) tell({ kind: fault, message: `the change ${id} waits for a chain, and its signature is not that of its key: no server has written it so` });
    else if (unchained.get(id)! > longestPendingMs) tell({ kind: 'UNCHAINED', message: `the change ${id} (${changeOf(pending).kind}, ${changeOf(pending).change.at}) was made ${minutes} minutes ago and is in no chain` });
  }
}

function byChain<T extends { readonly chain: string }>(items: readonly T[]): Map<string, T[]> {
  const map = new Map<string, T[]>();
  for (const item of items) {
    const list = map.get(item.chain);
    if (list) list.push(item);
    else map.set(item.chain, [item]);
  }
  return map;
}
