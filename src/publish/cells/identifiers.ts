/** Cells of a column in a namespace: brought to the identifier's usual form, so that what two laboratories write differently is joined all the same. */
import { normaliseIdentifier } from '../../catalog/identifiers.js';
import { knownNamespaces } from '../../catalog/namespaces.js';
import { Fault, type CellReader } from './fault.js';

export function identified(namespace: string | undefined, read: CellReader): CellReader {
  const facts = namespace === undefined ? undefined : knownNamespaces.get(namespace);
  if (namespace === undefined || !facts) return read;
  const wrong = new Fault('namespace', `is no identifier of ${namespace} (${facts.title}); one looks like ${facts.example}`);
  return (cell) => {
    const identifier = normaliseIdentifier(namespace, cell);
    return identifier === undefined ? wrong : read(identifier);
  };
}
