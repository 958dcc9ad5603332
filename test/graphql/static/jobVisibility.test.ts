/** Whose jobs are told of: in lists, by their ids, over feeds. */
import { expect, test } from '@jest/globals';
import type { Dataset } from '../../../src/catalog/model.js';
import type { RequestContext } from '../../../src/graphql/context.js';
import { jobFilter } from '../../../src/graphql/static/jobFilter.js';
import { findJob, frozenOf, jobVisibility, maySeeJob } from '../../../src/graphql/static/lookups.js';
import { anonymous, type Identity } from '../../../src/identity/identity.js';
import type { Job } from '../../../src/jobs/job.js';
import { matches } from '../../../src/jobs/jobFilter.js';
import { person } from '../../support/engine.js';

const lab = { id: 'o1', slug: 'lab', field: 'lab', title: 'Lab' };
const other = { id: 'o2', slug: 'other', field: 'other', title: 'Other' };
const issuer = 'https://id.example';
const maker = person({ subject: 'maker', issuer });
const job: Job = { id: '00000000-0000-4000-8000-000000000001', kind: 'PUBLISH', state: 'RUNNING', organizationId: 'o1', datasetId: 'd1', input: {}, identity: maker, createdBy: 'maker', createdIssuer: issuer, attempts: 1, fence: 1, lastSeq: 1, createdAt: new Date(0) };
const contextOf = (identity: Identity, freeze?: Dataset['freeze']): RequestContext => ({
  identity,
  services: { catalog: { snapshot: { organizations: new Map([['lab', lab], ['other', other]]), datasets: new Map([['d1', { id: 'd1', organization: lab, name: 'd', rules: { rules: [] }, freeze }]]), byPath: new Map() } }, jobs: { get: (id: string) => Promise.resolve(id === job.id ? job : undefined) } },
}) as unknown as RequestContext;
const token = (parts: Partial<Identity>): Identity => person({ subject: 'maker', issuer, kind: 'token', tokenId: 't1', ...parts });

const strangers: Readonly<Record<string, Identity>> = {
  nobody: anonymous, 'somebody else': person({ subject: 'x', issuer }), 'a namesake of another issuer': person({ subject: 'maker', issuer: 'https://elsewhere.example' }),
  'a member who does not publish': person({ subject: 'm', memberships: [{ organization: 'lab', role: 'member' }] }), 'a publisher of another organization': person({ subject: 'p', memberships: [{ organization: 'other', role: 'owner' }] }),
  'an API token of the maker for another organization': token({ memberships: [{ organization: 'other', role: 'publisher' }] }),
};
const admitted: Readonly<Record<string, Identity>> = {
  'the maker': maker, 'a publisher of the organization': person({ subject: 'p', memberships: [{ organization: 'lab', role: 'publisher' }] }), 'an administrator': person({ subject: 'a', roles: ['administrator'] }), 'an API token for the organization': token({ memberships: [{ organization: 'lab', role: 'publisher' }] }),
};

test.each([...Object.entries(strangers).map(([who, identity]) => [who, identity, false] as const), ...Object.entries(admitted).map(([who, identity]) => [who, identity, true] as const)])('%s', async (_who, identity, sees) => {
  const context = contextOf(identity);
  expect(maySeeJob(context, job)).toBe(sees);
  expect((await findJob(context, job.id))?.id).toBe(sees ? job.id : undefined);
  // Lists and feeds: by whatever is asked for.
  for (const where of [undefined, { organization: ['lab'] }, { kind: ['PUBLISH'] }]) expect(matches(jobFilter(context, where as Parameters<typeof jobFilter>[1]), job)).toBe(sees);
});

test('everybody\'s are an administrator\'s alone', () => {
  for (const [who, identity] of [...Object.entries(strangers), ...Object.entries(admitted)]) expect([who, jobVisibility(contextOf(identity)) === undefined]).toEqual([who, who === 'an administrator']);
});

test('of a frozen dataset a job is refused to all, also to an administrator', () => {
  const freeze = { incident: 'i', since: new Date(0) };
  for (const identity of [maker, admitted['an administrator']!]) {
    expect(frozenOf(contextOf(identity, freeze), job)).toMatchObject({ code: 'FORBIDDEN', details: { reason: 'FROZEN' } });
    expect(frozenOf(contextOf(identity), job)).toBeUndefined();
  }
});
