/** Starts Dure as the environment says, tells what it did and where to look, and stops everything it started. */
import { buildDure, type BuildOptions, type Dure } from './build.js';
import { readConfig, startupNotes } from './config.js';
import { DureError } from './errors.js';
import type { PublishedSample } from './samples.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** @returns the exit code; resolves when Dure has stopped */
export async function serve(environment: NodeJS.ProcessEnv = process.env, options: Partial<BuildOptions> = {}): Promise<number> {
  const started = performance.now();
  let dure: Dure | undefined;
  let asked = 0;
  let stopped: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => { stopped = resolve; });
  const onSignal = (signal: NodeJS.Signals): void => {
    asked += 1;
    if (asked > 1) process.exit(130);
    say(`${signal}: stopping; once more to stop at once`);
    // During the start the parts that are there are stopped as soon as it is through.
    if (dure) void dure.stop().then(() => stopped(0));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  // npm's shell does not pass a SIGTERM on: when the one who started this is gone, so is the wish for it to run.
  const parent = process.ppid;
  const orphaned = environment.npm_lifecycle_event === undefined ? undefined : setInterval(() => {
    if (process.ppid !== parent && asked === 0) onSignal('SIGTERM');
  }, 500);
  try {
    const config = readConfig(environment);
    for (const note of startupNotes(config)) say(`note: ${note}`);
    dure = await buildDure(config, { ...options, progress: { step: say, sample: tellSample } });
    if (asked > 0) {
      await dure.stop();
      return 0;
    }
    tellWhere(dure, performance.now() - started);
    return await ended;
  } catch (error) {
    if (!(error instanceof DureError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    clearInterval(orphaned);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function tellSample(sample: PublishedSample): void {
  say(sample.error === undefined ? `published ${sample.path} ${sample.version ?? ''} (${sample.rows?.toLocaleString('en-US') ?? 0} rows)` : `could not publish ${sample.path}: ${sample.error}`);
}

function tellWhere(dure: Dure, milliseconds: number): void {
  if (dure.url) {
    say('');
    say(`Dure (두레) is ready after ${(milliseconds / 1000).toFixed(1)} s`);
    say(`  pages     ${dure.url}/`);
    say(`  GraphiQL  ${dure.url}/graphiql`);
    say(`  GraphQL   ${dure.url}/graphql (POST, GET, WebSocket, Server-Sent Events)`);
    say(`  health    ${dure.url}/healthz, ${dure.url}/readyz, ${dure.url}/metrics`);
  } else {
    say(`The worker is ready after ${(milliseconds / 1000).toFixed(1)} s`);
  }
  if (!dure.demo) return;
  say('');
  say(`Demo tokens (authorization: Bearer TOKEN), also in ${dure.demo.path}:`);
  for (const [name, token] of Object.entries(dure.demo.tokens)) say(`  ${name.padEnd(14)} ${token}`);
}

if (import.meta.main) process.exitCode = await serve();
