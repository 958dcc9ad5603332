import { Field, ID, InputType } from 'type-graphql';

@InputType('CollectionDatasetInput', { description: 'A dataset of a collection.' })
export class CollectionDatasetInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => String, { nullable: true, description: 'A major such as `1`, whose minors are followed, or one version such as `1.2`; the newest major where absent.' })
  version?: string | null;
}

@InputType('CreateCollectionInput', { description: 'A new collection.' })
export class CreateCollectionInput {
  @Field(() => String, { description: 'Its name in addresses, among all collections: a lower-case letter, then a-z, 0-9 and single dashes.' })
  name!: string;

  @Field(() => String, { description: 'The slug of the organization that keeps it.' })
  organization!: string;

  @Field(() => String, { nullable: true, description: 'Its title.' })
  title?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null;

  @Field(() => [CollectionDatasetInput], { description: 'Its datasets, each once; any that you may see.' })
  datasets!: CollectionDatasetInput[];
}

@InputType('UpdateCollectionInput', { description: 'What to change of a collection; what is absent stays.' })
export class UpdateCollectionInput {
  @Field(() => String, { description: 'Which collection.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Its title; null takes it away.' })
  title?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is for; null takes it away.' })
  description?: string | null;

  @Field(() => [CollectionDatasetInput], { nullable: true, description: 'All its datasets anew.' })
  datasets?: CollectionDatasetInput[] | null;
}
