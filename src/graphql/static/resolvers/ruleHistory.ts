import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { Dataset } from '../../../catalog/model.js';
import { DureError } from '../../../errors.js';
import { parseRules } from '../../../policy/parseRules.js';
import { emptyRules, type RuleDocument } from '../../../policy/rule.js';
import { ruleChanges } from '../../../policy/ruleChanges.js';
import { rulesDigest, type RuleRevision } from '../../../storage/ruleStore.js';
import type { RequestContext } from '../../context.js';
import { JSONScalar } from '../../scalars.js';
import { requireRole } from '../authority.js';
import { requireDataset } from '../lookups.js';
import { ruledTables } from '../ruledTables.js';
import { DatasetRulesType, RuleChangeType } from '../types/ruleTypes.js';

const datasetArgument = { description: 'The dataset: its id or `organization/name`.' };
const mostRevisions = 100;

@Resolver()
export class RuleHistoryResolver {
  @Query(() => DatasetRulesType, { description: 'The rules of a dataset, whole. For stewards of the organization.' })
  async datasetRules(@Ctx() context: RequestContext, @Arg('dataset', () => ID, datasetArgument) id: string,
    @Arg('revision', () => Int, { nullable: true, description: 'Which revision; the one in force where absent.' }) revision?: number): Promise<DatasetRulesType> {
    const dataset = forSteward(context, id);
    const wanted = revision ?? dataset.rulesRevision;
    if (wanted === 0) return revisionType(dataset, { revision: 0, document: emptyRules }, emptyRules);
    const found = await context.services.rules.get(dataset.id, wanted);
    if (!found) throw new DureError('NOT_FOUND', `The dataset has no rules of revision ${wanted}; the newest is ${dataset.rulesRevision}.`, { revision: dataset.rulesRevision });
    return revisionType(dataset, found, await context.services.rules.document(dataset.id, wanted - 1) ?? emptyRules);
  }

  @Query(() => [DatasetRulesType], { description: 'The revisions of a dataset\'s rules, newest first, each with what it changed. For stewards of the organization.' })
  async datasetRulesHistory(@Ctx() context: RequestContext, @Arg('dataset', () => ID, datasetArgument) id: string,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many.' }) first: number,
    @Arg('before', () => Int, { nullable: true, description: 'Only those older than this revision.' }) before?: number): Promise<DatasetRulesType[]> {
    const dataset = forSteward(context, id);
    if (first < 1 || first > mostRevisions) throw new DureError('BAD_USER_INPUT', `first must be 1 to ${mostRevisions}.`, { argument: 'first' });
    // One more than is told: the last is compared with it.
    const found = await context.services.rules.list(dataset.id, first + 1, before ?? undefined);
    return found.slice(0, first).map((revision, index) => revisionType(dataset, revision, found[index + 1]?.document ?? emptyRules));
  }

  @Query(() => [RuleChangeType], { description: 'What a rule document would change of the one in force. For stewards of the organization.' })
  diffDatasetRules(@Ctx() context: RequestContext, @Arg('dataset', () => ID, datasetArgument) id: string, @Arg('document', () => JSONScalar, { description: 'The document.' }) document: unknown): readonly RuleChangeType[] {
    const dataset = forSteward(context, id);
    return ruleChanges(dataset.rules, parseRules(document, ruledTables(dataset)), context.language);
  }
}

function forSteward(context: RequestContext, id: string): Dataset {
  const dataset = requireDataset(context, id);
  requireRole(context.identity, dataset.organization, 'steward', 'rules');
  return dataset;
}

function revisionType(dataset: Dataset, found: Pick<RuleRevision, 'revision' | 'document'> & Partial<RuleRevision>, former: RuleDocument): DatasetRulesType {
  const { revision, document, note, createdAt, createdBy } = found;
  return { revision, document, digest: rulesDigest(document), note, createdAt, createdBy, inForce: revision === dataset.rulesRevision, changes: ruleChanges(former, document) };
}
