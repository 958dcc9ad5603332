/** `dure datasets`: what an incident needs. */
import type { Remote } from '../remote.js';
import type { Terminal } from '../terminal.js';

interface Incident { readonly id: string; readonly reason: string; readonly createdBy: string; readonly createdAt: string; readonly endedAt: string | null; readonly endedBy: string | null; readonly endReason: string | null }
interface Done { readonly incident: Incident; readonly everywhere: boolean }

const fields = 'id reason createdBy createdAt endedAt endedBy endReason';
const documents = {
  freeze: `mutation Freeze($input: DeclareIncidentInput!) { declareIncident(input: $input) { everywhere incident { ${fields} } } }`,
  unfreeze: `mutation Unfreeze($input: EndIncidentInput!) { endIncident(input: $input) { everywhere incident { ${fields} } } }`,
  incidents: `query Incidents($dataset: ID!) { incidents(dataset: $dataset) { ${fields} } }`,
};

interface Options { readonly reason: string; readonly json?: boolean }

export async function freezeDataset(remote: Remote, terminal: Terminal, dataset: string, { reason, json }: Options): Promise<void> {
  const { declareIncident: done } = await remote.data<{ declareIncident: Done }>(documents.freeze, { input: { dataset, reason } });
  terminal.out(json ? `${JSON.stringify(done, null, 2)}\n` : `${dataset} is frozen${done.everywhere ? ' on every server' : '; a server has not confirmed it yet'}. Another person ends it: dure datasets unfreeze ${dataset} --reason …\n`);
}

export async function unfreezeDataset(remote: Remote, terminal: Terminal, dataset: string, { reason, json }: Options): Promise<void> {
  const { endIncident: done } = await remote.data<{ endIncident: Done }>(documents.unfreeze, { input: { dataset, reason } });
  terminal.out(json ? `${JSON.stringify(done, null, 2)}\n` : `${dataset} is answered again.\n`);
}

export async function listIncidents(remote: Remote, terminal: Terminal, dataset: string, { json }: { readonly json?: boolean }): Promise<void> {
  const { incidents } = await remote.data<{ incidents: readonly Incident[] }>(documents.incidents, { dataset });
  if (json) return terminal.out(`${JSON.stringify(incidents, null, 2)}\n`);
  terminal.out(incidents.length === 0 ? `${dataset} was never frozen.\n` : incidents.map((incident) => `${incident.createdAt}  ${incident.createdBy}: ${incident.reason}${incident.endedAt === null ? '\n  stands' : `\n  ended ${incident.endedAt} by ${incident.endedBy}: ${incident.endReason}`}\n`).join(''));
}
