import { Field, ID, InputType } from 'type-graphql';

@InputType('PersonInput', { description: 'A person by their key in a dataset.' })
export class PersonInput {
  @Field(() => ID, { description: 'The dataset: its id or `organization/name`.' })
  dataset!: string;

  @Field(() => String, { description: 'A table with a column that holds keys of persons: its name in the package.' })
  table!: string;

  @Field(() => String, { nullable: true, description: 'That column\'s name in the package; may be left out where the table has one.' })
  column?: string;

  @Field(() => String, { description: 'The person\'s key, as it stands there.' })
  key!: string;
}

@InputType('ErasePersonInput', { description: 'A person whose rows are to be removed from every version.' })
export class ErasePersonInput {
  @Field(() => PersonInput, { description: 'Who.' })
  person!: PersonInput;

  @Field(() => Boolean, { defaultValue: false, description: 'Also from the other datasets of the organization, where their columns hold keys of the same kind; and the person is published in none of them any more.' })
  everywhere!: boolean;

  @Field(() => String, { description: 'Why: at least ten characters. It is kept; do not name the person.' })
  reason!: string;

  @Field(() => String, { description: 'On what legal basis, for example `PIPA article 37: consent withdrawn`. It is kept.' })
  basis!: string;
}

@InputType('RenewConsentInput', { description: 'A person who was erased and has consented anew.' })
export class RenewConsentInput {
  @Field(() => PersonInput, { description: 'Who.' })
  person!: PersonInput;

  @Field(() => String, { description: 'How it is known: at least ten characters. It is kept; do not name the person.' })
  reason!: string;
}
