import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { runImportThread } from './import-thread.ts';

test('an import that is cancelled has not ended before the writer is done with what it sent: clearing up finds all of it', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'import-thread-')), 'costs.csv');
  writeFileSync(path, 'Date,Supplier,Total\n');
  const { port1, port2 } = new MessageChannel();
  const threadGone = once(port2, 'close');
  let lineEnds = () => {};
  const ended = new Promise<void>((resolve) => {
    lineEnds = resolve;
  });
  const store = { port: () => ({ port: port1, ended }), file: '' } as unknown as Store;
  const cancel = new AbortController();
  let isOver = false;
  const order = { mode: 'import', kind: 'costs', path, organisationId: 'o', importId: 'i', format: null } as const;
  const run = runImportThread({ ...order, plain: null, known: {} }, store, cancel.signal, () => undefined);
  const over = run.catch(() => {
    isOver = true;
  });
  cancel.abort(new Error('cancelled'));
  await threadGone;
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  expect(isOver).toBe(false);
  lineEnds();
  await over;
  expect(isOver).toBe(true);
});
