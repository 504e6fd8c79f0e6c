import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { HttpClient } from '../../ports/http.ts';
import type { AnyAdapter } from '../kit/adapter.ts';
import { type LedgerDocument, ReadBack } from '../kit/ledger.ts';
import type { Bench } from './bench.ts';

/**
 * Posts documents and reads each back as the outbox does: so many at once as the adapter's limits say, a failed run looked up
 * and run again. Time moves only while every worker waits for its turn, never while an answer is on its way.
 * @returns how often a run was cut off, the ledger's copies, and how long the whole took by the bench's clock
 */
export async function postAll(
  adapter: AnyAdapter,
  opened: Bench,
  settings: unknown,
  documents: readonly LedgerDocument[],
): Promise<{ readonly cuts: number; readonly ms: number; readonly copies: readonly ReadBack[] }> {
  const { 'post-bill': post, 'read-back': look } = adapter.actions;
  if (!post || !look) throw new Error('no such action');
  const copies: ReadBack[] = [];
  const todo = [...documents];
  let underWay = 0;
  const http: HttpClient = {
    async send(request) {
      underWay += 1;
      return opened.http.send(request).finally(() => {
        underWay -= 1;
      });
    },
  };
  const context = () => opened.context({ clock: opened.clock, http });
  const startedAt = opened.clock.now();
  let cuts = 0;
  let done = 0;
  async function worker(): Promise<void> {
    for (let document = todo.shift(); document; document = todo.shift()) {
      const stamp = { idempotencyKey: `bluebell:bill:${document.reference}:1`, at: Instant.parse(0), attempt: 1 };
      const plan = post?.plan(document, settings as never, stamp);
      if (!plan) return;
      let vendorId: string | undefined;
      while (vendorId === undefined) {
        try {
          vendorId = (await post?.deliver(plan, stamp, context()))?.vendorId ?? undefined;
        } catch (error) {
          if (!(error instanceof IntegrationError) || error.kind !== 'retryable') throw error;
          // The vendor never has to say that we are too fast.
          if (error.code === 'rate-limited') throw error;
          cuts += 1;
          const found = await post?.find?.(plan, stamp, context());
          if (found?.same === true) vendorId = found.receipt.vendorId ?? undefined;
        }
      }
      const posted = { documentType: document.documentType, vendorId, reference: document.reference };
      const asked = look?.plan(posted, settings as never, stamp);
      const again = () => asked && look?.deliver(asked, stamp, context());
      // Reading changes nothing, so one that was cut off is simply read again.
      const receipt = await again()?.catch(again);
      copies.push(ReadBack.parse(receipt?.document));
      done += 1;
    }
  }
  const work = Promise.all(Array.from({ length: adapter.limits.concurrency }, worker));
  let failed: unknown = null;
  work.catch((error: unknown) => {
    failed = error;
  });
  while (done < documents.length && failed === null) {
    await new Promise((resolve) => setImmediate(resolve));
    if (underWay === 0) await opened.clock.advance(25);
  }
  await work;
  return { cuts, copies, ms: opened.clock.now() - startedAt };
}
