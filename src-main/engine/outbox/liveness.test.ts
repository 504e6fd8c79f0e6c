import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DeliveryClass } from '../../../src-shared/domain/delivery/job.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import {
  type LivenessWorld,
  livenessWorld,
  type Outcome,
  outcomeNames,
  type Put,
  systems,
  until,
} from './testing/liveness-world.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'liveness-')), runtime: testRuntime() });
});
afterAll(() => store.close());

const systemNamed = fc.constantFrom(...systems);
const put = fc
  .record({
    system: systemNamed,
    deliveryClass: fc.constantFrom<DeliveryClass>('never-miss', 'never-twice', 'keyed-upsert'),
    orderKey: fc.constantFrom(null, 'a', 'b'),
    afterMs: fc.constantFrom(null, null, 700, 4_000),
    undone: fc.constantFrom(false, false, false, true),
  })
  .map((one) => ({ name: `put ${JSON.stringify(one)}`, run: ({ actions }: LivenessWorld) => actions.put(one) }));
const answer = fc
  .record({ which: fc.nat(3), outcome: fc.constantFrom<Outcome>('ok', 'ok', ...outcomeNames) })
  .map((one) => ({ name: `answer ${JSON.stringify(one)}`, run: ({ actions }: LivenessWorld) => actions.answer(one) }));
const advance = fc
  .constantFrom(1, 300, 1_000, 2_500, 6_000, 16_000)
  .map((ms) => ({ name: `advance ${ms}`, run: ({ actions }: LivenessWorld) => actions.advance(ms) }));
const fail = fc
  .integer({ min: 1, max: 2 })
  .map((times) => ({ name: `fail ${times}`, run: ({ actions }: LivenessWorld) => actions.fail(times) }));
const mode = fc
  .record({ system: systemNamed, mode: fc.constantFrom('on', 'on', 'paused') })
  .map((one) => ({ name: `mode ${JSON.stringify(one)}`, run: ({ actions }: LivenessWorld) => actions.mode(one) }));
const step = fc.oneof(
  { weight: 6, arbitrary: put },
  { weight: 6, arbitrary: answer },
  { weight: 4, arbitrary: advance },
  { weight: 1, arbitrary: fail },
  { weight: 1, arbitrary: mode },
);

