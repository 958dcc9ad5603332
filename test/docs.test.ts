import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { configurationMarkdown } from '../src/config.js';
import { errorCodes } from '../src/errors.js';

const read = (path: string): string => readFileSync(join(process.cwd(), path), 'utf8');

test('every error code is documented, and no other', () => {
  const documented = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]!);
  expect(documented).toEqual([...errorCodes]);
});

test('docs/configuration.md is what the configuration says (`npm run docs` writes it)', () => {
  expect(read('docs/configuration.md')).toBe(configurationMarkdown());
});

test('links between the documents lead somewhere', () => {
  const documents = ['README.md', 'ARCHITECTURE.md', 'datasets/README.md', ...readdirSync(join(process.cwd(), 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
  for (const document of documents) {
    for (const [, target] of read(document).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      expect({ document, target, exists: existsSync(join(process.cwd(), dirname(document), target!)) }).toEqual({ document, target, exists: true });
    }
  }
});
