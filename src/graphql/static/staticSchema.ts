/** The static part of the schema: what is there whatever is published. The dynamic part is put beside it. */
import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchema, type PubSub } from 'type-graphql';
import { AccessRequestResolver } from './resolvers/accessRequests.js';
import { AccessRequestSubscriptionResolver } from './resolvers/accessRequestSubscriptions.js';
import { ErasureResolver } from './resolvers/erasures.js';
import { IncidentResolver } from './resolvers/incidents.js';
import { SuspensionResolver } from './resolvers/suspensions.js';
import { ApiTokenResolver } from './resolvers/apiTokens.js';
import { AuditResolver } from './resolvers/audit.js';
import { CreateOrganizationResolver } from './resolvers/createOrganization.js';
import { CollectionResolver } from './resolvers/collections.js';
import { DatasetRulesResolver } from './resolvers/datasetRules.js';
import { RuleHistoryResolver } from './resolvers/ruleHistory.js';
import { RuleOverrideResolver } from './resolvers/ruleOverrides.js';
import { RuleTrialResolver } from './resolvers/ruleTrials.js';
import { DatasetResolver } from './resolvers/datasets.js';
import { DatasetSubscriptionResolver } from './resolvers/datasetSubscriptions.js';
import { ExplainAccessResolver } from './resolvers/explainAccess.js';
import { ExplainQueryResolver } from './resolvers/explainQuery.js';
import { JobControlResolver } from './resolvers/jobControl.js';
import { JobResolver } from './resolvers/jobs.js';
import { JobSubscriptionResolver } from './resolvers/jobSubscriptions.js';
import { MeResolver } from './resolvers/me.js';
import { NamespaceResolver } from './resolvers/namespaces.js';
import { OrganizationResolver } from './resolvers/organizations.js';
import { SourceResolver } from './resolvers/sources.js';
import { MappingType, MentionType } from './types/entityParts.js';
import { PublishDatasetResolver } from './resolvers/publishDataset.js';
import { ExportResolver } from './resolvers/exports.js';
import { SyncSourceResolver } from './resolvers/syncSource.js';

export function buildStaticSchema(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [
      MeResolver, OrganizationResolver, DatasetResolver, JobResolver, NamespaceResolver, ExplainAccessResolver,
      CreateOrganizationResolver, PublishDatasetResolver, SyncSourceResolver, ExportResolver, DatasetRulesResolver, RuleHistoryResolver, RuleTrialResolver, RuleOverrideResolver, SourceResolver, JobControlResolver, ApiTokenResolver, AuditResolver, CollectionResolver,
      JobSubscriptionResolver, DatasetSubscriptionResolver, ExplainQueryResolver, AccessRequestResolver, AccessRequestSubscriptionResolver, SuspensionResolver, IncidentResolver, ErasureResolver,
    ],
    orphanedTypes: [MentionType, MappingType],
    // Types, enums and scalars say what is legal; what they cannot say, the resolvers check with messages of their own.
    validate: false,
    pubSub: noTopics,
  });
}

/** type-graphql asks for one wherever there are subscriptions. Ours bring their own streams: rows in the database are the truth, not messages. */
const noTopics: PubSub = {
  publish() {
    throw new Error('Events are not published by topic.');
  },
  subscribe() {
    throw new Error('Subscriptions have streams of their own.');
  },
};
