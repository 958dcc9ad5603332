import { Field, Int, ObjectType } from 'type-graphql';
import { DateTimeScalar } from '../../scalars.js';

@ObjectType('VersionErasure', { description: 'A person who was erased from a version.' })
export class VersionErasureType {
  @Field(() => DateTimeScalar, { description: 'When.' })
  declare readonly at: Date;

  @Field(() => Int, { description: 'Rows that were removed.' })
  declare readonly rows: number;

  @Field(() => Int, { description: 'Cells of other persons\' rows that were emptied, since they named the person.' })
  declare readonly cells: number;

  @Field(() => String, { description: 'The same in a sentence, as citations have it.' })
  declare readonly note: string;
}
