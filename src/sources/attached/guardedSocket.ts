/** A socket that connects to allowed addresses only; what is checked is the address that is connected to, for each connection. */
import { isIP, Socket } from 'node:net';
import type { AddressPolicy } from '../remote/client/addressPolicy.js';
import { AddressRefused, guardedLookup, systemResolver, type Resolver } from '../remote/client/guardedConnector.js';

export function guardedSocket(policy: AddressPolicy, resolver: Resolver = systemResolver): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket) as (options: object) => Socket;
  // The driver calls connect(port, host).
  socket.connect = ((port: number, host: string): Socket => {
    const refusal = isIP(host) === 0 ? undefined : policy.refusal(host, host);
    if (refusal === undefined) return connect({ port, host, lookup: guardedLookup(policy, resolver) });
    queueMicrotask(() => socket.destroy(new AddressRefused(refusal)));
    return socket;
  }) as Socket['connect'];
  return socket;
}
