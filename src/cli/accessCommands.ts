import type { Command } from 'commander';
import type { Remote } from './remote.js';
import type { Terminal } from './terminal.js';

type Json = { json?: boolean };

/** `dure access …`: requests for access, from both sides. */
export function addAccessCommands(program: Command, terminal: Terminal, remote: () => Remote): void {
  const commands = (): Promise<typeof import('./commands/access.js')> => import('./commands/access.js');
  const access = program.command('access').description('requests for access to datasets');
  access.command('request').argument('<dataset>', 'org/name').requiredOption('--purpose <duo>', 'what for: a DUO permission, for example DUO_0000006').requiredOption('--project <title>').requiredOption('--reason <text>', 'why the data is needed')
    .option('--tables <names...>', 'only these tables').option('--columns <table.column...>', 'of their tables only these columns').option('--irb <number>', 'the ethics approval').option('--irb-expires <instant>', 'when it ends').option('--irb-document <sha256>', 'its document\'s hash')
    .option('--country <code>', 'where the data will be used').option('--granularity <level>', 'existence, count, aggregate, row or export').option('--from <instant>').option('--until <instant>', 'an instant, or days as 90d').option('--draft', 'keep it to yourself for now').option('--json')
    .description('ask for access').action(async (dataset: string, options: Parameters<Awaited<ReturnType<typeof commands>>['requestAccess']>[3]) => (await commands()).requestAccess(remote(), terminal, dataset, options));
  access.command('list').option('--state <names...>').option('--dataset <dataset>', 'org/name').option('--mine', 'only your own').option('--first <n>', 'how many', Number, 20).option('--json').description('your requests, and those that you decide of')
    .action(async (options: { first: number } & Json) => (await commands()).listRequests(remote(), terminal, options));
  access.command('show').argument('<id>').option('--json').description('a request and what happened to it').action(async (id: string, options: Json) => (await commands()).showRequest(remote(), terminal, id, options));
  access.command('submit').argument('<id>').option('--json').description('send a draft of yours to the committee').action(async (id: string, options: Json) => (await commands()).stepRequest(remote(), terminal, id, 'submitAccessRequest', '', {}, options));
  access.command('withdraw').argument('<id>').option('--note <text>').option('--json').description('take back a request, or give back what was granted')
    .action(async (id: string, options: { note?: string } & Json) => (await commands()).stepRequest(remote(), terminal, id, 'withdrawAccessRequest', '$note: String', { note: options.note }, options));
  access.command('approve').argument('<id>').option('--condition <text...>', 'what the person must keep to').option('--until <instant>', 'an earlier end: an instant, or days as 90d').option('--comment <text>').option('--json').description('vote for a request')
    .action(async (id: string, options: { condition?: string[]; until?: string; comment?: string } & Json) => {
      const { instant, stepRequest } = await commands();
      await stepRequest(remote(), terminal, id, 'approveAccessRequest', '$input: ApproveAccessRequestInput', { input: { conditions: options.condition, until: instant('--until', options.until), comment: options.comment } }, options);
    });
  access.command('reject').argument('<id>').requiredOption('--reason <text>', 'the requester reads it').option('--json').description('refuse a request')
    .action(async (id: string, options: { reason: string } & Json) => (await commands()).stepRequest(remote(), terminal, id, 'rejectAccessRequest', '$reason: String!', { reason: options.reason }, options));
  access.command('revoke').argument('<id>').requiredOption('--reason <text>', 'the person reads it').option('--json').description('end a grant at once')
    .action(async (id: string, options: { reason: string } & Json) => (await commands()).stepRequest(remote(), terminal, id, 'revokeAccess', '$reason: String!', { reason: options.reason }, options));
  access.command('comment').argument('<id>').argument('<text>').option('--internal', 'not for the requester').option('--json').description('say something about a request')
    .action(async (id: string, text: string, options: { internal?: boolean } & Json) => (await commands()).stepRequest(remote(), terminal, id, 'commentAccessRequest', '$text: String!, $internal: Boolean!', { text, internal: options.internal ?? false }, options));
}
