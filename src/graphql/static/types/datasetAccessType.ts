import { Arg, Ctx, Field, ObjectType } from 'type-graphql';
import { opensByGrant } from '../../../access/settings.js';
import type { Dataset } from '../../../catalog/model.js';
import { summarizeRules } from '../../../policy/summary.js';
import type { RequestContext } from '../../context.js';
import { DateTimeScalar } from '../../scalars.js';
import { decisionFor, tell, type ToldReason } from '../access.js';
import { clock } from '../lookups.js';
import { LanguageEnum } from '../enums.js';
import { type Language, languageArgument } from '../language.js';

@ObjectType('DatasetAccess', { description: 'What you may see of a dataset, and why.' })
export class DatasetAccessType {
  private readonly told: ToldReason;
  constructor(private readonly dataset: Dataset, context: RequestContext) {
    this.told = tell(decisionFor(dataset, context), context.language, clock(context.services));
  }

  @Field(() => Boolean, { description: 'Whether you may read rows of it now.' })
  get readable(): boolean {
    return this.told.readable;
  }

  @Field(() => String, { description: 'The reason as a code, for example `PUBLIC`, `MEMBER`, `SIGN_IN`, `EMBARGO`.' })
  get code(): string {
    return this.told.code;
  }

  @Field(() => String, { description: 'The reason in words.' })
  get reason(): string {
    return this.told.message;
  }

  @Field(() => String, { nullable: true, description: 'How to ask for access.' })
  get howToAsk(): string | undefined {
    return this.told.howToAsk;
  }

  @Field(() => Boolean, { description: 'Whether a request for access (`requestAccess`) could open more of it.' })
  get requestable(): boolean {
    return opensByGrant(this.dataset);
  }

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when only the organization\'s members read rows.' })
  get embargoUntil(): Date | undefined {
    return this.dataset.embargoUntil;
  }

  @Field(() => [String], { description: 'The rules in plain words, without persons and conditions.' })
  rules(@Ctx() context: RequestContext, @Arg('language', () => LanguageEnum, languageArgument) language?: Language): string[] {
    return summarizeRules(this.dataset.rules, language ?? context.language);
  }
}
