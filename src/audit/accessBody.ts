/**
 * An access as canonical JSON, put together from pieces: it is written for each answer, and most of it (who, which dataset, which columns) is
 * the same each time. Equal to canonicalJson of the event; the names stand in their order here.
 */
import { canonicalJson } from '../canonicalJson.js';
import type { AccessEvent } from './event.js';

/** What stands before the instant, between it and the salt, and after the place in the chain. */
export type AccessPieces = readonly [string, string, string];

export function accessPieces(event: AccessEvent): AccessPieces {
  const { actor, address, channel, dataset, decision, epsilon, operation, purpose, reason, requestId, rows, rule, rulesRevision, tables, version, withheld } = event;
  const { document, name, text, variables } = operation;
  return [
    `{"actor":${kept(actor)}${optional('address', address)},"at":"`,
    `"${optional('channel', channel)},"dataset":${kept(dataset)},"decision":"${decision}"${optional('epsilon', epsilon)},"kind":"ACCESS","operation":{"document":"${document}"${optional('name', name)}${optional('text', text)},"variables":"${variables}"}${optional('purpose', purpose)},"reason":${JSON.stringify(reason)}${optional('requestId', requestId)},"rows":${rows}${optional('rule', rule)},"rulesRevision":${rulesRevision},"salt":"`,
    `,"tables":${kept(tables)},"version":${JSON.stringify(version)}${withheld ? `,"withheld":${kept(withheld)}` : ''}}`,
  ];
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`;
}

const texts = new WeakMap<object, string>();

function kept(value: object): string {
  let text = texts.get(value);
  if (text === undefined) texts.set(value, (text = canonicalJson(value)));
  return text;
}
