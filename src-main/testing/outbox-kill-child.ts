import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { OutboxJob } from '../../src-shared/domain/delivery/job.ts';
import { RetryableError } from '../../src-shared/domain/failure.ts';
import { createEvents } from '../engine/events.ts';
import { createOutbox } from '../engine/outbox/outbox.ts';
import { systemClock, systemIds, systemRandom } from '../platform/runtime.ts';
import { openStore } from '../store/open.ts';
import { testLog } from './runtime.ts';

/**
 * A whole outbox in a process of its own, to be killed at any moment. Arguments: folder, run number, jobs to add. What the
 * other side holds is the file `arrived`, what was acknowledged to the caller is the file `acknowledged`, a key a line.
 */
const [folder, run, add] = z.tuple([z.string(), z.string(), z.coerce.number()]).parse(process.argv.slice(2));
const arrived = join(folder, 'arrived');
const acknowledged = join(folder, 'acknowledged');

const runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log: testLog() };
const store = await openStore({ folder, runtime });

function holds({ idempotencyKey }: OutboxJob): boolean {
  return existsSync(arrived) && readFileSync(arrived, 'utf8').split('\n').includes(idempotencyKey);
}

const outbox = createOutbox({
  store,
  runtime,
  events: createEvents(),
  lookups: [10, 20, 40, 60],
  deliverer: {
    limits: () => ({ concurrency: 4 }),
    idempotency: () => 'lookup-first',
    async deliver(job) {
      await systemClock.sleep(systemRandom.next() * 6);
      appendFileSync(arrived, `${job.idempotencyKey}\n`);
      await systemClock.sleep(systemRandom.next() * 6);
      // The answer is lost now and then.
      if (systemRandom.next() < 0.1) throw new RetryableError('timeout', 'no answer');
      return { vendorId: job.idempotencyKey };
    },
    async find(job) {
      return holds(job) ? { receipt: { vendorId: job.idempotencyKey }, same: true } : null;
    },
  },
});

await store.transaction(async (tx) => {
  const organisation = { id: 'o', name: 'O', created_at: 0 };
  await tx
    .insertInto('organisation')
    .values(organisation)
    .onConflict((on) => on.doNothing())
    .execute();
  for (const system of ['slack', 'xero']) {
    const row = { id: `o/${system}`, organisation_id: 'o', system, created_at: 0, updated_at: 0 };
    await tx
      .insertInto('connection')
      .values(row)
      .onConflict((on) => on.doNothing())
      .execute();
  }
});
await outbox.start();
// The killer counts from here: a slow machine must not die before it began.
process.stdout.write('started\n');
for (let index = 0; index < add; index += 1) {
  const alert = index % 2 === 0;
  const key = `${alert ? 'alert' : 'bill'}-${run}-${index}`;
  await store.transaction((tx) =>
    outbox.enqueue(tx, {
      organisationId: 'o',
      system: alert ? 'slack' : 'xero',
      action: 'send',
      deliveryClass: alert ? 'never-miss' : 'never-twice',
      priority: alert ? 1 : 4,
      payload: { key },
      payloadVersion: 1,
      idempotencyKey: key,
    }),
  );
  appendFileSync(acknowledged, `${key}\n`);
}
for (;;) {
  const open = store.read.selectFrom('outbox_job').select('id').where('state', 'in', ['queued', 'sending']);
  if ((await open.limit(1).execute()).length === 0) break;
  await systemClock.sleep(20);
}
await outbox.stop();
await store.close();
