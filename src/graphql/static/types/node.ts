import { Field, ID, InterfaceType } from 'type-graphql';

/** How the value of a node tells its type: rows by `__typename`, static types by their class. */
interface NodeValue {
  readonly __typename?: string;
  readonly constructor: { readonly typeName?: string };
}

@InterfaceType({
  description: 'Anything that has an id of its own; ask for it again by `node(id:)`.',
  resolveType: (value: NodeValue) => value.__typename ?? value.constructor.typeName,
})
export abstract class Node {
  @Field(() => ID, { description: 'Opaque, the same for ever, unique over all types.' })
  readonly id!: string;
}
