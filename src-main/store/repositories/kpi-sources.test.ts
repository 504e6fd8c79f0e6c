import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { costLine } from '../../engine/review/testing/cost-lines.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { openStore } from '../open.ts';
import { costsByDay } from './kpi-sources.ts';

test('a line whose amount is too large to be held counts as one without a price, and stops no figure', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kpi-costs-'));
  const store = await openStore({ folder, runtime: testRuntime('2026-11-22T12:00:00Z') });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const large = { net: '99999999999999.99', vat: '0', gross: '99999999999999.99', gross_minor: null };
  const rate = { currency: 'USD', fx_rate_to_gbp: '99999999999999', net: '100.00', gross_minor: null };
  await store.transaction((tx) =>
    tx
      .insertInto('cost_line')
      .values([costLine('a'), costLine('b', large), costLine('c', rate)])
      .execute(),
  );
  const days = await costsByDay(store.read, 'org', [{ from: '2026-10-01', to: '2026-10-31' }]);
  expect(days).toEqual([{ day: '2026-10-15', net: 10_000, lines: 3, unpriced: 2 }]);
});
