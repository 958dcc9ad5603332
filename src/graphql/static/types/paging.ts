/** Relay connections of the static types. https://relay.dev/graphql/connections.htm */
import { type ClassType, Field, ObjectType } from 'type-graphql';
import { DureError } from '../../../errors.js';

@ObjectType({ description: 'Where a page stands.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more follow.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether some come before.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first item; null on an empty page.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last item: pass it as `after` for the next page.' })
  endCursor!: string | null;
}

export interface Edge<T> { readonly node: T; readonly cursor: string }
export interface Connection<T> { readonly edges: readonly Edge<T>[]; readonly nodes: readonly T[]; readonly pageInfo: PageInfo }

/** What a connection class extends: the edges of the type and their page. */
export function connectionOf<T extends object>(name: string, node: ClassType<T>): ClassType<Connection<T>> {
  @ObjectType(`${name}Edge`, { description: `One ${name} of a page, with its cursor.` })
  class EdgeOf implements Edge<T> {
    @Field(() => node, { description: 'The item.' })
    node!: T;

    @Field(() => String, { description: 'Pass it as `after` for what follows this item.' })
    cursor!: string;
  }

  @ObjectType()
  class ConnectionOf implements Connection<T> {
    @Field(() => [EdgeOf], { description: 'The items with their cursors.' })
    edges!: readonly Edge<T>[];

    @Field(() => [node], { description: 'The items alone.' })
    nodes!: readonly T[];

    @Field(() => PageInfo, { description: 'Where the page stands.' })
    pageInfo!: PageInfo;
  }
  return ConnectionOf;
}

export function connection<T>(edges: readonly Edge<T>[], page: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean }): Connection<T> {
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: { ...page, startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null },
  };
}

export const defaultPageSize = 20;
export const largestPageSize = 200;

export function pageSize(first: number | null | undefined): number {
  const size = first ?? defaultPageSize;
  if (size < 0) throw new DureError('BAD_USER_INPUT', `\`first\` is ${size}: it must be 0 or more.`, { argument: 'first' });
  if (size > largestPageSize) throw new DureError('LIMIT_EXCEEDED', `\`first\` is ${size}: ask for 0 to ${largestPageSize} at a time, and for the rest by \`after\`.`, { argument: 'first', limit: largestPageSize, actual: size });
  return size;
}
