/** Verifies a bundle from its files alone: no server, no database, no network. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DureError } from '../../errors.js';
import { canonicalJson } from '../../canonicalJson.js';
import type { AuditArchive, Destruction, PublicKeyRecord, StoredEntry, StoredRoot } from '../archive.js';
import { PublicKeys } from '../signingKey.js';
import { verifyAudit, type Finding, type Verification } from '../verify.js';
import { files, type BundledEntry, type BundleHead, type Manifest } from './contents.js';
import { fileDigest, filesUnder } from './folder.js';
import { withFolder } from './zip.js';

export type BundleVerification = Verification & { readonly notes: readonly string[] };

/** @param trusted ids of signing keys that are known to be the site's; the bundle's own keys where none is named, with a note. @throws DureError where it is no bundle */
export async function verifyBundle(path: string, trusted: ReadonlySet<string>): Promise<BundleVerification> {
  return withFolder(path, async (folder) => {
    const head = readJson<BundleHead>(folder, files.head, path);
    const keys = readJson<readonly PublicKeyRecord[]>(folder, files.keys, path);
    const manifest = readJson<Manifest>(folder, files.manifest, path);
    const believed = trusted.size > 0 ? trusted : new Set(keys.map(({ id }) => id));
    const findings: Finding[] = [...(await checkManifest(folder, manifest, new PublicKeys(keys.filter(({ id }) => believed.has(id)))))];
    const archive = new BundleArchive(folder, path);
    const proof = await verifyAudit(archive, { trusted: believed, partial: true });
    findings.push(...proof.findings, ...checkLists(folder, path, archive.shown, head));
    const notes = [
      `${head.dataset.path}, ${head.period.from} to ${head.period.to} (exclusive), made ${head.madeAt}`,
      trusted.size > 0 ? `signed by a trusted key: ${[...trusted].join(', ')}` : `signed by ${believed.size === 1 ? 'the key' : 'the keys'} ${[...believed].join(', ')}: ask the site, by another way, whether that is its key, and name it by --key`,
      `entries of other datasets are shown as digests: the chain proves that none was changed or left out, and not what they say`,
    ];
    return { ...proof, sound: findings.length === 0, findings, notes };
  });
}

async function checkManifest(folder: string, manifest: Manifest, keys: PublicKeys): Promise<Finding[]> {
  const findings: Finding[] = [];
  const fault = keys.fault(canonicalJson(manifest.files), manifest.signature);
  if (fault) findings.push({ kind: fault, message: fault === 'UNKNOWN_KEY' ? `the bundle is signed by the key ${manifest.keyId}, which is not trusted` : 'the manifest is not the one that was signed' });
  const present = new Set(filesUnder(folder).filter((name) => name !== files.manifest));
  for (const [name, hash] of Object.entries(manifest.files)) {
    if (!present.delete(name)) findings.push({ kind: 'MISSING', message: `the file ${name} is missing from the bundle` });
    else if ((await fileDigest(join(folder, name))) !== hash) findings.push({ kind: 'CHANGED', message: `the file ${name} was changed` });
  }
  for (const name of present) findings.push({ kind: 'CHANGED', message: `the file ${name} is not in the manifest` });
  return findings;
}

/** The lists that people read say what the chain proves, all of it. */
function checkLists(folder: string, path: string, shown: ReadonlyMap<string, string>, head: BundleHead): Finding[] {
  const findings: Finding[] = [];
  const listed = new Set<string>();
  for (const name of [files.accesses, files.grants, files.events]) {
    for (const { chain, ...entry } of readJson<readonly BundledEntry[]>(folder, name, path)) {
      const place = `${chain} ${entry.seq}`;
      listed.add(place);
      if (shown.get(place) !== canonicalJson(entry)) findings.push({ kind: 'CHANGED', chain, seq: entry.seq, message: `${name}: entry ${entry.seq} of chain ${chain} is not the one in the proof` });
    }
  }
  for (const [place, body] of shown) {
    const { dataset, at, seq } = JSON.parse(body) as BundledEntry;
    const inPeriod = at >= head.period.from && at < head.period.to;
    if (dataset?.id === head.dataset.id && inPeriod && !listed.has(place)) findings.push({ kind: 'MISSING', chain: place.split(' ')[0], seq, message: `entry ${seq} of chain ${place.split(' ')[0]} is in the proof and in none of the lists` });
  }
  return findings;
}

class BundleArchive implements AuditArchive {
  /** Bodies by `chain seq`, as the proof shows them; complete once every chain was read. */
  readonly shown = new Map<string, string>();

  constructor(private readonly folder: string, private readonly path: string) {}

  async keys(): Promise<readonly PublicKeyRecord[]> { return readJson(this.folder, files.keys, this.path); }
  async roots(): Promise<readonly StoredRoot[]> { return readJson(this.folder, files.roots, this.path); }
  async destructions(): Promise<readonly Destruction[]> { return readJson(this.folder, files.destructions, this.path); }
  async witnesses(): Promise<readonly []> { return []; }
  async writtenChanges(): Promise<readonly []> { return []; }
  async pending(): Promise<readonly []> { return []; }

  async chains(): Promise<readonly string[]> {
    return existsSync(join(this.folder, files.chains)) ? filesUnder(join(this.folder, files.chains)).map((name) => basename(name, '.jsonl')) : [];
  }

  async *entries(chain: string): AsyncIterable<StoredEntry> {
    for await (const line of createInterface({ input: createReadStream(join(this.folder, files.chains, `${chain}.jsonl`)), crlfDelay: Infinity })) {
      const entry = { ...(JSON.parse(line) as Omit<StoredEntry, 'chain'>), chain };
      if (entry.body !== undefined) this.shown.set(`${chain} ${entry.seq}`, entry.body);
      yield entry;
    }
  }
}

function readJson<T>(folder: string, name: string, path: string): T {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
  } catch (cause) {
    throw new DureError('BAD_USER_INPUT', `${path} is no auditor's bundle: ${name} is missing or cannot be read.`, {}, { cause });
  }
}