describe('what once could stand still', () => {
  const usual: Put = { system: 'plain', deliveryClass: 'keyed-upsert', orderKey: null, afterMs: null };
  let one: LivenessWorld;
  const begin = async (concurrency?: number) => {
    one = await livenessWorld(store, concurrency);
    return one;
  };
  afterEach(() => one.stop());

  test('a turn that looked for what is due and could not be stored looks again', async () => {
    const { actions, rests } = await begin();
    await actions.put({ ...usual, afterMs: 4_000 });
    await rests();
    await actions.fail(1);
    await actions.advance(4_001);
    await rests();
  });

  test('a damaged row stops nobody else, and is held also when the first try to hold it fails', async () => {
    const { actions, rests, inAir, flights, failAfter } = await begin(1);
    // Never-twice work is not fetched ahead.
    const bill: Put = { ...usual, deliveryClass: 'never-twice' };
    const damage = async (id: string) =>
      store.batch([{ sql: "UPDATE outbox_job SET receipt = '{}' WHERE id = ?", params: [id] }]);
    await actions.put(bill);
    await inAir(1);
    await damage(await actions.put(bill));
    await actions.put(bill);
    flights()[0]?.end('ok');
    await rests();
    await damage(await actions.put(bill));
    failAfter(1);
    flights()[0]?.end('ok');
    await rests();
  });

  test('a result stored late is tried again in time, though all was looked through meanwhile', async () => {
    const { actions, rests, inAir, flights, hold, asked, outbox } = await begin();
    await actions.put({ ...usual, system: 'hooked' });
    await inAir(1);
    const open = hold();
    flights()[0]?.end('network');
    await actions.advance(100);
    const before = asked();
    outbox.wake();
    await until(() => asked() > before);
    open();
    await rests();
    await actions.advance(2_000);
    await inAir(1);
  });

  test('when a vendor’s wait for the whole connection ends, the others go on, though the one that was told waits longer', async () => {
    const { actions, inAir, flights } = await begin(1);
    await actions.put({ ...usual, deliveryClass: 'never-twice' });
    await actions.put({ ...usual, deliveryClass: 'never-twice' });
    await inAir(1);
    // Its own next try is at least four seconds away, the vendor asked for three.
    flights()[0]?.end('wait');
    await until(async () => (await one.waits('o/plain')) !== null);
    await actions.advance(3_001);
    await inAir(1);
  });

  test('one that waits behind another does not hide when that other is due', async () => {
    const { actions, rests, inAir, flights, outbox } = await begin(1);
    await actions.put({ ...usual, orderKey: 'a' });
    await actions.put({ ...usual, orderKey: 'a' });
    await inAir(1);
    flights()[0]?.end('network');
    await rests();
    outbox.wake();
    await rests();
    await actions.advance(1_300);
    await inAir(1);
  });

  test('what is added for later starts then', async () => {
    const { actions, inAir } = await begin();
    await actions.put(usual);
    await inAir(1);
    await actions.put({ ...usual, afterMs: 700 });
    await actions.advance(701);
    await inAir(2);
  });

  test('what ran out is told once, however long that takes to store', async () => {
    const { actions, hold, asked, outbox, told } = await begin();
    await actions.mode({ system: 'hooked', mode: 'paused' });
    const id = await actions.put({ ...usual, system: 'hooked', endsMs: 1_000 });
    const open = hold();
    await actions.advance(1_001);
    for (let looks = 0; looks < 2; looks += 1) {
      const before = asked();
      outbox.wake();
      await until(() => asked() > before);
      await one.waits('o/hooked');
    }
    open();
    await until(() => told.length > 0);
    await actions.advance(1_000);
    await one.waits('o/hooked');
    expect(told).toEqual([id]);
  });

  test('a store that fails once makes no defect of a delivery', async () => {
    const { actions, rests, inAir, flights, job } = await begin();
    const id = await actions.put({ ...usual, system: 'hooked' });
    await inAir(1);
    await actions.fail(1);
    flights()[0]?.end('ok');
    await actions.advance(300);
    await rests();
    await until(async () => (await job(id)).state !== 'sending');
    expect((await job(id)).state).toBe('delivered');
  });

  test('a probe that gets no answer costs no looking about', async () => {
    const { actions, rests, inAir, flights, asked } = await begin(1);
    for (let made = 0; made < 8; made += 1) await actions.put(usual);
    for (let failed = 0; failed < 5; failed += 1) {
      await inAir(1);
      flights()[0]?.end('down');
      await until(() => flights().length === 0);
    }
    await rests();
    await actions.advance(40_000);
    await inAir(1);
    await rests();
    const before = asked();
    for (let step = 0; step < 50; step += 1) {
      await actions.advance(10);
      await one.waits('o/plain');
    }
    expect(asked() - before).toBeLessThan(5);
  });

  test('an alert that comes while a system is thought to be down has its probe within a second', async () => {
    const { actions, rests, inAir, flights } = await begin(1);
    for (let made = 0; made < 6; made += 1) await actions.put(usual);
    for (let failed = 0; failed < 5; failed += 1) {
      await inAir(1);
      flights()[0]?.end('down');
      await until(() => flights().length === 0);
    }
    await rests();
    await actions.put({ ...usual, deliveryClass: 'never-miss' });
    await actions.advance(1_100);
    await inAir(1);
  });
});

test('whatever is due and may start is started at once, and nothing claimed is forgotten, also when the store fails', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ step, apart: fc.boolean() }), { minLength: 4, maxLength: 30 }),
      async (steps) => {
        const one = await livenessWorld(store);
        try {
          for (const { step, apart } of steps) {
            await step.run(one);
            if (apart) await one.rests();
          }
          await one.rests();
        } finally {
          await one.stop();
        }
      },
    ),
    {
      numRuns: Number(process.env.LIVENESS_RUNS ?? 25),
      reporter: (run) => {
        if (!run.failed) return;
        const steps = (run.counterexample?.[0] ?? []).map(
          ({ step, apart }) => `${step.name}${apart ? ' ; rests' : ''}`,
        );
        throw new Error(
          `seed ${run.seed} path ${run.counterexamplePath}\n${steps.join('\n')}\n${String(run.errorInstance)}`,
        );
      },
    },
  );
}, 600_000);
