#!/usr/bin/env node
/** The `dure` command. Exit codes: 0 done, 1 refused or failed, 2 wrong usage. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { readClientConfig, readConfig } from '../config.js';
import { DureError } from '../errors.js';
import { addAccessCommands } from './accessCommands.js';
import { addAuditCommands } from './auditCommands.js';
import type { ExportOptions } from './commands/export.js';
import { CommandFailure } from './failure.js';
import { processTerminal, type Terminal } from './terminal.js';
import { Remote } from './remote.js';

type Json = { readonly json?: boolean };

/** @returns the exit code */
export async function run(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let code = 0;
  const program = buildProgram(terminal, (value) => { code = value; });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof CommandFailure) return failed(error, args, terminal);
    if (error instanceof DureError) return failed(new CommandFailure(error.message), args, terminal);
    throw error;
  }
}

function failed(error: CommandFailure, args: readonly string[], terminal: Terminal): number {
  if (args.includes('--json')) terminal.out(`${JSON.stringify({ error: error.message, errors: error.errors })}\n`);
  else terminal.note(`${error.message}\n`);
  return error.exitCode;
}

function buildProgram(terminal: Terminal, exit: (code: number) => void): Command {
  const remote = (purpose?: string): Remote => {
    const { url, token } = readClientConfig(terminal.environment);
    return new Remote(url, token, purpose);
  };
  const program = new Command('dure')
    .description('Dure (두레): datasets behind one GraphQL schema. The server is named by DURE_URL, you by DURE_TOKEN.')
    .version((JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }).version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.note(text) });

  for (const [name, description, environment] of [['serve', 'start the server (and, unless DURE_ROLE says otherwise, a worker)', {}], ['worker', 'start a worker only', { DURE_ROLE: 'worker' }]] as const) {
    program.command(name).description(description).action(async () => {
      const { serve } = await import('../main.js');
      exit(await serve({ ...terminal.environment, ...environment }));
    });
  }
  program.command('migrate').description('bring the database to the present schema, and its roles to their privileges').option('--json').action(async (options: Json) => {
    const { prepareDatabase } = await import('../storage/prepare.js');
    const { database } = readConfig(terminal.environment);
    if (database.kind === 'embedded') throw new CommandFailure('Set DATABASE_URL (or one URL for each role): the embedded database is migrated at each start.', 2);
    if (database.ownerUrl === undefined) throw new CommandFailure('Set DURE_DATABASE_OWNER_URL: only the owner of the tables migrates.', 2);
    const ran = await prepareDatabase({ owner: database.ownerUrl, server: database.url, loader: database.loaderUrl }).catch((error: Error) => { throw error instanceof DureError ? error : new CommandFailure(`The database cannot be migrated: ${error.message}`); });
    terminal.out(options.json ? `${JSON.stringify({ ran })}\n` : ran.length > 0 ? `${ran.join('\n')}\n` : 'The database is up to date.\n');
  });

  program.command('publish').argument('<path>', 'a folder with datapackage.json, or a .zip, .tar.gz or .csv file').description('publish a data package and watch the job')
    .option('--organization <slug>', 'for which organization (default: the token\'s only one)').option('--allow-major', 'publish also if columns changed incompatibly, as a new major version')
    .option('--note <text>', 'what is new').option('--detach', 'do not wait for the job').option('--json')
    .action(async (path: string, options: Json) => (await import('./commands/publish.js')).publish(remote(), terminal, path, options));

  program.command('sync').argument('<source>', 'an external source').argument('<table>', 'one of its tables').argument('<dataset>', 'the dataset that holds the mirror').description('mirror a selection of an external source and watch the job')
    .option('--organization <slug>', 'for which organization (default: the token\'s only one)').option('--where <json>', 'which rows, as a query\'s where').option('--columns <list>', 'which columns, separated by commas')
    .option('--allow-major', 'publish also if columns changed incompatibly, as a new major version').option('--note <text>', 'what is new').option('--detach', 'do not wait for the job').option('--json')
    .action(async (source: string, table: string, dataset: string, options: { organization?: string; where?: string; columns?: string } & Json) => (await import('./commands/sync.js')).sync(remote(), terminal, source, table, dataset, options));

  program.command('export').argument('<dataset>', 'org/name').description('take rows of a dataset away as a file: asks, watches the job and fetches the file')
    .requiredOption('--reason <text>', 'why you need a file; the dataset\'s owner reads it').option('--table <names...>', 'which tables (default: all that you may take away)').option('--columns <list>', 'which columns of the one table, separated by commas')
    .option('--where <json>', 'which rows of the one table, as a query\'s where').option('--dataset-version <version>', 'which version (default: the newest)').option('--format <format>', 'csv or ndjson', 'csv').option('--spreadsheet', 'CSV that a spreadsheet opens without running a text as a formula')
    .option('--purpose <codes>', 'what the data is used for, such as DUO_0000006').option('--out <file>', 'where the file is written (default: ORG-NAME-VERSION.zip here)').option('--detach', 'do not wait for the job').option('--json')
    .action(async (dataset: string, options: ExportOptions) => (await import('./commands/export.js')).exportDataset(remote(options.purpose), terminal, dataset, options));

  const jobs = program.command('jobs').description('the newest jobs that you may see').option('--first <n>', 'how many', whole, 20).option('--json')
    .action(async (options: { first: number } & Json) => (await import('./commands/jobs.js')).listJobs(remote(), terminal, options));
  jobs.command('watch').argument('<id>').description('follow a job to its end').option('--after <seq>', 'begin after this event', whole, 0).option('--json', 'one event a line')
    .action(async (id: string, options: { after: number } & Json, command: Command) => {
      await (await import('./commands/jobs.js')).followJob(remote(), terminal, id, { after: options.after, events: flag(command, 'json') });
    });
  jobs.command('cancel').argument('<id>').description('cancel a job').option('--json')
    .action(async (id: string, _options: Json, command: Command) => (await import('./commands/jobs.js')).cancelJob(remote(), terminal, id, { json: flag(command, 'json') }));

  program.command('query').argument('<file>', 'a GraphQL document, or - for standard input').description('ask and print the whole answer as JSON')
    .option('--variables <json>', 'variables as JSON, or @FILE').option('--operation <name>').option('--json', 'the answer is JSON in any case')
    .action(async (file: string, options: { variables?: string; operation?: string }) => (await import('./commands/query.js')).query(remote(), terminal, file, options));

  const tokens = program.command('tokens').description('API tokens');
  tokens.command('create').requiredOption('--name <name>').option('--scopes <list>', 'read, publish, rules, admin', 'read').option('--organizations <list>', 'only for these organizations').option('--expires <date>').option('--json')
    .description('make a token; it is shown once').action(async (options: { name: string; scopes: string } & Json) => (await import('./commands/tokens.js')).createToken(remote(), terminal, options));
  tokens.command('list').option('--json').description('your tokens').action(async (options: Json) => (await import('./commands/tokens.js')).listTokens(remote(), terminal, options));
  tokens.command('revoke').argument('<id>').option('--json').description('revoke a token').action(async (id: string, options: Json) => (await import('./commands/tokens.js')).revokeToken(remote(), terminal, id, options));

  const rules = program.command('rules').description('access rules of a dataset');
  rules.command('show').argument('<dataset>', 'org/name').option('--json').description('what holds for a dataset, in words').action(async (dataset: string, options: Json) => (await import('./commands/rules.js')).showRules(remote(), terminal, dataset, options));
  rules.command('get').argument('<dataset>', 'org/name').option('--revision <n>', 'an earlier revision', whole).option('--json', 'with who set it, when and why').description('print the rule document, as set takes it')
    .action(async (dataset: string, options: { revision?: number } & Json) => (await import('./commands/rules.js')).getRules(remote(), terminal, dataset, options));
  rules.command('history').argument('<dataset>', 'org/name').option('--first <n>', 'how many', whole, 20).option('--json').description('the revisions, newest first, each with what it changed')
    .action(async (dataset: string, options: { first: number } & Json) => (await import('./commands/rules.js')).listRevisions(remote(), terminal, dataset, options));
  rules.command('diff').argument('<dataset>', 'org/name').argument('<file>', 'a rule document, or - for standard input').option('--json').description('what a rule document would change of the one in force')
    .action(async (dataset: string, file: string, options: Json) => (await import('./commands/rules.js')).diffRules(remote(), terminal, dataset, file, options));
  rules.command('rollback').argument('<dataset>', 'org/name').argument('<revision>', 'the revision to go back to; 0 for no rules', whole).option('--note <text>').option('--json').description('put earlier rules in force again')
    .action(async (dataset: string, revision: number, options: { note?: string } & Json) => (await import('./commands/rules.js')).rollbackRules(remote(), terminal, dataset, revision, options));
  rules.command('stop-transfers').argument('<dataset>', 'org/name').option('--resume', 'allow them again').option('--note <text>').option('--json').description('the kill switch: no answer leaves the home countries any more')
    .action(async (dataset: string, options: { note?: string; resume?: boolean } & Json) => (await import('./commands/rules.js')).stopTransfers(remote(), terminal, dataset, options));
  rules.command('test').argument('<dataset>', 'org/name').argument('<file>', 'callers and what they should read').option('--document <file>', 'a rule document to test instead of the one in force').option('--json').description('check what examples of callers would read')
    .action(async (dataset: string, file: string, options: { document?: string } & Json) => { if (!(await (await import('./commands/rulesTest.js')).testRules(remote(), terminal, dataset, file, options))) exit(1); });
  rules.command('audit').argument('<dataset>', 'org/name').option('--rows <n>', 'rows of each segment that are copied', whole, 200).option('--seconds <n>', 'how long', whole, 30).option('--seed <n>', 'repeats a run', whole).option('--json')
    .description('try whether answers tell anything that the rules hide, on copies of some rows').action(async (dataset: string, options: { rows: number; seconds: number; seed?: number } & Json) => { if (!(await (await import('./commands/rulesAudit.js')).auditRules(terminal, dataset, options))) exit(1); });
  rules.command('set').argument('<dataset>', 'org/name').argument('<file>', 'a rule document, or - for standard input').option('--note <text>').option('--expect <revision>', 'refuse if the rules have changed since this revision', whole).option('--json')
    .description('put a rule document in force').action(async (dataset: string, file: string, options: Json) => (await import('./commands/rules.js')).setRules(remote(), terminal, dataset, file, options));

  const datasets = program.command('datasets').description('incidents: a dataset is frozen on every server at once');
  datasets.command('freeze').argument('<dataset>', 'org/name').requiredOption('--reason <text>', 'what happened').option('--json').description('refuse everything of a dataset to everybody, from now on')
    .action(async (dataset: string, options: { reason: string } & Json) => (await import('./commands/datasets.js')).freezeDataset(remote(), terminal, dataset, options));
  datasets.command('unfreeze').argument('<dataset>', 'org/name').requiredOption('--reason <text>', 'why it may be answered again').option('--json').description('end the incident; for another person than who froze it')
    .action(async (dataset: string, options: { reason: string } & Json) => (await import('./commands/datasets.js')).unfreezeDataset(remote(), terminal, dataset, options));
  datasets.command('incidents').argument('<dataset>', 'org/name').option('--json').description('for what it was frozen, newest first')
    .action(async (dataset: string, options: Json) => (await import('./commands/datasets.js')).listIncidents(remote(), terminal, dataset, options));

  const collections = program.command('collections').description('named choices of datasets, each with an endpoint and a schema of its own');
  collections.command('create').argument('<name>').requiredOption('--dataset <dataset...>', 'org/name; with @1 pinned to a major, with @1.2 to one version').option('--organization <slug>', 'who keeps it (default: the token\'s only one)')
    .option('--title <title>').option('--description <text>').option('--json').description('make a collection')
    .action(async (name: string, options: { dataset: string[] } & Json) => (await import('./commands/collections.js')).createCollection(remote(), terminal, name, options));
  collections.command('list').option('--json').description('the collections that hold anything you may see').action(async (options: Json) => (await import('./commands/collections.js')).listCollections(remote(), terminal, options));
  collections.command('show').argument('<name>').option('--json').description('its datasets, endpoint and schema').action(async (name: string, options: Json) => (await import('./commands/collections.js')).showCollection(remote(), terminal, name, options));
  collections.command('delete').argument('<name>').option('--json').description('delete a collection; its datasets stay').action(async (name: string, options: Json) => (await import('./commands/collections.js')).deleteCollection(remote(), terminal, name, options));

  const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  const sources = program.command('source').alias('sources').description('external sources');
  sources.command('rotate-keys').description('seal the credentials of sources with the newest of the server\'s secret keys').option('--json')
    .action(async (options: Json) => (await import('./commands/rotateKeys.js')).rotateSourceKeys(remote(), terminal, options));
  sources.command('check').argument('<file>', 'a source file (.graphql or .json)')
    .description('check a source file and the connector that it makes, through a proxy to the source').option('--url <base>', 'ask here instead of the file\'s own address')
    .option('--key <[table=]id>', 'an identifier that the source knows; may be given several times', repeated).option('--where <condition>', '[table.]column=value (also >= <= > <) that a search cannot do without; may be given several times', repeated)
    .option('--secrets <file>', 'the secrets that the file names, NAME=VALUE on each line').option('--json')
    .action(async (file: string, options: { url?: string; key?: string[]; where?: string[]; secrets?: string } & Json) => exit(await (await import('./commands/source.js')).checkSourceFile(terminal, file, options)));

  addAccessCommands(program, terminal, remote);
  addAuditCommands(program, terminal, remote);

  program.command('init').argument('<file>', 'a .csv file').option('--name <name>').option('--title <title>').option('--license <name>').option('--force', 'write over a descriptor that is there').option('--json')
    .description('propose a datapackage.json for a CSV file').action(async (file: string, options: Json) => (await import('./commands/init.js')).init(terminal, file, options));
  return program;
}

/** An option may stand before or after the subcommand's name. */
function flag(command: Command, name: string): boolean {
  return command.optsWithGlobals()[name] === true;
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
