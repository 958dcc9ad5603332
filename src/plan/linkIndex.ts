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
  private readonly records = new Map<string, readonly Omit<Mention, 'field'>[]>();
  private readonly recordLinks = new WeakMap<TableAt['table'], readonly Link[]>();
  private readonly bySource = new WeakMap<TableAt['table'], readonly MentionLinks[]>();

  /** @param datasets those that the schema shows to all its callers, oldest first, so that names given stay */
  constructor(datasets: Iterable<Dataset>) {
    const found = new Map<string, Omit<Mention, 'field'>[]>();
    for (const dataset of datasets) {
      const version = dataset.versions[0]!;
      for (const table of version.tables) {
        if (table.remote) {
          const column = table.columns.find((c) => c.name === table.remote!.key);
          if (column?.namespace !== undefined && table.remote.linkField !== undefined) this.records.set(column.namespace, [...(this.records.get(column.namespace) ?? []), { at: { dataset, version, table }, column }]);
          continue;
        }
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

  /** Whether a column or a source that the schema shows is in it. */
  knows(namespace: string): boolean {
    return this.byNamespace.has(namespace) || this.records.has(namespace);
  }

  recordNamespaces(): Iterable<string> {
    return this.records.keys();
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

  /** Links by foreign key, and to the records of external sources that the row's identifiers name. */
  links(at: TableAt): readonly Link[] {
    return [...foreignKeyLinks(at), ...this.recordsFrom(at)];
  }

  link(at: TableAt, name: string): Link | undefined {
    return this.links(at).find((link) => link.name === name);
  }

  /** The tables of external sources that are asked by identifiers of a namespace; the authority's first. */
  recordTables(namespace: string): readonly Omit<Mention, 'field'>[] {
    return (this.records.get(namespace) ?? []).toSorted((a, b) => Number(b.at.table.remote!.authority) - Number(a.at.table.remote!.authority));
  }

  /** The source chooses the field's name; where two would have the same, the column's name is put before it. */
  private recordsFrom({ table }: Pick<TableAt, 'table'>): readonly Link[] {
    const known = this.recordLinks.get(table);
    if (known) return known;
    const wanted = table.columns.flatMap((column) => (joinable(column) ? (this.records.get(column.namespace!) ?? []) : [])
      .filter((record) => record.at.table !== table || record.column !== column)
      .map(({ at, column: there }) => ({ column, at, there, name: column.kind === 'list' ? at.table.field : at.table.remote!.linkField! })));
    const taken = new Set([...table.columns.map((c) => c.field), ...table.foreignKeys.map((key) => key.field)]);
    const links = wanted.map(({ column, at, there, name }): Link => {
      let field = taken.has(name) || wanted.filter((other) => other.name === name).length > 1 ? `${column.field}${upperFirst(name)}` : name;
      while (taken.has(field)) field += '_';
      taken.add(field);
      return { name: field, target: at, single: column.kind !== 'list', on: [{ here: column, there }] };
    });
    this.recordLinks.set(table, links);
    return links;
  }

  private linksOf(table: TableAt['table']): readonly MentionLinks[] {
    const taken = new Set([...table.columns.map((c) => c.field), ...table.foreignKeys.map((key) => key.field), ...this.recordsFrom({ table }).map((link) => link.name)]);
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
