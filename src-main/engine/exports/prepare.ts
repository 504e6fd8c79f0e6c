import type { BatchView, LedgerTarget } from '../../../src-shared/contract/exports.ts';
import { parsePeriod } from '../../../src-shared/domain/period.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { type CostLineRow, refusedRowOf } from '../../store/repositories/costs.ts';
import {
  insertBatch,
  insertDocuments,
  linesBeside,
  linesOfPeriod,
  takeLinesIntoBatch,
} from '../../store/repositories/exports.ts';
import { unreadImports } from '../../store/repositories/imports.ts';
import { linesSaid } from '../../store/repositories/line-history.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import { notFound, refused } from '../problem.ts';
import { refuseLockedPeriod } from '../review/locks.ts';
import { REVERSE } from './booked.ts';
import { type Blocked, batchHash, buildDocuments, type DraftDocument, freeze, notHeld, pounds } from './documents.ts';
import { writeEvidence } from './evidence.ts';
import { alreadyPosted, numbersUsed, standingIn, unposted } from './numbers.ts';
import type { Actor, ExportParts } from './parts.ts';
import { besideTheLedger } from './twins.ts';
import { besideByInvoice } from './whole.ts';

/**
 * Builds a batch from the ready lines of a period: grouped into supplier documents, in the ledger's codes, with their
 * evidence. Lines that are not ready or that the ledger cannot take stay behind and are named with the reason.
 * @returns the batch id. @throws ProblemError when nothing can be prepared
 */
export async function prepareBatch(
  parts: ExportParts,
  organisationId: string,
  request: { readonly period: string; readonly target: LedgerTarget },
  actor: Actor,
): Promise<string> {
  const { store, runtime } = parts;
  const period = parsePeriod(request.period);
  if (period === null) {
    throw refused({
      happened: `"${request.period}" is not a period.`,
      remedy: 'Write a month (2026-09), a quarter (2026-Q3) or a year (2026).',
    });
  }
  const organisation = await getOrganisation(store.read, organisationId);
  if (organisation === null) throw notFound({ happened: `There is no organisation "${organisationId}".` });

  await refuseLockedPeriod(store.read, organisationId, period);
  await parts.linesSettled(organisationId);
  const books = request.target === 'file' ? null : await parts.ledgers.books(organisationId, request.target);
  const [ready, waiting] = await Promise.all([
    linesOfPeriod(store.read, organisationId, period, ['ready']),
    linesOfPeriod(store.read, organisationId, period, ['review']),
  ]);
  const unread = new Map((await unreadImports(store.read, organisationId)).map(({ id, ...row }) => [id, row]));
  const isAsked = (line: CostLineRow) =>
    line.document_lines > 1 || refusedRowOf(line) !== null || unread.has(line.import_id ?? '');
  const built = buildDocuments(ready, {
    organisationId,
    target: request.target,
    vatRegistered: organisation.vat_registered === 1,
    waiting,
    books,
    beside: besideByInvoice(ready, await linesBeside(store.read, organisationId, ready)),
    said: await linesSaid(
      store.read,
      organisationId,
      ready.filter(isAsked).map(({ id }) => id),
    ),
    unread,
  });
  const known: Blocked[] = [];
  const unsent: DraftDocument[] = [];
  const used = await numbersUsed(store.read, organisationId, built.documents);
  for (const draft of built.documents) {
    const found = await unposted(store.read, organisationId, draft, request.target, used);
    if ('document' in found) unsent.push(found);
    else known.push(...alreadyPosted(draft, found.inBatch));
  }
  const { target } = request;
  const compared =
    target === 'file'
      ? { documents: unsent.map((draft) => ({ draft, linkedTo: null })), blocked: [] }
      : await besideTheLedger(parts, { organisationId, target, period: period.label }, unsent);
  const evidence = await writeEvidence(
    parts,
    organisationId,
    compared.documents.map(({ draft }) => draft),
  );
  const batchId = runtime.ids.next();
  const at = runtime.clock.now();
  const all = compared.documents.map((one, index) => {
    const note = `WedSync export ${batchId}, prepared by ${actor.name}`;
    const frozen = freeze(one.draft, evidence[index] ?? [], note);
    return { ...one, frozen, unheld: notHeld(one.draft, frozen) };
  });
  const made = all.filter(({ unheld }) => unheld.length === 0);
  const documents = made.map(({ draft }) => draft);
  const blocked = [...waiting.map(notReady), ...built.blocked, ...known, ...compared.blocked];
  blocked.push(...all.flatMap(({ unheld }) => unheld));
  const documentOf = new Map(
    [...ready, ...waiting].map(({ id, supplier, invoice_number: invoiceNumber }) => [id, { supplier, invoiceNumber }]),
  );
  if (made.length === 0) throw nothingToPrepare(period.label, ready.length, waiting.length, blocked);
  const frozen = made.map((one) => one.frozen);
  const texts = frozen.map((document) => JSON.stringify(document));
  const netMinor = sum(documents.map((draft) => sign(draft) * Math.abs(draft.netGbpMinor)));
  const vatMinor = sum(documents.map((draft) => sign(draft) * Math.abs(draft.vatGbpMinor)));
  const lines = documents.flatMap((draft) => draft.lines);

  await store.transaction(async (tx, after) => {
    // The ledger was asked meanwhile: the month may have been closed since, or another batch may have the number.
    await refuseLockedPeriod(tx, organisationId, period);
    const taken = await numbersUsed(tx, organisationId, documents);
    if (documents.some((draft) => standingIn(draft, taken) !== null)) throw changedMeanwhile();
    await insertBatch(tx, {
      organisation_id: organisationId,
      id: batchId,
      period: period.label,
      target: request.target,
      state: 'checked',
      prepared_by: actor.personId,
      prepared_at: at,
      approved_by: null,
      approved_at: null,
      hash: batchHash(texts),
      lines: lines.length,
      net_gbp_minor: netMinor,
      vat_gbp_minor: vatMinor,
      gross_gbp_minor: netMinor + vatMinor,
      by_treatment: JSON.stringify(byTreatment(documents)),
      blocked: JSON.stringify(blocked.map((one) => ({ ...one, ...documentOf.get(one.lineId) }))),
      pack: null,
      updated_at: at,
    });
    const ids = documents.map(() => runtime.ids.next());
    await insertDocuments(
      tx,
      frozen.map((document, index) => ({
        organisation_id: organisationId,
        id: ids[index] ?? '',
        batch_id: batchId,
        position: index,
        reference: document.reference,
        supplier: document.supplier.name,
        invoice_number: document.invoiceNumber,
        document_date: document.date,
        currency: document.currency,
        net: document.totals.net,
        vat: document.totals.vat,
        gross: document.totals.gross,
        gross_gbp_minor: (documents[index]?.netGbpMinor ?? 0) + (documents[index]?.vatGbpMinor ?? 0),
        lines: document.lines.length,
        frozen: texts[index] ?? '',
        state: 'waiting' as const,
        vendor_id: made[index]?.linkedTo ?? null,
        linked: made[index]?.linkedTo ? (1 as const) : (0 as const),
        job_id: null,
        problem: null,
        read_back: null,
        differences: '[]',
        updated_at: at,
      })),
      documents.flatMap((draft, index) =>
        draft.lines.map((line) => ({
          organisation_id: organisationId,
          document_id: ids[index] ?? '',
          line_id: line.id,
        })),
      ),
    );
    const late = besideByInvoice(lines, await linesBeside(tx, organisationId, lines));
    if (late.size > 0 || !(await takeLinesIntoBatch(tx, organisationId, lines, batchId, at))) {
      throw changedMeanwhile();
    }
    await parts.audit(tx, {
      organisationId,
      actor: actor.name,
      channel: actor.channel,
      action: 'batch.prepared',
      object: batchId,
      after: {
        period: period.label,
        target: request.target,
        lines: lines.length,
        documents: documents.length,
        net: pounds(netMinor),
        vat: pounds(vatMinor),
        gross: pounds(netMinor + vatMinor),
      },
      correlationId: actor.correlationId,
    });
    after(() => {
      parts.publish({ topic: 'batches', organisationId, ids: [batchId] });
      parts.publish({ topic: 'lines', organisationId, ids: [] });
    });
  });
  return batchId;
}

