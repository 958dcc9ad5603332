import { Field, ObjectType } from 'type-graphql';
import type { Dataset } from '../../../catalog/model.js';
import { knownNamespaces, type NamespaceFacts } from '../../../catalog/namespaces.js';
import { DatasetType, datasetValue } from './datasetType.js';

@ObjectType('Namespace', { description: 'A namespace of identifiers. Columns of one namespace belong together, whichever dataset they stand in.' })
export class NamespaceType {
  private readonly facts: NamespaceFacts | undefined;
  constructor(readonly namespace: string, private readonly used: readonly Dataset[]) {
    this.facts = knownNamespaces.get(namespace);
  }

  @Field(() => String, { description: 'The prefix in the Bioregistry, for example `uniprot`.' })
  get prefix(): string {
    return this.namespace;
  }

  @Field(() => String, { nullable: true, description: 'Its title; null where only the prefix is known here.' })
  get title(): string | undefined {
    return this.facts?.title;
  }

  @Field(() => String, { nullable: true, description: 'A regular expression that an identifier matches as a whole.' })
  get pattern(): string | undefined {
    return this.facts?.pattern;
  }

  @Field(() => String, { nullable: true, description: 'An identifier in it.' })
  get example(): string | undefined {
    return this.facts?.example;
  }

  @Field(() => String, { nullable: true, description: 'The web page of its authority.' })
  get homepage(): string | undefined {
    return this.facts?.homepage;
  }

  @Field(() => [DatasetType], { description: 'The datasets with a column in it, of those that you may see.' })
  get datasets(): readonly DatasetType[] {
    return this.used.map((dataset) => datasetValue(dataset));
  }
}
