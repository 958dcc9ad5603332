/** Builds the pages into dist/web, only when what they are made of has changed since the last build. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const stampFile = join(here, '../dist/web/.built-from');

function digest() {
  const hash = createHash('sha256');
  const files = readdirSync(here, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of [...files, join(here, '../package-lock.json')]) hash.update(file.slice(here.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

const wanted = digest();
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== wanted) {
  await build({ configFile: join(here, 'vite.config.mjs') });
  writeFileSync(stampFile, wanted);
}
