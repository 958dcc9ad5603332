import { Field, Int, ObjectType } from 'type-graphql';
import { type Dataset, type Version, versionName } from '../../../catalog/model.js';
import { DateTimeScalar } from '../../scalars.js';
import { erasureNote } from '../../../catalog/erased.js';
import { VersionErasureType } from './versionErasureType.js';
import { TableType } from './tableType.js';

@ObjectType('Version', { description: 'One state of a dataset, immutable but for persons who are erased. Its name is `MAJOR.MINOR`: columns changed incompatibly from major to major only.' })
export class VersionType {
  constructor(private readonly dataset: Dataset, private readonly value: Version) {}

  @Field(() => String, { description: 'Its name, for example `1.2`.' })
  get version(): string {
    return versionName(this.value);
  }

  @Field(() => Int, { description: 'The first number.' })
  get major(): number {
    return this.value.major;
  }

  @Field(() => Int, { description: 'The second number.' })
  get minor(): number {
    return this.value.minor;
  }

  @Field(() => DateTimeScalar, { description: 'When it was published.' })
  get createdAt(): Date {
    return this.value.createdAt;
  }

  @Field(() => String, { nullable: true, description: 'What its publisher said of it.' })
  get note(): string | undefined {
    return this.value.note;
  }

  @Field(() => [VersionErasureType], { description: 'Persons who were erased from it, oldest first: the one exception to what never changes.' })
  get erasures(): readonly VersionErasureType[] {
    return (this.value.erasures ?? []).map((erasure) => ({ ...erasure, note: erasureNote(erasure) }));
  }

  @Field(() => [TableType], { description: 'Its tables.' })
  get tables(): readonly TableType[] {
    return this.value.tables.map((table) => new TableType(this.dataset, table));
  }
}
