/** Writes an auditor's bundle: one dataset, one period, everything that holds for it and the proof that nothing of it was changed. */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DureError } from '../../errors.js';
import { canonicalJson } from '../../canonicalJson.js';
import { digest } from '../chain.js';
import type { AuditDesk } from '../desk.js';
import type { Period } from '../period.js';
import { bundleFormat, files, unkeptText, withheldText, type BundledText, type BundledEntry, type BundledRequest, type BundleHead, type RulesInForce } from './contents.js';
import { fileDigest, filesUnder } from './folder.js';
import { ListFile } from './listFile.js';
import { bundlePage, PageRows } from './page.js';
import { bundleReadme } from './readme.js';
import { zipFolder } from './zip.js';

export interface Written { readonly entries: number; readonly rules: number; readonly proofEntries: number }

/**
 * @param mayTell whether the bundle's reader may be told the text of an operation
 * @param out a folder that is not there yet, or a file that ends in .zip
 * @throws DureError CONFLICT, NOT_FOUND
 */
export async function writeBundle(desk: AuditDesk, dataset: { readonly id: string; readonly path: string }, period: Period, mayTell: (text: string) => boolean, out: string): Promise<Written> {
  const target = resolve(out);
  if (existsSync(target)) throw new DureError('CONFLICT', `${out} is there already: choose another name.`);
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
  try {
    const written = await fill(folder, desk, dataset, period, mayTell);
    if (target.endsWith('.zip')) await zipFolder(folder, target);
    else renameSync(folder, target);
    return written;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(folder: string, desk: AuditDesk, dataset: { readonly id: string; readonly path: string }, period: Period, mayTell: (text: string) => boolean): Promise<Written> {
  const { archive, key, pool } = desk;
  const rules = await rulesInForce(desk, dataset.id, period);
  const lists = { accesses: new ListFile(join(folder, files.accesses)), grants: new ListFile(join(folder, files.grants)), events: new ListFile(join(folder, files.events)) };
  const requests = await requestsOf(desk, dataset.id, period);
  const rows = new PageRows();
  const documents = new Set<string>();
  let refused = 0;
  for await (const { chain, body } of archive.between(period.from, period.to, dataset.id)) {
    const entry = { ...(JSON.parse(body!) as BundledEntry), chain };
    if (entry.kind === 'ACCESS') {
      documents.add(entry.operation.document);
      if (entry.decision === 'REFUSED') refused += 1;
    }
    (entry.kind === 'ACCESS' ? lists.accesses : entry.kind.startsWith('GRANT_') ? lists.grants : lists.events).add(entry);
    rows.add(entry);
  }
  for (const list of Object.values(lists)) list.end();
  const proofEntries = await writeProof(folder, desk, dataset.id, period);
  const { rows: texts } = await pool.query<{ digest: string; text: string }>('select digest, text from dure_audit.document where digest = any($1) order by digest', [[...documents]]);
  const { rows: [about] } = await pool.query<{ organization: string; title: string | null }>(
    `select o.title as organization, v.metadata->>'title' as title from dure.dataset d join dure.organization o on o.id = d.organization_id left join dure.version v on v.id = d.current_version_id where d.id = $1`, [dataset.id],
  );
  const head: BundleHead = {
    format: bundleFormat, madeAt: new Date().toISOString(), madeBy: desk.actor.name ?? 'system', keyId: key.id,
    dataset: { ...dataset, organization: about!.organization, ...(about!.title !== null && { title: about!.title }) },
    period: { from: period.from.toISOString(), to: period.to.toISOString() },
    counts: { accesses: lists.accesses.size, refused, grants: lists.grants.size, requests: requests.length, events: lists.events.size, ruleRevisions: rules.length, proofEntries },
  };
  const told = new Map<string, BundledText>(texts.map(({ digest: name, text }) => [name, mayTell(text) ? text : withheldText]));
  write(folder, files.documents, Object.fromEntries([...documents].sort().map((name) => [name, told.get(name) ?? unkeptText])));
  write(folder, files.rules, rules);
  write(folder, files.requests, requests);
  write(folder, files.head, head);
  writeFileSync(join(folder, files.page), bundlePage(head, rules, rows));
  writeFileSync(join(folder, files.readme), bundleReadme(head));
  await writeManifest(folder, desk);
  return { entries: lists.accesses.size + lists.grants.size + lists.events.size, rules: rules.length, proofEntries };
}

/** The revisions that were in force at any time of the period. */
async function rulesInForce({ pool }: AuditDesk, dataset: string, { from, to }: Period): Promise<RulesInForce[]> {
  const { rows } = await pool.query<{ revision: number; document: unknown; note: string | null; at: Date; by: string | null; until: Date | null }>(
    `select * from (select revision, document, note, created_at as at, created_by as by, lead(created_at) over (order by revision) as until from dure.rule_document where dataset_id = $1) r
     where at < $3 and (until is null or until > $2) order by revision`, [dataset, from, to],
  );
  return rows.map(({ revision, document, note, at, by, until }) => ({
    revision, from: at.toISOString(), ...(until && { to: until.toISOString() }), ...(by !== null && { by }), ...(note !== null && { note }), document,
  }));
}

interface RequestRow {
  id: string; subject: string; issuer: string | null; name: string | null; organizations: string[]; state: string; wanted: unknown; conditions: string[]; begins: Date | null; ends: Date | null; ended_at: Date | null; events: BundledRequest['events'];
}

/** Requests that were open, and grants that were in force, at any time of the period; drafts are nobody's but their writer's. */
async function requestsOf({ pool }: AuditDesk, dataset: string, { from, to }: Period): Promise<BundledRequest[]> {
  const { rows } = await pool.query<RequestRow>(
    `select r.*, (select coalesce(json_agg(json_strip_nulls(json_build_object('seq', e.seq, 'at', e.at, 'kind', e.kind, 'state', e.state, 'actor', e.actor_subject, 'text', e.text, 'details', e.details)) order by e.seq), '[]')
       from dure.access_request_event e where e.request_id = r.id and e.at < $3) as events
     from dure.access_request r
     where r.dataset_id = $1 and r.submitted_at < $3 and coalesce(r.ended_at, case when r.state = 'REJECTED' then r.decided_at end, 'infinity') >= $2 order by r.submitted_at, r.id`, [dataset, from, to],
  );
  return rows.map(({ id, subject, issuer, name, organizations, state, wanted, conditions, begins, ends, ended_at: ended, events }) => ({
    id, requester: { subject, ...(issuer !== null && { issuer }), ...(name !== null && { name }), organizations }, state, wanted, conditions,
    ...(begins && { begins: begins.toISOString() }), ...(ends && begins && { ends: ends.toISOString() }), ...(ended && { endedAt: ended.toISOString() }), events,
  }));
}

/** Of each chain the run of entries of the period: those of the dataset whole, others as a digest. It goes on to the next signature. */
async function writeProof(folder: string, { archive, pool }: AuditDesk, dataset: string, { from, to }: Period): Promise<number> {
  mkdirSync(join(folder, files.chains), { recursive: true });
  const { rows: runs } = await pool.query<{ chain: string; first: string; last: string }>(
    `select r.chain, r.first, coalesce((select min(last_seq) from dure_audit.block b where b.chain_id = r.chain and b.last_seq >= r.last and b.signature is not null), r.last) as last
     from (select chain_id as chain, min(first_seq) as first, max(last_seq) as last from dure_audit.block where at >= $1 and at < $2 group by 1) r`, [from, to],
  );
  let count = 0;
  for (const { chain, first, last } of runs) {
    const path = join(folder, files.chains, `${chain}.jsonl`);
    let lines: string[] = [];
    for await (const { seq, previous, hash, signature, body, columns } of archive.entries(chain, Number(first) - 1, Number(last))) {
      // The chain's own entries tell nothing of anybody.
      const shown = columns?.dataset === dataset || columns?.kind.startsWith('CHAIN_') ? { body } : { content: digest(body!) };
      lines.push(JSON.stringify({ seq, previous, hash, ...(signature !== undefined && { signature }), ...shown }));
      count += 1;
      if (lines.length < 1_000) continue;
      appendFileSync(path, `${lines.join('\n')}\n`);
      lines = [];
    }
    if (lines.length > 0) appendFileSync(path, `${lines.join('\n')}\n`);
  }
  write(folder, files.keys, await archive.keys());
  write(folder, files.roots, await archive.roots());
  write(folder, files.destructions, await archive.destructions());
  return count;
}

async function writeManifest(folder: string, { key }: AuditDesk): Promise<void> {
  const hashes: Record<string, string> = {};
  for (const name of filesUnder(folder)) hashes[name] = await fileDigest(join(folder, name));
  write(folder, files.manifest, { files: hashes, keyId: key.id, signature: key.sign(canonicalJson(hashes)) });
}

function write(folder: string, name: string, value: unknown): void {
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}
