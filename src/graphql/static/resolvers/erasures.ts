import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { Column, Dataset } from '../../../catalog/model.js';
import { DureError } from '../../../errors.js';
import { frozenError } from '../../../policy/closed.js';
import { personDomain } from '../../../publish/personKeys.js';
import type { Erasure } from '../../../storage/erasureStore.js';
import type { RequestContext } from '../../context.js';
import { requireRole } from '../authority.js';
import { ErasePersonInput, PersonInput, RenewConsentInput } from '../erasureInputs.js';
import { requireDataset } from '../lookups.js';
import { changeRecorded } from '../recordChange.js';
import { checkReason, checkText } from '../text.js';
import { ErasePersonPayload, ErasureType } from '../types/erasureType.js';
import { JobType } from '../types/jobType.js';

@Resolver()
export class ErasureResolver {
  @Query(() => [ErasureType], { description: 'Persons who were erased from a dataset, newest first. For stewards of the organization.' })
  async erasures(@Ctx() context: RequestContext, @Arg('dataset', () => ID, { description: 'The dataset: its id or `organization/name`.' }) id: string): Promise<readonly ErasureType[]> {
    const { dataset } = asSteward(context, id);
    return (await context.services.erasures.ofDataset(dataset.id)).map(told);
  }

  @Query(() => [ErasureType], { description: 'Shows that this person was erased, and when; empty where they were not. For stewards of the organization.' })
  async erasuresOf(@Ctx() context: RequestContext, @Arg('person', () => PersonInput, { description: 'Who.' }) input: PersonInput): Promise<readonly ErasureType[]> {
    const { dataset, domain, key } = personOf(context, input);
    return (await context.services.erasures.ofPerson(dataset.organization.id, dataset.id, domain, key)).map(told);
  }

  @Mutation(() => ErasePersonPayload, { description: 'Begins to remove a person\'s rows from every version of a dataset, and what hangs on them by foreign keys. It cannot be undone. For stewards of the organization.' })
  async erasePerson(@Ctx() context: RequestContext, @Arg('input', () => ErasePersonInput, { description: 'Who, why, and on what basis.' }) input: ErasePersonInput): Promise<ErasePersonPayload> {
    const { identity, services } = context;
    const { dataset, by, domain, key } = personOf(context, input.person);
    const reason = checkReason('input.reason', input.reason);
    const basis = checkText('input.basis', input.basis, 500);
    const others = input.everywhere ? [...services.catalog.snapshot.datasets.values()].filter((other) => other !== dataset && other.organization.id === dataset.organization.id && !other.source && hasDomain(other, domain)) : [];
    const datasets = [dataset, ...others];
    for (const each of datasets) if (each.freeze) throw frozenError(each);
    const scope = input.everywhere ? 'organization' as const : 'dataset' as const;
    const erasures: Erasure[] = [];
    const jobs: JobType[] = [];
    for (const each of datasets) {
      const { erasure, job } = await changeRecorded(context, () => ({ kind: 'ERASURE_REQUESTED', dataset: each, details: { reason, basis, scope } }), async (within) => {
        let asked: { readonly id: string; announce(): void } | undefined;
        const erasure = await services.erasures.request({
          organizationId: each.organization.id, datasetId: each.id, scope, domain, key, reason, basis, by: { subject: by, issuer: identity.issuer },
        }, async (transaction, made) => {
          await within(transaction, made);
          asked = await services.jobs.enqueueIn(transaction, { kind: 'ERASE_PERSON', input: { erasure: made.id }, identity, organizationId: each.organization.id, datasetId: each.id });
        });
        asked!.announce();
        return { erasure, job: (await services.jobs.get(asked!.id))! };
      });
      erasures.push(erasure);
      jobs.push(new JobType(job));
    }
    return { erasures: erasures.map(told), jobs };
  }

  @Mutation(() => [ErasureType], { description: 'Records that a person who was erased has consented anew: they may be published again. For stewards of the organization.' })
  async renewConsent(@Ctx() context: RequestContext, @Arg('input', () => RenewConsentInput, { description: 'Who, and how it is known.' }) input: RenewConsentInput): Promise<readonly ErasureType[]> {
    const { dataset, by, domain, key } = personOf(context, input.person);
    const reason = checkReason('input.reason', input.reason);
    const renewed = await changeRecorded(context, (made: readonly Erasure[]) => ({ kind: 'CONSENT_RENEWED', dataset, details: { erasures: made.map(({ id }) => id), reason } }),
      (within) => context.services.erasures.renew(dataset.organization.id, dataset.id, domain, key, reason, by, within));
    return renewed.map(told);
  }
}

function told({ scope, ...erasure }: Erasure): ErasureType {
  return { ...erasure, everywhere: scope === 'organization' };
}

function asSteward(context: RequestContext, id: string): { readonly dataset: Dataset; readonly by: string } {
  const dataset = requireDataset(context, id);
  return { dataset, by: requireRole(context.identity, dataset.organization, 'steward', 'rules') };
}

function personOf(context: RequestContext, input: PersonInput): { readonly dataset: Dataset; readonly by: string; readonly domain: string; readonly key: string } {
  const { dataset, by } = asSteward(context, input.dataset);
  if (dataset.source) throw new DureError('BAD_USER_INPUT', 'The rows of this dataset live elsewhere: erase the person there.', { argument: 'person.dataset' });
  const columns = personColumnsOf(dataset, input.table);
  const column = input.column === undefined || input.column === null ? columns[0] : columns.find(({ name }) => name === input.column);
  if (!column) throw new DureError('BAD_USER_INPUT', `No version of the dataset has a table ${JSON.stringify(input.table.slice(0, 100))} with such a column of persons' keys ("dure:personKey": true).`, { argument: 'person.table' });
  if ((input.column === undefined || input.column === null) && new Set(columns.map(personDomain)).size > 1) throw new DureError('BAD_USER_INPUT', `The table has several columns of persons' keys: name one of ${columns.map(({ name }) => name).join(', ')}.`, { argument: 'person.column' });
  if (input.key === '' || input.key.length > 1_000 || input.key.includes('\0')) throw new DureError('BAD_USER_INPUT', 'The key must be a text of 1 to 1,000 characters.', { argument: 'person.key' });
  return { dataset, by, domain: personDomain(column), key: input.key };
}

/** Of any version, the newest first. */
function personColumnsOf(dataset: Dataset, table: string): readonly Column[] {
  const columns = dataset.versions.flatMap((version) => version.tables).filter(({ name }) => name === table).flatMap((found) => found.columns.filter((column) => column.personKey));
  return columns.filter((column, index) => columns.findIndex(({ name }) => name === column.name) === index);
}

function hasDomain(dataset: Dataset, domain: string): boolean {
  return dataset.versions.some(({ tables }) => tables.some(({ columns }) => columns.some((column) => column.personKey && personDomain(column) === domain)));
}
