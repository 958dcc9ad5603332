import { Field, ObjectType } from 'type-graphql';
import { pinName, pinned } from '../../../catalog/collection.js';
import { type Collection, type Dataset, type Organization, type Pin, versionName } from '../../../catalog/model.js';
import { DateTimeScalar } from '../../scalars.js';
import { DatasetType, datasetValue } from './datasetType.js';
import { OrganizationType } from './organizationType.js';
import { connectionOf } from './paging.js';

@ObjectType('CollectionDataset', { description: 'A dataset of a collection, and what it is pinned to.' })
export class CollectionDatasetType {
  private readonly held: Dataset;
  constructor(dataset: Dataset, private readonly choice: Pin) {
    this.held = pinned(dataset, choice) ?? dataset;
  }

  @Field(() => DatasetType, { description: 'The dataset at the version that the collection reads.' })
  get dataset(): DatasetType {
    return datasetValue(this.held);
  }

  @Field(() => String, { description: 'What it is pinned to: a major such as `1`, whose minors are followed, or one version such as `1.2`.' })
  get pin(): string {
    return pinName(this.choice);
  }

  @Field(() => String, { description: 'The version that is read now where a query names none.' })
  get version(): string {
    return versionName(this.held.versions[0]!);
  }
}

@ObjectType('Collection', { description: 'A named choice of datasets with an endpoint and a schema of its own, small and still. It grants nothing: it holds what you may see anyway.' })
export class CollectionType {
  constructor(private readonly collection: Collection, private readonly owner: Organization, private readonly visible: readonly { readonly dataset: Dataset; readonly pin: Pin }[]) {}

  @Field(() => String, { description: 'Its name in addresses.' })
  get name(): string {
    return this.collection.name;
  }

  @Field(() => String, { description: 'Where it is asked: GraphQL over HTTP, WebSocket and Server-Sent Events.' })
  get path(): string {
    return `/graphql/c/${this.collection.name}`;
  }

  @Field(() => String, { description: 'Where its schema lies as SDL.' })
  get schemaPath(): string {
    return `${this.path}/schema.graphql`;
  }

  @Field(() => String, { nullable: true, description: 'Its title.' })
  get title(): string | undefined {
    return this.collection.title;
  }

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  get description(): string | undefined {
    return this.collection.description;
  }

  @Field(() => OrganizationType, { description: 'Who keeps it.' })
  get organization(): OrganizationType {
    return new OrganizationType(this.owner);
  }

  @Field(() => [CollectionDatasetType], { description: 'Its datasets that you may see.' })
  get datasets(): readonly CollectionDatasetType[] {
    return this.visible.map(({ dataset, pin }) => new CollectionDatasetType(dataset, pin));
  }

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  get createdAt(): Date {
    return this.collection.createdAt;
  }

  @Field(() => DateTimeScalar, { description: 'When it was last changed.' })
  get updatedAt(): Date {
    return this.collection.updatedAt;
  }
}

@ObjectType('CollectionConnection', { description: 'A page of collections.' })
export class CollectionConnection extends connectionOf('Collection', CollectionType) {}

@ObjectType('DeleteCollectionPayload', { description: 'What was deleted.' })
export class DeleteCollectionPayload {
  @Field(() => String, { description: 'Its name, which is free again.' })
  declare readonly name: string;
}
