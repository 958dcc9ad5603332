/** Hive Gateway over the two subgraphs. */
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway';
import { tell } from './tell.mjs';

const gateway = createGatewayRuntime({ supergraph: process.env.BENCH_SUPERGRAPH, logging: false, landingPage: false, graphiql: false });
const server = createServer(gateway);
server.listen(0, '127.0.0.1', () => tell(server.address().port));
