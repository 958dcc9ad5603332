/** `dure rules`: the documents of a dataset, what they change, and whether they do what a lab expects of them. */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { CommandFailure, refused } from '../failure.js';
import { jsonPlaces, placeOf } from '../jsonPlaces.js';
import type { Remote } from '../remote.js';
import type { Terminal } from '../terminal.js';

interface Revision {
  readonly revision: number;
  readonly document: unknown;
  readonly digest: string;
  readonly note: string | null;
  readonly createdAt: string | null;
  readonly createdBy: string | null;
  readonly inForce: boolean;
  readonly changes: readonly Change[];
}
interface Change { readonly kind: string; readonly rule: string; readonly text: string }
interface Access {
  readonly path: string;
  readonly visibility: string;
  readonly listed: boolean;
  readonly embargoUntil: string | null;
  readonly access: { readonly readable: boolean; readonly reason: string; readonly howToAsk: string | null; readonly rules: readonly string[] };
}

const revisionFields = 'revision document digest note createdAt createdBy inForce changes { kind rule text }';
const documents = {
  show: 'query ShowRules($id: ID!) { dataset(id: $id) { path visibility listed embargoUntil access { readable reason howToAsk rules } } }',
  get: `query GetRules($id: ID!, $revision: Int) { datasetRules(dataset: $id, revision: $revision) { ${revisionFields} } }`,
  history: `query RulesHistory($id: ID!, $first: Int!) { datasetRulesHistory(dataset: $id, first: $first) { ${revisionFields} } }`,
  set: 'mutation SetRules($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision document dataset { path } } }',
  diff: 'query DiffRules($id: ID!, $document: JSON!) { diffDatasetRules(dataset: $id, document: $document) { kind rule text } }',
  rollback: 'mutation RollbackRules($input: RollbackDatasetRulesInput!) { rollbackDatasetRules(input: $input) { revision dataset { path } } }',
};

type Json = { readonly json?: boolean };

/** What holds for a dataset, in words that everybody may read. */
export async function showRules(remote: Remote, terminal: Terminal, dataset: string, options: Json): Promise<void> {
  const { dataset: found } = await remote.data<{ dataset: Access | null }>(documents.show, { id: dataset });
  if (!found) throw new CommandFailure(`There is no dataset ${dataset} that you may see.`);
  if (options.json) return terminal.out(`${JSON.stringify(found, null, 2)}\n`);
  const { access } = found;
  const embargo = found.embargoUntil ? `, embargo until ${found.embargoUntil}` : '';
  terminal.out([`${found.path}: ${found.visibility}${found.listed ? '' : ', not listed'}${embargo}`, ...access.rules.map((rule) => `- ${rule}`), `For you: ${access.reason}${access.howToAsk ? ` ${access.howToAsk}` : ''}`, ''].join('\n'));
}

/** The document itself, as `set` takes it. */
export async function getRules(remote: Remote, terminal: Terminal, dataset: string, options: Json & { readonly revision?: number }): Promise<void> {
  const { datasetRules } = await remote.data<{ datasetRules: Revision }>(documents.get, { id: dataset, revision: options.revision });
  terminal.out(`${JSON.stringify(options.json ? datasetRules : datasetRules.document, null, 2)}\n`);
}

export async function listRevisions(remote: Remote, terminal: Terminal, dataset: string, options: Json & { readonly first: number }): Promise<void> {
  const { datasetRulesHistory } = await remote.data<{ datasetRulesHistory: readonly Revision[] }>(documents.history, { id: dataset, first: options.first });
  if (options.json) return terminal.out(`${JSON.stringify(datasetRulesHistory, null, 2)}\n`);
  const lines = datasetRulesHistory.flatMap(({ revision, createdAt, createdBy, note, inForce, changes }) => [
    `${revision}  ${createdAt ?? ''}  ${createdBy ?? ''}${note ? `  ${note}` : ''}${inForce ? '  (in force)' : ''}`, ...changes.map((change) => `    ${changeLine(change)}`),
  ]);
  terminal.out(`${lines.join('\n')}\n`);
}

export async function setRules(remote: Remote, terminal: Terminal, dataset: string, file: string, options: Json & { readonly note?: string; readonly expect?: number }): Promise<void> {
  const written = await readRules(file, terminal);
  const { setDatasetRules: done } = await told<{ setDatasetRules: { revision: number; document: unknown; dataset: { path: string } } }>(remote, documents.set, {
    input: { dataset, document: written.document, note: options.note, expectedRevision: options.expect },
  }, written);
  terminal.out(options.json ? `${JSON.stringify(done, null, 2)}\n` : `${done.dataset.path}: rules of revision ${done.revision} are in force\n`);
}

