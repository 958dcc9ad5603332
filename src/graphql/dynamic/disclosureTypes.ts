/** The shared types of figures that keep a minimum: releases, and figures with noise. */
import { GraphQLBoolean, GraphQLEnumType, GraphQLFloat, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString, type GraphQLFieldConfigArgumentMap, type GraphQLFieldConfigMap, type GraphQLNamedType } from 'graphql';
import { JSONScalar } from '../scalars.js';

const ofColumn = (description: string): GraphQLFieldConfigArgumentMap => ({ column: { type: new GraphQLNonNull(GraphQLString), description } });

const state = new GraphQLEnumType({
  name: 'ReleaseState', description: 'Whether the cells of a release are there.',
  values: {
    READY: { description: 'They are.' },
    BEING_MADE: { description: 'The job that makes them has not ended yet.' },
    WITHHELD: { description: 'This version differs from an earlier one by too few rows: the release of that one stands. Or rows were erased from it.' },
    NOT_MADE: { description: 'The version lacks what the release is made of.' },
  },
});

const cell = new GraphQLObjectType({
  name: 'ReleaseCell', description: 'Figures of the rows that have the key.',
  fields: {
    key: { type: new GraphQLNonNull(JSONScalar), description: 'By column of the margin: a value, a bin `{from, to}` (`to` does not belong to it) or the first day of a period; null for rows that are none of these.' },
    count: { type: GraphQLInt, description: 'How many rows; null where suppressed.' },
    sum: { type: GraphQLFloat, args: ofColumn('A column that the release has sums of.'), description: 'Null where suppressed.' },
    mean: { type: GraphQLFloat, args: ofColumn('A column that the release has sums of.'), description: 'Of the values that are there; null where suppressed.' },
    suppressed: { type: new GraphQLNonNull(GraphQLBoolean), description: 'Whether the figures are withheld: the cell is small, or another could be worked out from it.' },
  },
});

const release = new GraphQLObjectType({
  name: 'Release', description: 'A table of figures that the owner chose, made once for each version, with its margins.',
  fields: {
    id: { type: new GraphQLNonNull(GraphQLString), description: 'Its id in the rules.' },
    state: { type: new GraphQLNonNull(state), description: 'Whether the cells are there.' },
    dimensions: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLString))), description: 'The columns that tell cells apart.' },
    minimumCell: { type: new GraphQLNonNull(GraphQLInt), description: 'The fewest rows that a cell is told of.' },
    cells: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(cell))), description: 'All cells of a margin.',
      args: { by: { type: new GraphQLList(new GraphQLNonNull(GraphQLString)), description: 'The columns of the margin, some of the dimensions; none for the total, all where absent.' } },
    },
  },
});

const noisy = new GraphQLObjectType({
  name: 'NoisyFigures', description: 'Figures with noise, paid for from a budget. The same question has the same answer and is paid for once.',
  fields: {
    count: { type: new GraphQLNonNull(GraphQLInt), description: 'About how many rows (or contributors, where the rules name a column that tells them apart). May be less than nought.' },
    sum: { type: new GraphQLNonNull(GraphQLFloat), args: ofColumn('A column that the rules give bounds for.'), description: 'About the sum, each contribution brought within the bounds.' },
  },
});

export const disclosureTypes: readonly GraphQLNamedType[] = [state, cell, release, noisy];

/** Fields of the connection of a table whose rows are in our own database. */
export function disclosureFields(): GraphQLFieldConfigMap<unknown, unknown> {
  return {
    release: { type: release, args: { id: { type: new GraphQLNonNull(GraphQLString), description: 'Its id.' } }, description: 'A table of figures that the owner chose, where the rules have one.' },
    noisy: { type: noisy, description: 'Figures with noise over all rows that `where` chooses, where the rules offer them.' },
  };
}
