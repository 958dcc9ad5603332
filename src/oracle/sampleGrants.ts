/** Grants and emergency overrides as somebody could hold them: of some tables, columns, purposes and countries, in force, over or to come. */
import type { Dataset } from '../catalog/model.js';
import type { Identity } from '../identity/identity.js';
import type { Grant } from '../policy/grant.js';
import type { Override } from '../policy/override.js';
import { permissionCodes } from '../policy/purpose.js';
import { granularities } from '../policy/rule.js';
import type { Random } from './random.js';

const somewhere = 'https://id.example';
const past = new Date('2020-01-01T00:00:00Z');
const distant = [new Date('2190-01-01T00:00:00Z'), new Date('2195-01-01T00:00:00Z')];

/** @param most how many, of each dataset */
export function sampleGrants(datasets: readonly Dataset[], { kind, subject, issuer = somewhere }: Identity, most: number, random: Random): readonly Grant[] {
  if (kind === 'anonymous' || subject === undefined) return [];
  return datasets.flatMap((dataset) => Array.from({ length: random.between(0, most) }, (_, number): Grant => {
    const tables = dataset.versions[0]!.tables;
    const limited = random.some(tables, 0.5);
    return {
      id: `g-${dataset.name}-${number}`, dataset: dataset.id,
      subject: random.chance(0.9) ? subject : 'somebody else',
      issuer: random.chance(0.9) ? issuer : 'https://elsewhere.example',
      ...(random.chance(0.4) && limited.length > 0 ? { tables: limited.map(({ name }) => name) } : {}),
      ...(random.chance(0.6) ? { columns: Object.fromEntries(random.some(tables, 0.7).map((table) => [table.name, random.some(table.columns, 0.6).map(({ name }) => name)])) } : {}),
      ...(random.chance(0.25) ? { purpose: random.one(permissionCodes) } : {}),
      ...(random.chance(0.15) ? { country: random.one(['KR', 'US']) } : {}),
      ...(random.chance(0.2) ? { granularity: random.one(granularities) } : {}),
      ...(random.chance(0.3) ? { from: random.chance(0.8) ? past : distant[0]! } : {}),
      ...(random.chance(0.6) ? { until: random.chance(0.85) ? random.one(distant) : past } : {}),
      ...(random.chance(0.2) ? { conditions: ['To be cited.'] } : {}),
    };
  }));
}

/** For a caller, or for somebody who is not asking. */
export function sampleOverride({ name }: Dataset, { subject = 'nobody', issuer = somewhere }: Identity, random: Random): Override {
  const over = random.chance(0.3);
  return { id: `o-${name}`, subject: random.chance(0.7) ? subject : 'somebody else', issuer: random.chance(0.8) ? issuer : 'https://elsewhere.example', reason: 'a fire in the archive', by: 's', from: over ? past : new Date(past), until: over ? new Date('2020-01-02T00:00:00Z') : distant[0]! };
}
