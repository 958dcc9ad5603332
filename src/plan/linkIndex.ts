/**
 * Links between datasets: columns of one namespace of identifiers hold the same values, whoever published them. The index is made of the
 * datasets that a schema shows, so a link never leads to one that does not exist for its callers.
 */
import type { Column, Dataset } from '../catalog/model.js';
import { graphqlName, upperFirst } from '../catalog/graphqlName.js';
import { foreignKeyLinks, type Link, type TableAt } from './link.js';

/** A column that mentions identifiers of a namespace. */
export interface Mention {
  readonly at: TableAt;
  readonly column: Column;
  /** Its field on the namespace's type: `boraSolventsCompounds`, with `ByColumn` where a table has several such columns. */
  readonly field: string;
}

/** What hangs on one column of a row: a link to each place that mentions the same identifier. */
export interface MentionLinks {
  /** The field on the row: the column's name and `Mentions`. */
  readonly field: string;
  readonly namespace: string;
  readonly column: Column;
  readonly links: readonly Link[];
}

export class LinkIndex {
  private readonly byNamespace = new Map<string, readonly Mention[]>();
  private readonly bySource = new WeakMap<TableAt['table'], readonly MentionLinks[]>();

  /** @param datasets those that the schema shows to all its callers, oldest first, so that names given stay */
  constructor(datasets: Iterable<Dataset>) {
    const found = new Map<string, Omit<Mention, 'field'>[]>();
    for (const dataset of datasets) {
      const version = dataset.versions[0]!;
      for (const table of version.tables) {
        for (const column of table.columns) {
          if (!joinable(column)) continue;
          const held = found.get(column.namespace!);
          const place = { at: { dataset, version, table }, column };
          if (held) held.push(place);
          else found.set(column.namespace!, [place]);
        }
      }
    }
    for (const [namespace, places] of found) this.byNamespace.set(namespace, named(places));
  }

  namespaces(): Iterable<string> {
    return this.byNamespace.keys();
  }

  mentions(namespace: string): readonly Mention[] {
    return this.byNamespace.get(namespace) ?? [];
  }

  /** One entry for each column of the table that others mention too. */
  from({ table }: TableAt): readonly MentionLinks[] {
    let links = this.bySource.get(table);
    if (!links) this.bySource.set(table, (links = this.linksOf(table)));
    return links;
  }

  /** Links by foreign key: the same for every schema, so they are no part of the index but asked for beside it. */
  link(at: TableAt, name: string): Link | undefined {
    return foreignKeyLinks(at).find((link) => link.name === name);
  }

  private linksOf(table: TableAt['table']): readonly MentionLinks[] {
    const taken = new Set([...table.columns.map((c) => c.field), ...table.foreignKeys.map((key) => key.field)]);
    return table.columns.flatMap((column): MentionLinks[] => {
      if (!joinable(column)) return [];
      const places = this.mentions(column.namespace!);
      if (places.every((place) => place.at.table === table && place.column === column)) return [];
      let field = `${column.field}Mentions`;
      while (taken.has(field)) field += '_';
      taken.add(field);
      return [{ field, namespace: column.namespace!, column, links: places.map((place) => linkTo(column, place)) }];
    });
  }
}

/** A person's key joins nothing outside its own dataset: pseudonymous persons must not be put together across organizations (PIPA, article 28-3). */
function joinable(column: Column): boolean {
  return column.namespace !== undefined && !column.personKey && (column.kind === 'list' ? identifierKinds.has(column.item!) : identifierKinds.has(column.kind));
}
const identifierKinds: ReadonlySet<string> = new Set(['text', 'int32', 'int64']);

function linkTo(here: Column, { at, column, field }: Mention): Link {
  return { name: field, target: at, single: false, on: [{ here, there: column }] };
}

function named(places: readonly Omit<Mention, 'field'>[]): readonly Mention[] {
  const given = new Set<string>();
  return places.map((place) => {
    const { dataset, table } = place.at;
    const several = places.filter((other) => other.at.table === table).length > 1;
    const plain = `${dataset.organization.field}${upperFirst(dataset.field)}${upperFirst(table.field)}${several ? `By${upperFirst(place.column.field)}` : ''}`;
    let field = plain;
    for (let number = 2; given.has(field); number += 1) field = `${plain}_${number}`;
    given.add(field);
    return { ...place, field };
  });
}

/** `PubchemCompound` of `pubchem.compound`. */
export function namespaceTypeName(namespace: string): string {
  return upperFirst(graphqlName(namespace));
}
