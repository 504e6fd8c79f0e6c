import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePeriod } from '../../../src-shared/domain/period.ts';
import type { EvidenceStore } from '../../ports/evidence.ts';
import type { FileHandles } from '../../ports/files.ts';
import { evidenceOf, sharesOf } from '../../store/repositories/desk.ts';
import { notFound } from '../problem.ts';
import { allocate, shareView } from './allocations.ts';
import { forgetRule, previewRule, rulesOf, saveRule, suggestRule, type WantedRule } from './category-rules.ts';
import { keepBoth, listDuplicates, mergeDuplicate, unmerge } from './duplicates.ts';
import { addHandLine, type TypedInvoice } from './hand-lines.ts';
import { addComment, attachEvidence, detachEvidence, notesOf } from './notes.ts';
import { reasonsOf, shareTargets } from './reasons.ts';
import { splitLine } from './split.ts';
import type { Reviewer, ReviewParts } from './step.ts';

export interface DeskParts extends ReviewParts {
  readonly evidence: EvidenceStore;
  readonly files: FileHandles;
  readonly temporaryFolder: string;
}

/** What finance decides beside correcting lines: duplicates, shares, category rules, comments, evidence, typed-in invoices. */
export function createDesk(parts: DeskParts) {
  const { store, runtime, evidence, files, temporaryFolder } = parts;
  type Pair = Parameters<typeof mergeDuplicate>[2];

  async function documentOf(organisationId: string, { lineId, evidenceId }: { lineId: string; evidenceId: string }) {
    const row = (await evidenceOf(store.read, organisationId, [lineId])).find(({ id }) => id === evidenceId);
    if (!row) throw notFound({ happened: 'There is no such document.' });
    return row;
  }

  return {
    reasons: (organisationId: string, period: string | undefined) =>
      reasonsOf(store.read, organisationId, period ? (parsePeriod(period) ?? undefined) : undefined),
    shareTargets: (organisationId: string, lineId: string) => shareTargets(store.read, organisationId, lineId),
    duplicates: (organisationId: string) => listDuplicates(store.read, organisationId),
    merge: (organisationId: string, pair: Pair, who: Reviewer) => mergeDuplicate(parts, organisationId, pair, who),
    keepBoth: (organisationId: string, pair: Pair, who: Reviewer) => keepBoth(parts, organisationId, pair, who),
    unmerge: (organisationId: string, pair: Omit<Pair, 'reason'>, who: Reviewer) =>
      unmerge(parts, organisationId, pair, who),

    async shares(organisationId: string, lineId: string) {
      return (await sharesOf(store.read, organisationId, [lineId])).map(shareView);
    },
    allocate: (organisationId: string, request: Parameters<typeof allocate>[2], who: Reviewer) =>
      allocate(parts, organisationId, request, who),

    split: (organisationId: string, request: Parameters<typeof splitLine>[2], who: Reviewer) =>
      splitLine(parts, organisationId, request, who),

    rules: (organisationId: string) => rulesOf(store.read, organisationId),
    suggestRule: (organisationId: string, lineId: string) => suggestRule(store.read, organisationId, lineId),
    previewRule: (organisationId: string, rule: WantedRule) => previewRule(store.read, organisationId, rule),
    saveRule: (organisationId: string, request: Parameters<typeof saveRule>[2], who: Reviewer) =>
      saveRule(parts, organisationId, request, who),
    forgetRule: (organisationId: string, ruleId: string, who: Reviewer) =>
      forgetRule(parts, organisationId, ruleId, who),

    notes: (organisationId: string, lineId: string) => notesOf(store.read, organisationId, lineId),
    comment: (organisationId: string, words: { lineId: string; text: string }, who: Reviewer) =>
      addComment(parts, organisationId, words, who),
    attach: (organisationId: string, request: Parameters<typeof attachEvidence>[3], who: Reviewer) =>
      attachEvidence(parts, evidence, organisationId, request, who),
    detach: (organisationId: string, evidenceId: string, who: Reviewer) =>
      detachEvidence(parts, organisationId, evidenceId, who),
    async viewEvidence(organisationId: string, wanted: { lineId: string; evidenceId: string }) {
      const row = await documentOf(organisationId, wanted);
      const bytes = await evidence.read(row.file_id);
      return { contentType: row.content_type, base64: Buffer.from(bytes).toString('base64') };
    },
    /** A copy for one download; its content is proven by its name on the way. */
    async openEvidence(organisationId: string, wanted: { lineId: string; evidenceId: string }) {
      const row = await documentOf(organisationId, wanted);
      await mkdir(temporaryFolder, { recursive: true, mode: 0o700 });
      const path = join(temporaryFolder, runtime.ids.next());
      await writeFile(path, await evidence.read(row.file_id), { mode: 0o600 });
      return { download: await files.offer(path, row.file_name, { temporary: true }) };
    },
    add: (organisationId: string, typed: TypedInvoice, who: Reviewer) =>
      addHandLine(parts, evidence, organisationId, typed, who),
  };
}
