/** Apollo Gateway over the two subgraphs. */
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { tell } from './tell.mjs';

const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl: process.env.BENCH_SUPERGRAPH }) });
const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } });
tell(Number(new URL(url).port));
