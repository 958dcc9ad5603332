/** Writes schema/static.graphql, the reviewed contract: `node dist/src/graphql/static/emit.js`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildStaticSchema } from './staticSchema.js';

mkdirSync('schema', { recursive: true });
writeFileSync('schema/static.graphql', `${printSchema(lexicographicSortSchema(await buildStaticSchema()))}\n`);
