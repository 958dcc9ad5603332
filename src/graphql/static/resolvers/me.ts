import { Ctx, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../context.js';
import { MeType } from '../types/meType.js';

@Resolver()
export class MeResolver {
  @Query(() => MeType, { description: 'Who you are.' })
  me(@Ctx() context: RequestContext): MeType {
    return new MeType(context.identity);
  }
}