export async function diffRules(remote: Remote, terminal: Terminal, dataset: string, file: string, options: Json): Promise<void> {
  const written = await readRules(file, terminal);
  const { diffDatasetRules: changes } = await told<{ diffDatasetRules: readonly Change[] }>(remote, documents.diff, { id: dataset, document: written.document }, written);
  if (options.json) return terminal.out(`${JSON.stringify(changes, null, 2)}\n`);
  terminal.out(changes.length === 0 ? `${file} is what is in force.\n` : `${changes.map(changeLine).join('\n')}\n`);
}

export async function rollbackRules(remote: Remote, terminal: Terminal, dataset: string, revision: number, options: Json & { readonly note?: string }): Promise<void> {
  const { rollbackDatasetRules: done } = await remote.data<{ rollbackDatasetRules: { revision: number; dataset: { path: string } } }>(documents.rollback, { input: { dataset, revision, note: options.note } });
  terminal.out(options.json ? `${JSON.stringify(done, null, 2)}\n` : `${done.dataset.path}: the rules of revision ${revision} are in force again, as revision ${done.revision}\n`);
}

/** The kill switch: no answer of the dataset leaves its home countries any more, whatever basis a transfer has. */
export async function stopTransfers(remote: Remote, terminal: Terminal, dataset: string, options: Json & { readonly note?: string; readonly resume?: boolean }): Promise<void> {
  const { datasetRules } = await remote.data<{ datasetRules: Revision }>(documents.get, { id: dataset });
  const document = datasetRules.document as { readonly rules: readonly (Readonly<Record<string, unknown>>)[] };
  if (!document.rules.some((rule) => rule.effect === 'destination')) throw new CommandFailure(`${dataset} has no rule of effect "destination": nothing says where its home is. Add one with "home": ["KR"], which refuses every other country by itself.`);
  const rules = document.rules.map((rule) => {
    if (rule.effect !== 'destination') return rule;
    const { stopped: _, ...open } = rule;
    return options.resume ? open : { ...open, stopped: true };
  });
  const { setDatasetRules: done } = await remote.data<{ setDatasetRules: { revision: number } }>(documents.set, {
    input: { dataset, document: { ...document, rules }, note: options.note ?? (options.resume ? 'transfers resumed' : 'transfers stopped'), expectedRevision: datasetRules.revision },
  });
  terminal.out(options.json ? `${JSON.stringify(done, null, 2)}\n` : `${dataset}: transfers are ${options.resume ? 'allowed again' : 'stopped'} (revision ${done.revision})\n`);
}

export interface RulesFile {
  readonly file: string;
  readonly text: string;
  readonly document: unknown;
}

export async function readRules(file: string, terminal: Terminal): Promise<RulesFile> {
  try {
    const content = file === '-' ? await text(terminal.input) : readFileSync(file, 'utf8');
    return { file, text: content, document: JSON.parse(content) as unknown };
  } catch (error) {
    throw new CommandFailure(`${file} is no JSON document that can be read: ${(error as Error).message}`, 2);
  }
}

/** The data; mistakes of the document are told as `FILE:LINE:COLUMN: path: message`, all of them. */
export async function told<T>(remote: Remote, query: string, variables: Readonly<Record<string, unknown>>, written: RulesFile): Promise<T> {
  const { data, errors } = await remote.ask<T>(query, variables);
  if (!errors || errors.length === 0) return data as T;
  const mistakes = errors[0]!.extensions?.mistakes;
  if (!Array.isArray(mistakes)) throw refused(errors);
  const places = jsonPlaces(written.text);
  const lines = (mistakes as readonly { path: string; message: string }[]).map(({ path, message }) => {
    const place = placeOf(places, path);
    return `${written.file}:${place ? `${place.line}:${place.column}: ` : ' '}${path}: ${message}`;
  });
  throw new CommandFailure(`${lines.join('\n')}\n${lines.length} mistake${lines.length === 1 ? '' : 's'}; nothing was changed`, 1, errors);
}

function changeLine({ kind, rule, text: words }: Change): string {
  return `${kind === 'ADDED' ? '+' : kind === 'REMOVED' ? '-' : '~'} ${rule}: ${words}`;
}
