import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { VendorValue } from '../../../src-shared/domain/value/derive.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import type { CrmParts } from './parts.ts';

/** Everything the report worker needs, as plain data. */
export interface ReportInput {
  readonly vendor: string;
  readonly organisation: string;
  readonly practice: boolean;
  readonly period: string;
  readonly madeAt: string;
  readonly figures: VendorValue['figures'];
  readonly checks: VendorValue['readiness']['checks'];
  readonly months: readonly { readonly month: string; readonly requests: string; readonly saving: string }[];
}

/** Writes one vendor's value report as a PDF and offers it for download. */
export async function writeReport(
  parts: CrmParts,
  organisationId: string,
  wish: {
    readonly vendorId: string;
    readonly vendor: string;
    readonly period: string;
    readonly value: VendorValue;
    readonly months: ReportInput['months'];
  },
): Promise<{ name: string; bytes: number; download: string }> {
  const organisation = await getOrganisation(parts.store.read, organisationId);
  const pdf = await inWorker({
    vendor: wish.vendor,
    organisation: organisation?.name ?? organisationId,
    practice: organisation?.practice === 1,
    period: formatPeriod(wish.period),
    madeAt: isoOf(parts.runtime.clock.now()),
    figures: wish.value.figures,
    checks: wish.value.readiness.checks,
    months: wish.months,
  });
  await mkdir(parts.temporaryFolder, { recursive: true, mode: 0o700 });
  const path = join(parts.temporaryFolder, `${parts.runtime.ids.next()}.pdf`);
  await writeFile(path, pdf, { mode: 0o600 });
  // From ids and the period, never from a vendor's own words (SEC-47).
  const name = `wedsync-value-${wish.vendorId.replace(/[^a-z0-9-]/gi, '')}-${wish.period}.pdf`;
  return { name, bytes: pdf.byteLength, download: await parts.files.offer(path, name, { temporary: true }) };
}

function inWorker(input: ReportInput): Promise<Uint8Array> {
  const file = import.meta.url.endsWith('.ts') ? './value-report-worker.ts' : './value-report-worker.js';
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(file, import.meta.url), { workerData: input });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The report worker ended with ${code} before it was done`)));
  });
}
