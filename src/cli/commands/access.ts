/** Requests for access to a dataset, from both sides. */
import { CommandFailure } from '../failure.js';
import type { Remote } from '../remote.js';
import { columns, type Terminal } from '../terminal.js';

interface Json { readonly json?: boolean }

export interface RequestOptions extends Json {
  readonly purpose: string;
  readonly project: string;
  readonly reason: string;
  readonly tables?: readonly string[];
  readonly columns?: readonly string[];
  readonly irb?: string;
  readonly irbExpires?: string;
  readonly irbDocument?: string;
  readonly country?: string;
  readonly granularity?: string;
  readonly from?: string;
  readonly until?: string;
  readonly draft?: boolean;
}

interface Request {
  readonly id: string; readonly path: string; readonly state: string; readonly project: string; readonly purpose: string; readonly reason: string; readonly remaining: number; readonly handler: string; readonly mayDecide: boolean;
  readonly requester: { readonly subject: string; readonly name: string | null }; readonly organizations: readonly string[]; readonly tables: readonly string[] | null; readonly columns: readonly { readonly table: string; readonly columns: readonly string[] }[];
  readonly irb: { readonly number: string; readonly expiresAt: string } | null; readonly country: string | null; readonly granularity: string | null; readonly from: string | null; readonly until: string | null;
  readonly begins: string | null; readonly ends: string | null; readonly conditions: readonly string[]; readonly missing: readonly string[]; readonly createdAt: string;
}
interface Event { readonly seq: number; readonly at: string; readonly kind: string; readonly text: string | null; readonly actor: { readonly subject: string; readonly name: string | null } | null }

const fields = `id path state project purpose reason remaining handler mayDecide requester { subject name } organizations tables columns { table columns } irb { number expiresAt } country granularity from until begins ends conditions missing createdAt`;
const withEvents = `${fields} events { seq at kind text actor { subject name } }`;

export async function requestAccess(remote: Remote, terminal: Terminal, dataset: string, options: RequestOptions): Promise<void> {
  if ((options.irb === undefined) !== (options.irbExpires === undefined)) throw new CommandFailure('--irb and --irb-expires belong together: the number of the ethics approval, and when it ends.', 2);
  const input = {
    dataset, purpose: options.purpose, project: options.project, reason: options.reason, tables: options.tables, columns: byTable(options.columns ?? []),
    ...(options.irb === undefined ? {} : { irb: { number: options.irb, expiresAt: instant('--irb-expires', options.irbExpires), documentHash: options.irbDocument } }),
    country: options.country, granularity: options.granularity?.toUpperCase(), from: instant('--from', options.from), until: instant('--until', options.until), draft: options.draft ?? false,
  };
  const { requestAccess: made } = await remote.data<{ requestAccess: Request }>(`mutation Request($input: RequestAccessInput!) { requestAccess(input: $input) { ${fields} } }`, { input });
  terminal.out(options.json ? `${JSON.stringify(made, null, 2)}\n` : `${made.id} ${made.state}\n`);
  if (!options.json) terminal.note(made.state === 'DRAFT' ? `Send it with: dure access submit ${made.id}\n` : `${made.handler} decides; ${made.remaining} must approve.\n`);
}

export async function listRequests(remote: Remote, terminal: Terminal, options: Json & { readonly state?: readonly string[]; readonly dataset?: string; readonly mine?: boolean; readonly first: number }): Promise<void> {
  const where = { state: options.state?.map((state) => state.toUpperCase()), dataset: options.dataset === undefined ? undefined : [options.dataset], mine: options.mine };
  const { accessRequests: { nodes } } = await remote.data<{ accessRequests: { nodes: readonly Request[] } }>(`query List($where: AccessRequestWhere, $first: Int) { accessRequests(where: $where, first: $first) { nodes { ${fields} } } }`, { where, first: options.first });
  if (options.json) return terminal.out(`${JSON.stringify(nodes, null, 2)}\n`);
  if (nodes.length === 0) return terminal.note('There are no requests that you may see.\n');
  terminal.out(columns([['ID', 'DATASET', 'STATE', 'WHO', 'PROJECT', 'ENDS'], ...nodes.map((node) => [node.id, node.path, node.mayDecide ? `${node.state} *` : node.state, node.requester.name ?? node.requester.subject, node.project, node.ends ?? ''])]));
  if (nodes.some((node) => node.mayDecide)) terminal.note('* waits for you\n');
}

