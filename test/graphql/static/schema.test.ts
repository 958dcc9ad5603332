import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildStaticSchema } from '../../../src/graphql/static/staticSchema.js';

test('schema/static.graphql is what the code says (`npm run schema` writes it)', async () => {
  expect(readFileSync(join(process.cwd(), 'schema', 'static.graphql'), 'utf8')).toBe(`${printSchema(lexicographicSortSchema(await buildStaticSchema()))}\n`);
});
