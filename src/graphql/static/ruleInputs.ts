import { Field, ID, InputType, Int } from 'type-graphql';
import { JSONScalar } from '../scalars.js';
import { IdentityInput } from './inputs.js';

@InputType('OverrideDatasetRulesInput', { description: 'An emergency: one person reads everything of a dataset, past its rules, for a short time.' })
export class OverrideDatasetRulesInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => String, { description: 'The person\'s subject, as their identity provider asserts it.' })
  subject!: string;

  @Field(() => String, { nullable: true, description: 'The issuer that asserts the subject. May be absent where this server believes only one.' })
  issuer?: string | null;

  @Field(() => String, { description: 'Why: at least ten characters. It is recorded, logged, and told with every answer.' })
  reason!: string;

  @Field(() => Int, { description: 'For how long, in minutes. `DURE_MAX_OVERRIDE_MINUTES` is the most.' })
  minutes!: number;
}

@InputType('EndDatasetOverrideInput', { description: 'An emergency override that ends now.' })
export class EndDatasetOverrideInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => ID, { description: 'The override.' })
  override!: string;
}

@InputType('TryQueryInput', { description: 'A query to be answered under other rules, as somebody else.' })
export class TryQueryInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => JSONScalar, { nullable: true, description: 'The rule document to try; the rules in force where absent.' })
  document?: unknown;

  @Field(() => IdentityInput, { description: 'Who asks.' })
  as!: IdentityInput;

  @Field(() => String, { description: 'The query.' })
  query!: string;

  @Field(() => JSONScalar, { nullable: true, description: 'Its variables.' })
  variables?: unknown;
}
