import type { Grant } from '../policy/grant.js';
import type { AccessRequest } from './request.js';

/** The grant that an approved request gives; undefined for any other. Its id is the request's. */
export function grantOf(request: AccessRequest): Grant | undefined {
  if (request.state !== 'APPROVED' || !request.begins || !request.ends) return undefined;
  const { tables, columns, purpose, country, granularity } = request.wanted;
  return Object.freeze({
    id: request.id, dataset: request.datasetId, subject: request.by.subject, ...(request.by.issuer === undefined ? {} : { issuer: request.by.issuer }),
    ...(tables ? { tables } : {}), ...(columns ? { columns } : {}), purpose, ...(country === undefined ? {} : { country }), ...(granularity === undefined ? {} : { granularity }),
    from: request.begins, until: request.ends, ...(request.conditions.length > 0 ? { conditions: request.conditions } : {}),
  });
}
