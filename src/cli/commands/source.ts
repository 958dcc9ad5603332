import { readFileSync } from 'node:fs';
import { declarationOf } from '../../federation/sourceFiles.js';
import { checkSource } from '../../sources/conformance/checkSource.js';
import { declaredSubject } from '../../sources/conformance/declared.js';
import { reportText } from '../../sources/conformance/report.js';
import type { SourceDefinition, SourceTableDefinition } from '../../sources/remote/definition.js';
import type { RemoteFilter } from '../../sources/remote/remoteSource.js';
import { noSecrets, secretsFromFile } from '../../sources/remote/client/secrets.js';
import { CommandFailure } from '../failure.js';
import type { Terminal } from '../terminal.js';

export interface CheckOptions {
  readonly url?: string;
  readonly key?: readonly string[];
  readonly where?: readonly string[];
  readonly secrets?: string;
  readonly json?: boolean;
}

/** @returns the exit code: 0 where nothing failed */
export async function checkSourceFile(terminal: Terminal, file: string, options: CheckOptions): Promise<number> {
  if (options.url !== undefined && !(URL.canParse(options.url) && /^https?:$/.test(new URL(options.url).protocol))) throw new CommandFailure(`--url ${options.url} is not an http or https address.`, 2);
  const secrets = options.secrets === undefined ? noSecrets : secretsFromFile(options.secrets);
  const subject = await declaredSubject(declarationOf(file, read(file)), secrets, options.url);
  const { definition } = subject;
  const report = await checkSource({ ...subject, keys: keysOf(definition, options.key ?? []), where: conditionsOf(definition, options.where ?? []) });
  terminal.out(options.json ? `${JSON.stringify(report, null, 2)}\n` : `${reportText(report)}\n`);
  return report.failed > 0 ? 1 : 0;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, 2);
  }
}

/** `TABLE=ID`, or an id of the first table that is looked up. */
function keysOf({ tables }: SourceDefinition, given: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>();
  for (const text of given) {
    const named = tables.find(({ name }) => text.startsWith(`${name}=`));
    const table = named ?? tables.find(({ key }) => key !== undefined);
    if (!table) throw new CommandFailure('This source has no table that is looked up: leave --key out.', 2);
    keys.set(table.name, [...(keys.get(table.name) ?? []), named ? text.slice(named.name.length + 1) : text]);
  }
  return keys;
}

const comparisons = { '=': 'eq', '>=': 'gte', '<=': 'lte', '>': 'gt', '<': 'lt' } as const;

/** Conditions by table; one without a table holds for all tables that have the column. */
function conditionsOf({ tables }: SourceDefinition, given: readonly string[]): ReadonlyMap<string, RemoteFilter> {
  const filters = new Map<string, RemoteFilter[]>();
  for (const text of given) {
    const match = /^(?:([a-z][a-z0-9_]*)\.)?([A-Za-z]\w*)\s*(>=|<=|=|>|<)\s*(.*)$/s.exec(text);
    if (!match) throw new CommandFailure(`--where ${text}: write [table.]column=value, or with >=, <=, > or <.`, 2);
    const [, tableName, name, sign, value] = match;
    const having = tables.filter((table) => (tableName === undefined || table.name === tableName) && columnOf(table, name!));
    if (having.length === 0) throw new CommandFailure(`--where ${text}: no table${tableName === undefined ? '' : ` ${tableName}`} has a column ${name}.`, 2);
    for (const table of having) filters.set(table.name, [...(filters.get(table.name) ?? []), { op: 'compare', column: columnOf(table, name!)!, comparison: comparisons[sign as keyof typeof comparisons], value }]);
  }
  return new Map([...filters].map(([table, of]) => [table, { op: 'and', of }]));
}

function columnOf(table: SourceTableDefinition, name: string): SourceTableDefinition['columns'][number] | undefined {
  return table.columns.find((column) => column.name === name || column.field === name);
}
