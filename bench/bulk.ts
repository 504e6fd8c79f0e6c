import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assessLines, createRechecks, createReview } from '../src-main/engine/review/index.ts';
import { costLine } from '../src-main/engine/review/testing/cost-lines.ts';
import { systemClock, systemIds, systemRandom } from '../src-main/platform/runtime.ts';
import type { Logger } from '../src-main/ports/runtime.ts';
import { openStore } from '../src-main/store/open.ts';
import type { CostLineRow } from '../src-main/store/repositories/costs.ts';
import { insertLinesStatement } from '../src-main/store/repositories/import-statements.ts';
import { type BenchRow, benchRow } from './row.ts';

const lines = 10_000;

/** One correction of ten thousand lines, and its undo, each as one step with history. */
export async function bulkBench(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-bulk-'));
  const quiet: Logger = { debug() {}, info() {}, warn() {}, error: console.error, with: () => quiet };
  const runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log: quiet };
  const store = await openStore({ folder, runtime });
  try {
    await store.transaction((tx) =>
      tx.insertInto('organisation').values({ id: 'org', name: 'Bench', vat_registered: 1, created_at: 0 }).execute(),
    );
    const rows = Array.from({ length: lines }, (_, i) => {
      const gross = `${120 + (i % 5_000)}.00`;
      return { ...costLine(String(i).padStart(5, '0'), { gross, supplier: `Supplier ${i % 700}` }) } as CostLineRow;
    });
    for (let at = 0; at < lines; at += 500) await store.batch([insertLinesStatement(rows.slice(at, at + 500))]);
    await store.transaction((tx) => assessLines(tx, 'org', 'all', systemClock.now()));
    const review = createReview({
      store,
      runtime,
      audit: async () => undefined,
      publish: () => undefined,
      rechecks: createRechecks({ store, runtime, publish: () => undefined }),
    });
    const who = { personId: 'a', name: 'Alex', channel: 'cli', correlationId: '' };
    const timed = async (patch: { category: string } | { treatmentHint: string }) => {
      const versions = await store.read.selectFrom('cost_line').select(['id', 'version']).execute();
      const started = performance.now();
      const { undoId } = await review.edit('org', { lines: versions, patch, why: 'bench' }, who);
      const edited = performance.now();
      await review.undo('org', undoId, who);
      return { edit: edited - started, undo: performance.now() - edited };
    };
    const category = await timed({ category: 'Cloud hosting' });
    const treatment = await timed({ treatmentHint: 'exempt' });
    return [
      benchRow('category of 10,000 lines corrected', category.edit, 'ms', 1_000, { atMost: 1 }),
      benchRow('the same taken back', category.undo, 'ms', 1_000, { atMost: 1 }),
      benchRow('treatment of 10,000 lines corrected and judged', treatment.edit, 'ms', 1_000, { atMost: 1 }),
      benchRow('the same taken back', treatment.undo, 'ms', 1_000, { atMost: 1 }),
    ];
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
