import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { CommandFailure } from '../failure.js';
import type { Remote } from '../remote.js';
import type { Terminal } from '../terminal.js';

interface Access {
  readonly path: string;
  readonly visibility: string;
  readonly listed: boolean;
  readonly embargoUntil: string | null;
  readonly access: { readonly readable: boolean; readonly reason: string; readonly howToAsk: string | null; readonly rules: readonly string[] };
}

const accessDocument = 'query Rules($id: ID!) { dataset(id: $id) { path visibility listed embargoUntil access { readable reason howToAsk rules } } }';
const setDocument = 'mutation SetRules($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision document dataset { path } } }';

/** What holds for a dataset, in words. */
export async function getRules(remote: Remote, terminal: Terminal, dataset: string, options: { readonly json?: boolean }): Promise<void> {
  const { dataset: found } = await remote.data<{ dataset: Access | null }>(accessDocument, { id: dataset });
  if (!found) throw new CommandFailure(`There is no dataset ${dataset} that you may see.`);
  if (options.json) return terminal.out(`${JSON.stringify(found, null, 2)}\n`);
  const { access } = found;
  const embargo = found.embargoUntil ? `, embargo until ${found.embargoUntil}` : '';
  terminal.out([`${found.path}: ${found.visibility}${found.listed ? '' : ', not listed'}${embargo}`, ...access.rules.map((rule) => `- ${rule}`), `For you: ${access.reason}${access.howToAsk ? ` ${access.howToAsk}` : ''}`, ''].join('\n'));
}

export async function setRules(remote: Remote, terminal: Terminal, dataset: string, file: string, options: { readonly note?: string; readonly expect?: number; readonly json?: boolean }): Promise<void> {
  const document = await readRules(file, terminal);
  const { setDatasetRules: done } = await remote.data<{ setDatasetRules: { revision: number; document: unknown; dataset: { path: string } } }>(setDocument, {
    input: { dataset, document, note: options.note, expectedRevision: options.expect },
  });
  terminal.out(options.json ? `${JSON.stringify(done, null, 2)}\n` : `${done.dataset.path}: rules of revision ${done.revision} are in force\n`);
}

async function readRules(file: string, terminal: Terminal): Promise<unknown> {
  try {
    return JSON.parse(file === '-' ? await text(terminal.input) : readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new CommandFailure(`${file} is no JSON document that can be read: ${(error as Error).message}`, 2);
  }
}
