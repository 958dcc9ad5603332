/** The compose file is not run here, so what can be checked by reading is: every command, variable, file and dependency in it exists. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { run } from '../../src/cli/main.js';
import { readConfig } from '../../src/config.js';
import { configurationKeys } from '../../src/configurationKeys.js';

interface Service { build?: string; image?: string; command?: string[]; environment?: Record<string, string>; volumes?: string[]; depends_on?: Record<string, unknown>; ports?: string[]; healthcheck?: { test?: string[]; disable?: boolean } }
const root = process.cwd();
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as { services: Record<string, Service>; volumes: Record<string, unknown> };
const ours = Object.entries(compose.services).filter(([, service]) => service.build !== undefined);
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

describe('docker-compose.yml', () => {
  test('a database, what migrates it, two servers, a worker, a proxy', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['database', 'migrate', 'proxy', 'server-1', 'server-2', 'worker']);
  });
  test.each(ours)('%s: its command is one of the command line', async (_name, service) => {
    let out = '';
    const terminal = { environment: {}, input: process.stdin, interactive: false, columns: 80, out: (text: string) => { out += text; }, note: (text: string) => { out += text; } };
    expect(await run([...service.command!, '--help'], terminal)).toBe(0);
    expect(out).toContain(`Usage: dure ${service.command![0]}`);
  });
  test.each(ours)('%s: its variables are known, and make a configuration', (_name, service) => {
    const known = new Set(configurationKeys.map((key) => key.name as string));
    const environment: Record<string, string> = {};
    for (const [name, value] of Object.entries(service.environment!)) {
      expect(known).toContain(name);
      environment[name] = value.replace(/\$\{[A-Z]+_PASSWORD[^}]*\}/g, 'pw').replace(/\$\{DURE_SECRET_KEYS[^}]*\}/g, `k1:${'x'.repeat(40)}`).replace(/\$\{[^}]*:-\}/g, '');
    }
    const config = readConfig(environment);
    expect(config.database.kind).toBe('external');
    if (service.command![0] !== 'migrate') expect(config.role).toBe(service.command![0] === 'worker' ? 'worker' : 'api');
    expect(config.warnings).toEqual([]);
  });
  test('three roles: only what migrates signs in as the owner, and no server as the loader', () => {
    const roles = Object.fromEntries(ours.map(([name, { environment }]) => [name, Object.values(environment!).flatMap((value) => /^postgresql:\/\/(dure_\w+):/.exec(value)?.[1] ?? []).sort()]));
    expect(roles).toEqual({ migrate: ['dure_loader', 'dure_owner', 'dure_server'], 'server-1': ['dure_server'], 'server-2': ['dure_server'], worker: ['dure_loader', 'dure_server'] });
    for (const [name, { depends_on: dependencies }] of ours) if (name !== 'migrate') expect(dependencies).toHaveProperty('migrate');
    const made = readFileSync(join(root, 'deploy', 'roles.sql'), 'utf8');
    for (const role of new Set(Object.values(roles).flat())) expect(made).toContain(`create role ${role} login password :'${role.slice(5)}_password'`);
    const script = readFileSync(join(root, 'deploy', 'init-database.sh'), 'utf8');
    for (const [, variable] of script.matchAll(/\$([A-Z]+_PASSWORD)/g)) expect(Object.keys(compose.services.database!.environment!)).toContain(variable);
  });
  test('mounted files exist, named volumes are declared, dependencies are services', () => {
    for (const service of Object.values(compose.services)) {
      for (const volume of service.volumes ?? []) {
        const [source] = volume.split(':') as [string];
        if (source.startsWith('.')) expect(existsSync(join(root, source))).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
      for (const name of Object.keys(service.depends_on ?? {})) expect(Object.keys(compose.services)).toContain(name);
    }
  });
  test('the proxy leads to both servers on the port that the image exposes', () => {
    const nginx = readFileSync(join(root, 'deploy', 'nginx.conf'), 'utf8');
    const port = /^EXPOSE (\d+)$/m.exec(dockerfile)![1];
    for (const name of ['server-1', 'server-2']) expect(nginx).toContain(`server ${name}:${port} `);
    expect(nginx).toContain(`listen ${compose.services.proxy!.ports![0]!.split(':')[1]};`);
  });
});

describe('Dockerfile', () => {
  test('what it copies exists, and it does not run as root', () => {
    for (const [, from, paths] of dockerfile.matchAll(/^COPY (--from=\S+ )?(.+) \S+$/gm)) {
      if (from) continue;
      for (const path of paths!.split(' ')) expect(existsSync(join(root, path))).toBe(true);
    }
    expect(/^USER (\S+)$/m.exec(dockerfile)![1]).not.toBe('root');
  });
  test('its entry point is what the build writes, and its variables are known', () => {
    expect(dockerfile).toContain('dist/src/cli/main.js');
    expect(existsSync(join(root, 'dist/src/cli/main.js'))).toBe(true);
    const [, variables] = /^ENV (.+)$/m.exec(dockerfile)!;
    const known = new Set([...configurationKeys.map((key) => key.name as string), 'NODE_ENV']);
    for (const pair of variables!.split(' ')) expect(known).toContain(pair.split('=')[0]);
  });
});
