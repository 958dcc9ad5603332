import { Field, ID, InputType } from 'type-graphql';

@InputType('DeclareIncidentInput', { description: 'An incident (a leak, a re-identification): the dataset is frozen.' })
export class DeclareIncidentInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => String, { description: 'What happened: at least ten characters. It is recorded; stewards and administrators read it.' })
  reason!: string;
}

@InputType('EndIncidentInput', { description: 'The end of an incident: the dataset is answered again.' })
export class EndIncidentInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => String, { description: 'Why it may be answered again: at least ten characters. It is recorded.' })
  reason!: string;
}
