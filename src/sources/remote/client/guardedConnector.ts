/**
 * Connections only to allowed addresses. What is checked is the address that is connected to: names are resolved here, once a
 * connection, and the socket's own peer is looked at again when it stands. A name that resolves to something else later
 * (DNS rebinding) is checked then, as every new connection comes through here.
 */
import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressPolicy } from './addressPolicy.js';

export class AddressRefused extends Error {
  readonly code = 'DURE_ADDRESS_REFUSED';
}

export type Resolver = (host: string, done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void) => void;

export const systemResolver: Resolver = (host, done) => resolve(host, { all: true, verbatim: true }, done);

export function guardedConnector(policy: AddressPolicy, timeoutMs: number, resolver: Resolver = systemResolver): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, lookup: guardedLookup(policy, resolver) } as buildConnector.BuildOptions);
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    // A literal address is never looked up.
    const refusal = isIP(host) === 0 ? undefined : policy.refusal(host, host);
    if (refusal !== undefined) {
      queueMicrotask(() => callback(new AddressRefused(refusal), null));
      return;
    }
    connect({ ...options, hostname: host }, (error, socket) => {
      if (error || !socket) {
        callback(error ?? new Error('no socket'), null);
        return;
      }
      const peer = policy.refusal(host, socket.remoteAddress ?? '');
      if (peer === undefined) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      callback(new AddressRefused(peer), null);
    });
  };
}

export function guardedLookup(policy: AddressPolicy, resolver: Resolver): LookupFunction {
  return (host, options, callback) => {
    resolver(host, (error, addresses) => {
      if (error) {
        callback(error, '', 0);
        return;
      }
      const allowed = addresses.filter(({ address }) => policy.refusal(host, address) === undefined);
      const first = allowed[0];
      if (!first) callback(new AddressRefused(addresses[0] ? policy.refusal(host, addresses[0].address)! : `${host} has no address`), '', 0);
      else if (options.all) callback(null, allowed as LookupAddress[]);
      else callback(null, first.address, first.family);
    });
  };
}
