import { desk as deskContract } from '../../../src-shared/contract/desk.ts';
import { money } from '../../../src-shared/contract/who-may.ts';
import type { FileHandles } from '../../ports/files.ts';
import type { Organisations } from '../organisations/organisations.ts';
import type { Desk } from '../review/index.ts';
import { type CallContext, implementGuarded, notFound } from './base.ts';

const os = implementGuarded({ desk: deskContract });

/** `contract/desk.ts`. */
export function deskHandlers({
  desk,
  files,
  organisations,
}: {
  desk: Desk;
  files: FileHandles;
  organisations: Pick<Organisations, 'requireRole'>;
}) {
  async function reviewer(organisationId: string, { caller, correlationId }: CallContext) {
    const person = await organisations.requireRole(organisationId, caller.personId, money);
    return { personId: person.id, name: person.name, channel: caller.via, correlationId };
  }
  async function taken(handle: string) {
    const file = await files.take(handle);
    if (file) return file;
    throw notFound({ happened: 'The file is no longer at hand.', remedy: 'Choose it again.' });
  }
  return {
    reasons: os.desk.reasons.handler(({ input }) => desk.reasons(input.organisationId, input.period)),
    duplicates: os.desk.duplicates.handler(({ input }) => desk.duplicates(input.organisationId)),
    merge: os.desk.merge.handler(async ({ input: { organisationId, ...pair }, context }) =>
      desk.merge(organisationId, pair, await reviewer(organisationId, context)),
    ),
    keepBoth: os.desk.keepBoth.handler(async ({ input: { organisationId, ...pair }, context }) =>
      desk.keepBoth(organisationId, pair, await reviewer(organisationId, context)),
    ),
    unmerge: os.desk.unmerge.handler(async ({ input: { organisationId, ...pair }, context }) =>
      desk.unmerge(organisationId, pair, await reviewer(organisationId, context)),
    ),
    shares: os.desk.shares.handler(({ input }) => desk.shares(input.organisationId, input.lineId)),
    shareTargets: os.desk.shareTargets.handler(({ input }) => desk.shareTargets(input.organisationId, input.lineId)),
    allocate: os.desk.allocate.handler(async ({ input: { organisationId, ...request }, context }) =>
      desk.allocate(organisationId, request, await reviewer(organisationId, context)),
    ),
    split: os.desk.split.handler(async ({ input: { organisationId, ...request }, context }) => {
      const { partIds, ...step } = await desk.split(organisationId, request, await reviewer(organisationId, context));
      return { ...step, partIds: [...partIds] };
    }),
    rules: os.desk.rules.handler(({ input }) => desk.rules(input.organisationId)),
    suggestRule: os.desk.suggestRule.handler(({ input }) => desk.suggestRule(input.organisationId, input.lineId)),
    previewRule: os.desk.previewRule.handler(({ input }) => desk.previewRule(input.organisationId, input.rule)),
    saveRule: os.desk.saveRule.handler(async ({ input: { organisationId, rule, apply }, context }) =>
      desk.saveRule(organisationId, { ...rule, apply }, await reviewer(organisationId, context)),
    ),
    forgetRule: os.desk.forgetRule.handler(async ({ input, context }) => {
      await desk.forgetRule(input.organisationId, input.ruleId, await reviewer(input.organisationId, context));
      return {};
    }),
    notes: os.desk.notes.handler(({ input }) => desk.notes(input.organisationId, input.lineId)),
    comment: os.desk.comment.handler(async ({ input: { organisationId, ...words }, context }) => {
      await desk.comment(organisationId, words, await reviewer(organisationId, context));
      return {};
    }),
    attach: os.desk.attach.handler(async ({ input, context }) => {
      const who = await reviewer(input.organisationId, context);
      return desk.attach(input.organisationId, { lineId: input.lineId, file: await taken(input.file) }, who);
    }),
    detach: os.desk.detach.handler(async ({ input, context }) => {
      await desk.detach(input.organisationId, input.evidenceId, await reviewer(input.organisationId, context));
      return {};
    }),
    viewEvidence: os.desk.viewEvidence.handler(({ input }) => desk.viewEvidence(input.organisationId, input)),
    openEvidence: os.desk.openEvidence.handler(({ input }) => desk.openEvidence(input.organisationId, input)),
    add: os.desk.add.handler(async ({ input: { organisationId, invoice, file }, context }) => {
      const who = await reviewer(organisationId, context);
      return desk.add(organisationId, { invoice, file: file === null ? null : await taken(file) }, who);
    }),
  };
}
