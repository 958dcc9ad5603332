/** `dure audit …`: for whoever runs the server, beside it and its database. */
import type { Command } from 'commander';
import type { Remote } from './remote.js';
import type { Terminal } from './terminal.js';

type Json = { readonly json?: boolean };

export function addAuditCommands(program: Command, terminal: Terminal, remote: () => Remote): void {
  const audit = program.command('audit').description('the access log: verify, export, seal, destroy, anchor, bundle (beside the database), review (through the server)');
  const run = () => import('./commands/audit.js');
  audit.command('verify').description('check every chain, seal and signature; exit code 1 where anything is wrong')
    .option('--anchor <file>', 'also against an anchor that was kept elsewhere').option('--bundle <path>', 'an auditor\'s bundle instead of the database; works offline')
    .option('--key <ids>', 'further signing keys to trust, separated by commas').option('--json')
    .action(async (options: { anchor?: string; bundle?: string; key?: string } & Json) => (await run()).verify(terminal, options));
  audit.command('export').description('write entries of a period').requiredOption('--from <time>', 'a month, a day or an instant').requiredOption('--to <time>', 'the last month or day, or an instant')
    .option('--dataset <dataset>', 'org/name; all where absent').option('--format <format>', 'json or csv', 'json').option('--json', 'the same as --format json')
    .action(async (options: { from: string; to: string; dataset?: string; format: string }) => (await run()).exportAudit(terminal, options));
  audit.command('seal').description('seal the months that are over under a signed root').option('--json').action(async (options: Json) => (await run()).seal(terminal, options));
  audit.command('destroy').description('tell which sealed segments are past their years; with --confirm destroy them').option('--confirm').option('--json')
    .action(async (options: { confirm?: boolean } & Json) => (await run()).destroy(terminal, options));
  audit.command('anchor').description('write the heads of the chains as a signed file, to be kept elsewhere').option('--out <file>', 'default: standard output').option('--json', 'the anchor is JSON in any case')
    .action(async (options: { out?: string }) => (await run()).anchor(terminal, options));
  audit.command('bundle').description('everything an auditor needs of a dataset and a period').requiredOption('--dataset <dataset>', 'org/name').requiredOption('--from <time>').requiredOption('--to <time>')
    .requiredOption('--out <path>', 'a folder that is not there yet, or a .zip').option('--json')
    .action(async (options: { dataset: string; from: string; to: string; out: string } & Json) => (await run()).bundle(terminal, options));
  audit.command('review').description('record that you have reviewed a period').requiredOption('--from <time>').requiredOption('--to <time>').requiredOption('--finding <text>', 'what was found')
    .option('--dataset <dataset>', 'org/name, as its steward; else all, as an administrator').option('--json')
    .action(async (options: { from: string; to: string; finding: string; dataset?: string } & Json) => (await import('./commands/auditReview.js')).review(remote(), terminal, options));
}
