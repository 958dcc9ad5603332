import { Field, ID, Int, ObjectType } from 'type-graphql';
import { DateTimeScalar } from '../../scalars.js';
import { JobType } from './jobType.js';

@ObjectType('ErasedTable', { description: 'What an erasure removed from a table of a version.' })
export class ErasedTableType {
  @Field(() => String, { description: 'The version, for example `1.2`.' })
  declare readonly version: string;

  @Field(() => String, { description: 'The table\'s name in the package.' })
  declare readonly table: string;

  @Field(() => Int, { description: 'Rows that were removed.' })
  declare readonly rows: number;

  @Field(() => Int, { description: 'Cells of other persons\' rows that were emptied.' })
  declare readonly cells: number;
}

@ObjectType('Erasure', { description: 'The proof that a person was erased, which does not say who it was.' })
export class ErasureType {
  @Field(() => ID, { description: 'Its id.' })
  declare readonly id: string;

  @Field(() => Boolean, { description: 'Whether it holds for every dataset of the organization: the person is published in none of them.' })
  declare readonly everywhere: boolean;

  @Field(() => String, { description: 'The keyed hash of the person\'s key. `erasuresOf` compares it with that of a key that you name.' })
  declare readonly commitment: string;

  @Field(() => String, { description: 'The id of the secret key that the hash was made with.' })
  declare readonly keyId: string;

  @Field(() => String, { description: 'Why.' })
  declare readonly reason: string;

  @Field(() => String, { description: 'On what legal basis.' })
  declare readonly basis: string;

  @Field(() => String, { description: 'The subject of who asked for it.' })
  declare readonly requestedBy: string;

  @Field(() => DateTimeScalar, { description: 'When it was asked for. From then on the person is not published any more.' })
  declare readonly requestedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when nothing of the person is answered; null while the job has not done it.' })
  declare readonly completedAt?: Date;

  @Field(() => [ErasedTableType], { description: 'What was removed.' })
  declare readonly tables: readonly ErasedTableType[];

  @Field(() => Int, { description: 'Exported files of the dataset that were removed, whoever had them here.' })
  declare readonly exports: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was recorded that the person has consented anew: from then on they may be published again.' })
  declare readonly renewedAt?: Date;

  @Field(() => String, { nullable: true, description: 'The subject of who recorded that.' })
  declare readonly renewedBy?: string;

  @Field(() => String, { nullable: true, description: 'How it is known.' })
  declare readonly renewReason?: string;
}

@ObjectType('ErasePersonPayload', { description: 'Erasures that were begun, one for each dataset.' })
export class ErasePersonPayload {
  @Field(() => [ErasureType], { description: 'The erasures.' })
  declare readonly erasures: readonly ErasureType[];

  @Field(() => [JobType], { description: 'The jobs that remove the rows, in the same order.' })
  declare readonly jobs: readonly JobType[];
}
