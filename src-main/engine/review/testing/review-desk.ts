import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { evidenceStore } from '../../../platform/evidence-store.ts';
import type { FileHandles } from '../../../ports/files.ts';
import type { Store } from '../../../ports/store.ts';
import { insertOrganisation } from '../../../store/repositories/organisations.ts';
import { openStore } from '../../../testing/open-store.ts';
import { testRuntime } from '../../../testing/runtime.ts';
import type { AuditInput } from '../../audit/audit.ts';
import { ProblemError } from '../../problem.ts';
import {
  assessLines,
  createDesk,
  createRechecks,
  createReview,
  type Desk,
  type Review,
  type Reviewer,
} from '../index.ts';
import type { costLine } from './cost-lines.ts';

export const folder = mkdtempSync(join(tmpdir(), 'review-'));
/** Anew for every file: modules are loaded once a worker, and a clock that one file moved would stand wrong in the next. */
export let runtime: ReturnType<typeof testRuntime>;
export const org = 'org';
export const alex: Reviewer = { personId: 'alex', name: 'Alex Morgan', channel: 'window', correlationId: 'c-1' };
export const priya: Reviewer = { ...alex, personId: 'priya', name: 'Priya Shah' };
export let store: Store;
export let parts: Parameters<typeof createReview>[0];
export let review: Review;
export let desk: Desk;
export let audited: AuditInput[];
export let published: string[];

const tables = [
  'cost_line',
  'line_change',
  'line_history',
  'line_duplicate',
  'line_share',
  'line_split',
  'category_rule',
  'line_comment',
  'line_evidence',
  'period_lock',
  'import_batch',
  'wedding',
  'supplier',
  'supplier_alias',
  'fx_rate',
];

/** The costs of a small organisation, with nothing on the desk at the start of every test of the file. */
export function reviewDesk(): void {
  beforeAll(async () => {
    runtime = testRuntime('2026-11-22T12:00:00Z');
    store = await openStore({ folder, runtime });
    const vat = { vat_registered: 1, vat_number: 'GB824551380', registered_from: null } as const;
    await store.transaction((tx) => insertOrganisation(tx, { id: org, name: 'Test & Co', created_at: 1, ...vat }));
    parts = {
      store,
      runtime,
      audit: async (_tx, entry) => void audited.push(entry),
      publish: ({ topic }) => void published.push(topic),
      rechecks: createRechecks({ store, runtime, publish: () => undefined }),
    };
    review = createReview(parts);
    const files: FileHandles = {
      offer: async (_path, name) => `handle-${name}`,
      peek: async () => null,
      take: async () => null,
    };
    desk = createDesk({
      ...parts,
      evidence: evidenceStore(join(folder, 'evidence')),
      files,
      temporaryFolder: join(folder, 'temporary'),
    });
  });
  beforeEach(async () => {
    await store.batch(tables.map((table) => ({ sql: `DELETE FROM ${table}`, params: [] })));
    audited = [];
    published = [];
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
}

export async function given(...lines: ReturnType<typeof costLine>[]): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.insertInto('cost_line').values(lines).execute();
    await assessLines(tx, org, 'all', runtime.clock.now());
  });
}
export const shown = async (id: string) => (await review.line(org, id)).line;
export const ids = (line: Awaited<ReturnType<typeof shown>>) => line.checks.map(({ id }) => id);

/** What the work is refused with. */
export async function problem(work: Promise<unknown>): Promise<ProblemError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ProblemError);
  return thrown as ProblemError;
}
