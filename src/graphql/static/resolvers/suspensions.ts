import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { isSamePerson } from '../../../access/request.js';
import { DureError } from '../../../errors.js';
import type { SuspensionRecord } from '../../../storage/standingStore.js';
import type { RequestContext } from '../../context.js';
import { requireAdministrator } from '../authority.js';
import { notFound } from '../ids.js';
import { changeRecorded } from '../recordChange.js';
import { checkOptionalText, checkText } from '../text.js';
import { SuspensionType } from '../types/accessRequestType.js';

@Resolver()
export class SuspensionResolver {
  @Query(() => [SuspensionType], { description: 'Persons who may not use this server now. For administrators.' })
  async suspensions(@Ctx() context: RequestContext): Promise<readonly SuspensionType[]> {
    requireAdministrator(context.identity);
    return context.services.suspensions.suspensions();
  }

  @Mutation(() => SuspensionType, { description: 'Refuses everything to a person from now on, whichever token they use; ends their subscriptions and jobs. For administrators.' })
  async suspendPerson(
    @Ctx() context: RequestContext,
    @Arg('subject', () => String, { description: 'The subject, as the identity provider asserts it.' }) subject: string,
    @Arg('reason', () => String, { description: 'Why; it is recorded.' }) reason: string,
    @Arg('issuer', () => String, { nullable: true, description: 'The provider that asserts the subject; whichever does where absent.' }) issuer?: string,
  ): Promise<SuspensionType> {
    const by = requireAdministrator(context.identity);
    const person = { subject: checkText('subject', subject, 255), issuer: checkOptionalText('issuer', issuer, 500), reason: checkText('reason', reason, 2_000) };
    if (isSamePerson({ subject: person.subject, issuer: person.issuer }, context.identity)) throw new DureError('BAD_USER_INPUT', 'You would lock yourself out: let another administrator do this.', { argument: 'subject' });
    return changeRecorded(context, () => ({ kind: 'PERSON_SUSPENDED', details: person }), async (within) => {
      const suspension = await context.services.suspensions.suspend({ ...person, by }, within);
      await context.services.standing.refresh();
      return suspension;
    });
  }

  @Mutation(() => SuspensionType, { description: 'Lifts a suspension: the person may use the server again. For administrators.' })
  async restorePerson(@Ctx() context: RequestContext, @Arg('suspension', () => ID, { description: 'Which suspension.' }) id: string): Promise<SuspensionType> {
    const by = requireAdministrator(context.identity);
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw notFound('suspension', id);
    return changeRecorded(context, (lifted: SuspensionRecord) => ({ kind: 'PERSON_RESTORED', details: { suspension: lifted.id, subject: lifted.subject, issuer: lifted.issuer } }), async (within) => {
      const suspension = await context.services.suspensions.restore(id, by, within);
      await context.services.standing.refresh();
      return suspension;
    });
  }
}
