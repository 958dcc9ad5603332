/** One of the two subgraphs, by BENCH_SUBGRAPH: the assays of the database, or the proteins of the source elsewhere. */
import { ApolloServer } from '@apollo/server';
import { buildSubgraphSchema } from '@apollo/subgraph';
import DataLoader from 'dataloader';
import { serveApollo } from './serveApollo.mjs';
import { assaysOf, proteinsOf } from './sources.mjs';
import { documents } from './subgraphs.mjs';

const name = process.env.BENCH_SUBGRAPH;
const resolvers = {
  assays: {
    Query: { batch: (_, { batch }) => assaysOf(batch) },
    Assay: { protein: ({ accession }) => ({ accession }) },
  },
  proteins: {
    Query: { protein: (_, { accession }, { proteins }) => proteins.load(accession) },
    Protein: { __resolveReference: ({ accession }, { proteins }) => proteins.load(accession) },
  },
};
const server = new ApolloServer({ schema: buildSubgraphSchema({ typeDefs: documents[name], resolvers: resolvers[name] }) });
const context = async () => ({
  proteins: new DataLoader(async (accessions) => {
    const found = await proteinsOf(accessions);
    return accessions.map((one) => found.get(one) ?? null);
  }, { maxBatchSize: 100 }),
});
await serveApollo(server, context);
