import { readFileSync, writeFileSync } from 'node:fs';
import { readAnchor, writeAnchor } from '../../audit/anchor.js';
import { destroySegment, segmentsDue } from '../../audit/destroy.js';
import { openDesk, type AuditDesk } from '../../audit/desk.js';
import { exportEntries } from '../../audit/exportEntries.js';
import { parsePeriod } from '../../audit/period.js';
import { forgetChained } from '../../audit/pending.js';
import { sealMonths } from '../../audit/seal.js';
import type { Verification } from '../../audit/verify.js';
import { loadSigningKey } from '../../audit/signingKey.js';
import { readConfig, type Config } from '../../config.js';
import { atDatabase } from '../database.js';
import { CommandFailure } from '../failure.js';
import type { Terminal } from '../terminal.js';

type Json = { readonly json?: boolean };

export async function verify(terminal: Terminal, options: { readonly anchor?: string; readonly bundle?: string; readonly key?: string } & Json): Promise<void> {
  const config = readConfig(terminal.environment);
  const named = options.key?.split(',').map((id) => id.trim()) ?? [];
  if (options.bundle !== undefined) {
    const { verifyBundle } = await import('../../audit/bundle/verifyBundle.js');
    return tell(terminal, await verifyBundle(options.bundle, new Set([...named, ...config.audit.trustedKeys])), options);
  }
  await atDesk(config, 'server', async (desk) => {
    const trusted = new Set([...desk.trusted, ...named]);
    const anchor = options.anchor === undefined ? undefined : readAnchor(readText(options.anchor), trusted);
    tell(terminal, await desk.verify({ trusted, anchored: anchor?.heads, anchoredRoot: anchor?.root }), options);
  });
}

function tell(terminal: Terminal, verification: Verification & { readonly notes?: readonly string[] }, { json }: Json): void {
  const { sound, findings, chains, entries, roots, destroyedSegments, pendingChanges, notes } = verification;
  if (json) terminal.out(`${JSON.stringify(verification, null, 2)}\n`);
  else {
    for (const { kind, message } of findings) terminal.out(`${kind}: ${message}\n`);
    for (const note of notes ?? []) terminal.out(`note: ${note}\n`);
    if (sound && pendingChanges > 0) terminal.out(`note: ${pendingChanges} change${pendingChanges === 1 ? '' : 's'} of the last minutes ${pendingChanges === 1 ? 'is' : 'are'} not in a chain yet: a process that runs is about to chain what it changed\n`);
    terminal.out(`${entries} entries in ${chains} chain${chains === 1 ? '' : 's'}, ${roots} signed root${roots === 1 ? '' : 's'}, ${destroyedSegments} destroyed segment${destroyedSegments === 1 ? '' : 's'}: ${sound ? 'all verify' : `${findings.length} finding${findings.length === 1 ? '' : 's'}`}\n`);
  }
  if (!sound) throw new CommandFailure('The audit does not verify.');
}

export async function exportAudit(terminal: Terminal, options: { readonly from: string; readonly to: string; readonly dataset?: string; readonly format: string }): Promise<void> {
  const { format } = options;
  if (format !== 'json' && format !== 'csv') throw new CommandFailure('--format is json or csv.', 2);
  const period = parsePeriod(options.from, options.to);
  await atDesk(readConfig(terminal.environment), 'server', async (desk) => {
    const dataset = options.dataset === undefined ? undefined : await findDataset(desk, options.dataset);
    await desk.adopt();
    await desk.writer.record({ kind: 'AUDIT_EXPORTED', actor: desk.actor, dataset, channel: 'command', details: { from: period.from.toISOString(), to: period.to.toISOString(), format } });
    for await (const text of exportEntries(desk.archive.between(period.from, period.to, dataset?.id), format)) terminal.out(text);
  });
}

export async function seal(terminal: Terminal, { json }: Json): Promise<void> {
  await atDesk(readConfig(terminal.environment), 'server', async (desk) => {
    await desk.requireSound();
    const sealed = await sealMonths(desk.pool, desk.key, await desk.archive.roots(), new Date());
    if (sealed) await desk.writer.record({ kind: 'AUDIT_SEALED', actor: desk.actor, channel: 'command', details: { root: sealed.stored.number, hash: sealed.stored.hash, segments: sealed.root.segments.length } });
    if (json) terminal.out(`${JSON.stringify(sealed ? { root: sealed.root, hash: sealed.stored.hash } : { root: null })}\n`);
    else terminal.out(sealed ? `Root ${sealed.stored.number} seals ${sealed.root.segments.length} segments: ${sealed.stored.hash}\n` : 'Every month that is over is sealed.\n');
  });
}

