import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { RuleDocument } from '../../src/policy/rule.js';

export interface SampleField {
  readonly name: string;
  readonly type: string;
  readonly title?: string;
  readonly itemType?: string;
  readonly 'dure:unit'?: string;
  readonly 'dure:namespace'?: string;
  readonly constraints?: { readonly required?: boolean; readonly enum?: readonly string[]; readonly minimum?: number; readonly maximum?: number };
}

export interface SampleForeignKey {
  readonly fields: string | readonly string[];
  readonly reference: { readonly resource: string; readonly fields: string | readonly string[] };
}

export interface SampleResource {
  readonly name: string;
  readonly path: string;
  readonly title?: string;
  readonly profile: string;
  readonly schema: {
    readonly fields: readonly SampleField[];
    readonly primaryKey: string | readonly string[];
    readonly uniqueKeys?: readonly (readonly string[])[];
    readonly foreignKeys?: readonly SampleForeignKey[];
    readonly missingValues: readonly string[];
  };
}

export interface SampleDescriptor {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly licenses: readonly { readonly name: string; readonly path: string; readonly title: string }[];
  readonly sources: readonly { readonly title: string; readonly path?: string }[];
  readonly contributors: readonly { readonly title: string; readonly role: string; readonly organization?: string }[];
  readonly keywords: readonly string[];
  readonly resources: readonly SampleResource[];
  readonly 'dure:titleKo': string;
  readonly 'dure:descriptionKo': string;
  readonly 'dure:citation': string;
  readonly 'dure:domain': string;
  readonly 'dure:visibility': string;
  readonly 'dure:listed': boolean;
  readonly 'dure:embargoUntil'?: string;
  readonly 'dure:rules': RuleDocument;
}

export interface SampleOrganization { readonly slug: string; readonly title: string; readonly titleKo: string }

export interface SamplePackage {
  readonly path: string;
  readonly organization: string;
  readonly folder: string;
  readonly descriptor: SampleDescriptor;
}

export const datasetsFolder = join(process.cwd(), 'datasets');

export function readOrganizations(): readonly SampleOrganization[] {
  return JSON.parse(readFileSync(join(datasetsFolder, 'organizations.json'), 'utf8')) as SampleOrganization[];
}

export function readPackages(): readonly SamplePackage[] {
  return folders(datasetsFolder).flatMap((organization) =>
    folders(join(datasetsFolder, organization)).map((name) => {
      const folder = join(datasetsFolder, organization, name);
      const descriptor = JSON.parse(readFileSync(join(folder, 'datapackage.json'), 'utf8')) as SampleDescriptor;
      return { path: `${organization}/${name}`, organization, folder, descriptor };
    }));
}

/** The header and the rows of a table's file, as text; a row of another length than the header throws. */
export function readRows(sample: SamplePackage, resource: SampleResource): { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const file = join(sample.folder, resource.path);
  if (!existsSync(file)) throw new Error(`${sample.path} has no file ${resource.path}.`);
  const [header, ...rows] = parse(readFileSync(file, 'utf8')) as string[][];
  return { header: header ?? [], rows };
}

export function names(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function folders(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
}
