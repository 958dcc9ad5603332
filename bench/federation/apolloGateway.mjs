/** Apollo Gateway over the two subgraphs. */
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { serveApollo } from './serveApollo.mjs';

const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl: process.env.BENCH_SUPERGRAPH }) });
await serveApollo(server);
