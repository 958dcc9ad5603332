/** One Apollo Server: resolvers, and a dataloader a request. */
import { ApolloServer } from '@apollo/server';
import DataLoader from 'dataloader';
import { serveApollo } from './serveApollo.mjs';
import { assaysOf, proteinsOf } from './sources.mjs';

const server = new ApolloServer({
  typeDefs: `
    type Assay { id: Int! value: Float protein: Protein }
    type Protein { accession: String! name: String organism: String length: Int }
    type Query { batch(batch: Int!): [Assay!]! }`,
  resolvers: {
    Query: { batch: (_, { batch }) => assaysOf(batch) },
    Assay: { protein: ({ accession }, _, { proteins }) => proteins.load(accession) },
  },
});
const context = async () => ({
  proteins: new DataLoader(async (accessions) => {
    const found = await proteinsOf(accessions);
    return accessions.map((one) => found.get(one) ?? null);
  }, { maxBatchSize: 100 }),
});
await serveApollo(server, context);
