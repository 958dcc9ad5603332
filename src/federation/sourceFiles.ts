/** Sources that files declare: SDL with directives (`*.graphql`), or the parts of a declaration as JSON (`*.json`). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DureError } from '../errors.js';
import type { SourceDeclaration } from '../sources/remote/builder.js';
import { sourceKinds, type SourceKind } from '../sources/remote/definition.js';

/** @throws DureError BAD_USER_INPUT where a folder is not there */
export function sourceFiles(folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => {
    if (!existsSync(folder)) throw new DureError('BAD_USER_INPUT', `The folder of sources ${folder} is not there. Check DURE_SOURCES.`);
    return readdirSync(folder).filter((name) => /\.(graphql|json)$/.test(name)).sort().map((name) => join(folder, name));
  });
}

/** @throws DureError BAD_USER_INPUT */
export function readDeclaration(path: string): SourceDeclaration {
  return declarationOf(path, readFileSync(path, 'utf8'));
}

export function declarationOf(name: string, text: string): SourceDeclaration {
  if (!name.endsWith('.json')) return { kind: kindOfText(text), name, text };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DureError('BAD_USER_INPUT', `${name} is no JSON: ${(error as Error).message}.`, { file: name });
  }
  const { kind, url, options } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof kind !== 'string' || !(sourceKinds as readonly string[]).includes(kind)) throw new DureError('BAD_USER_INPUT', `${name} names no kind of source: "kind" is one of ${sourceKinds.join(', ')}.`, { file: name });
  return {
    kind: kind as SourceKind, name,
    ...(typeof url === 'string' ? { url } : {}), ...(typeof options === 'object' && options !== null ? { options: options as Readonly<Record<string, unknown>> } : {}),
  };
}

/** A GraphQL server is asked by root fields, everything else by addresses. */
export function kindOfText(text: string): 'graphql' | 'http' {
  return /@root\s*\(/.test(text) ? 'graphql' : 'http';
}