export async function destroy(terminal: Terminal, { confirm, json }: { readonly confirm?: boolean } & Json): Promise<void> {
  await atDesk(readConfig(terminal.environment), confirm ? 'owner' : 'server', async (desk) => {
    await desk.requireSound();
    const due = await segmentsDue(desk.pool, await desk.archive.roots(), await desk.archive.destructions());
    let entries = 0;
    // Before their entries go: what is written down and in no chain would be chained again.
    if (confirm) await forgetChained(desk.pool);
    if (confirm && due.length > 0) {
      // Recorded before: what was destroyed without a record would be an attack.
      await desk.writer.record({ kind: 'AUDIT_DESTROYED', actor: desk.actor, channel: 'command', details: { segments: due.map(({ chain, month, first, last, retentionYears }) => ({ chain, month, first, last, retentionYears })) } });
      for (const segment of due) entries += await destroySegment(desk.pool, segment);
    }
    if (json) return terminal.out(`${JSON.stringify({ segments: due, destroyed: confirm === true, entries })}\n`);
    for (const { chain, month, retentionYears, first, last } of due) terminal.out(`${month}  ${retentionYears} year${retentionYears === 1 ? '' : 's'}  chain ${chain}, entries ${first} to ${last}\n`);
    terminal.out(due.length === 0 ? 'No sealed segment is past its years.\n' : confirm ? `${due.length} segments with ${entries} entries were destroyed.\n` : `${due.length} segments may be destroyed: run again with --confirm.\n`);
  });
}

export async function anchor(terminal: Terminal, { out }: { readonly out?: string }): Promise<void> {
  await atDesk(readConfig(terminal.environment), 'server', async (desk) => {
    const text = writeAnchor(await desk.requireSound(), desk.key, new Date());
    await desk.writer.record({ kind: 'AUDIT_ANCHORED', actor: desk.actor, channel: 'command' });
    if (out === undefined) return terminal.out(text);
    writeFileSync(out, text);
    terminal.note(`${out} is written: keep it where nobody of this site can change it.\n`);
  });
}

export async function bundle(terminal: Terminal, options: { readonly dataset: string; readonly from: string; readonly to: string; readonly out: string } & Json): Promise<void> {
  const period = parsePeriod(options.from, options.to);
  const { writeBundle } = await import('../../audit/bundle/writeBundle.js');
  await atDesk(readConfig(terminal.environment), 'server', async (desk, url) => {
    const dataset = await findDataset(desk, options.dataset);
    const mayTell = await textsOf(url, dataset.id);
    await desk.adopt();
    await desk.writer.record({ kind: 'AUDIT_EXPORTED', actor: desk.actor, dataset, channel: 'command', details: { from: period.from.toISOString(), to: period.to.toISOString(), format: 'bundle' } });
    const written = await writeBundle(desk, dataset, period, mayTell, options.out);
    terminal.out(options.json ? `${JSON.stringify({ out: options.out, ...written })}\n` : `${options.out}: ${written.entries} entries of ${dataset.path}, ${written.rules} rule revisions, with their proof. Check it: dure audit verify --bundle ${options.out} --key ${desk.key.id}\n`);
  });
}

/** Which texts of operations may be told to whoever gets the audit of this dataset. */
async function textsOf(url: string, dataset: string): Promise<(text: string) => boolean> {
  const [{ Catalog }, { CatalogStore }, { createDataSource }, { buildStaticSchema }, { datasetValue }, { mayTellOwner }] = await Promise.all([
    import('../../catalog/catalog.js'), import('../../storage/catalogStore.js'), import('../../storage/dataSource.js'), import('../../graphql/static/staticSchema.js'),
    import('../../graphql/static/types/datasetType.js'), import('../../graphql/static/auditedText.js'),
  ]);
  const dataSource = await createDataSource(url).initialize();
  try {
    const catalog = await Catalog.open({ store: new CatalogStore(dataSource) });
    const { snapshot } = catalog;
    await catalog.close();
    const found = snapshot.datasets.get(dataset);
    return found ? mayTellOwner(found, await buildStaticSchema(), snapshot, (at) => datasetValue(at.dataset, at.version)) : () => false;
  } finally {
    await dataSource.destroy();
  }
}

async function findDataset(desk: AuditDesk, path: string): Promise<{ readonly id: string; readonly path: string }> {
  const { rows } = await desk.pool.query<{ id: string }>('select d.id from dure.dataset d join dure.organization o on o.id = d.organization_id where o.slug || \'/\' || d.name = $1', [path]);
  if (!rows[0]) throw new CommandFailure(`There is no dataset ${path}.`);
  return { id: rows[0].id, path };
}

async function atDesk(config: Config, role: 'server' | 'owner', work: (desk: AuditDesk, url: string) => Promise<void>): Promise<void> {
  const { dataDirectory, audit } = config;
  await atDatabase(config, role, async (url) => {
    const desk = openDesk({ url, dataDirectory, signingKey: audit.signingKey, trustedKeys: audit.trustedKeys });
    try {
      await work(desk, url).catch((error: unknown) => { throw told(error); });
    } finally {
      await desk.close();
    }
  }, () => loadSigningKey(audit.signingKey, dataDirectory));
}

function told(error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string };
  if (code === '42P01') return new CommandFailure('The database has no audit yet: start the server once, or run "dure migrate".');
  if (typeof code === 'string' && (code.startsWith('28') || code.startsWith('08') || code.startsWith('57P') || code === '3D000' || /^E[A-Z]+$/.test(code))) return new CommandFailure(`The database cannot be reached: ${message ?? code}. Check DATABASE_URL or DURE_DATA_DIR; start the server once where it is new.`);
  return error;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${(error as Error).message}`, 2);
  }
}