export async function showRequest(remote: Remote, terminal: Terminal, id: string, options: Json): Promise<void> {
  const { accessRequest: found } = await remote.data<{ accessRequest: (Request & { readonly events: readonly Event[] }) | null }>(`query Show($id: ID!) { accessRequest(id: $id) { ${withEvents} } }`, { id });
  if (!found) throw new CommandFailure(`There is no request ${id} that you may see.`);
  if (options.json) return terminal.out(`${JSON.stringify(found, null, 2)}\n`);
  terminal.out(columns(describe(found)));
  terminal.out(`\n${columns(found.events.map((event) => [String(event.seq), event.at, event.kind, event.actor ? event.actor.name ?? event.actor.subject : '', event.text ?? '']))}`);
}

/** A step by its mutation. */
export async function stepRequest(remote: Remote, terminal: Terminal, id: string, name: string, argument: string, variables: Readonly<Record<string, unknown>>, options: Json): Promise<void> {
  const declared = argument === '' ? '' : `, ${argument}`;
  const given = Object.keys(variables).map((key) => `, ${key}: $${key}`).join('');
  const data = await remote.data<Record<string, Request>>(`mutation Step($id: ID!${declared}) { ${name}(id: $id${given}) { ${fields} } }`, { id, ...variables });
  const request = data[name]!;
  if (options.json) return terminal.out(`${JSON.stringify(request, null, 2)}\n`);
  terminal.out(`${request.id} ${request.state}\n`);
  if (request.state === 'SUBMITTED') terminal.note(`${request.remaining} more must approve.\n`);
  if (request.state === 'APPROVED') terminal.note(`From ${request.begins} until ${request.ends}.\n`);
}

function describe(request: Request): string[][] {
  const parts: [string, string | null | undefined][] = [
    ['dataset', request.path], ['state', request.state], ['who', `${request.requester.name ?? ''} (${request.requester.subject})${request.organizations.length > 0 ? `, ${request.organizations.join(', ')}` : ''}`.trim()],
    ['project', request.project], ['purpose', request.purpose], ['reason', request.reason], ['ethics approval', request.irb && `${request.irb.number} until ${request.irb.expiresAt}`],
    ['tables', request.tables?.join(', ') ?? 'all'], ['columns', request.columns.map(({ table, columns: names }) => `${table}: ${names.join(', ')}`).join('; ') || 'all'],
    ['at most', request.granularity?.toLowerCase()], ['country', request.country], ['asked for', request.from || request.until ? `${request.from ?? 'at once'} – ${request.until ?? 'as long as may be'}` : undefined],
    ['granted', request.begins && `${request.begins} – ${request.ends}`], ['conditions', request.conditions.join('; ') || undefined], ['decided by', request.handler], ['must still approve', request.state === 'SUBMITTED' ? String(request.remaining) : undefined],
    ['no longer there', request.missing.join(', ') || undefined],
  ];
  return parts.flatMap(([name, text]) => (text ? [[name, text]] : []));
}

/** `table.column`, each. */
function byTable(names: readonly string[]): readonly { readonly table: string; readonly columns: readonly string[] }[] | undefined {
  const found = new Map<string, string[]>();
  for (const name of names) {
    const [, table, column] = /^([^.]+)\.(.+)$/.exec(name) ?? [];
    if (table === undefined || column === undefined) throw new CommandFailure(`--columns takes TABLE.COLUMN, not "${name}".`, 2);
    found.set(table, [...(found.get(table) ?? []), column]);
  }
  return found.size === 0 ? undefined : [...found].map(([table, columns_]) => ({ table, columns: columns_ }));
}

/** An instant, or a number of days from now. */
export function instant(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const days = /^(\d+)d$/.exec(text)?.[1];
  const at = days === undefined ? new Date(text) : new Date(Date.now() + Number(days) * 86_400_000);
  if (Number.isNaN(at.getTime())) throw new CommandFailure(`${option} takes a number of days as 90d, or an instant as 2027-01-31T00:00:00Z.`, 2);
  return at.toISOString();
}