const changedMeanwhile = () =>
  refused({
    happened: 'A line changed while the batch was being prepared.',
    means: 'Nothing was kept.',
    remedy: 'Prepare the batch again.',
  });

function notReady(line: CostLineRow): Blocked {
  const checks = JSON.parse(line.checks) as { id: string; severity: string; acknowledged: unknown }[];
  const first =
    checks.find((check) => check.severity === 'block') ??
    checks.find((check) => check.severity === 'warn' && check.acknowledged === null);
  return { lineId: line.id, check: first?.id ?? 'REVIEW', reason: line.reason ?? 'Not reviewed yet.' };
}

function nothingToPrepare(period: string, ready: number, waiting: number, blocked: readonly Blocked[]) {
  const first = blocked[0];
  return refused({
    happened: `Nothing of ${formatPeriod(period)} can go into a batch.`,
    means:
      ready + waiting === 0
        ? 'There are no cost lines with a tax point in this period that are not in a batch already.'
        : `${blocked.length} of ${ready + waiting} lines are stopped${first ? `, the first by ${first.check}: ${first.reason}` : '.'}`,
    remedy: (() => {
      if (waiting > 0) return 'Fix or confirm the lines under review, then prepare again.';
      return ready > 0 ? 'Put right what stops them, then prepare again.' : 'Import the costs of this period first.';
    })(),
  });
}

/** As booked, so that the treatments add up to the control totals. */
function byTreatment(documents: readonly DraftDocument[]): BatchView['byTreatment'] {
  const groups = new Map<string, { lines: number; net: number; vat: number; notional: number }>();
  for (const { lines, booked } of documents) {
    for (const [index, line] of lines.entries()) {
      const group = groups.get(line.treatment) ?? { lines: 0, net: 0, vat: 0, notional: 0 };
      group.lines += 1;
      group.net += booked[index]?.netGbpMinor ?? 0;
      group.vat += booked[index]?.vatGbpMinor ?? 0;
      // The buyer accounts for reverse-charge VAT; it is never paid to the supplier.
      if (REVERSE.has(line.treatment)) group.notional += line.vat_gbp_minor;
      groups.set(line.treatment, group);
    }
  }
  return [...groups].sort().map(([treatment, { lines, net, vat, notional }]) => ({
    treatment,
    lines,
    net: pounds(net),
    vat: pounds(vat),
    notionalVat: pounds(notional),
    gross: pounds(net + vat),
  }));
}

function sign(draft: DraftDocument): 1 | -1 {
  return draft.document.documentType === 'credit_note' ? -1 : 1;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
