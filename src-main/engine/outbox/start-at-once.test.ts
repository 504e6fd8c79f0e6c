import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { type LivenessWorld, livenessWorld, type Put, until } from './testing/liveness-world.ts';

const concurrency = 2;
const usual: Put = { system: 'plain', deliveryClass: 'never-miss', orderKey: null, afterMs: null };

let store: Store;
let world: LivenessWorld;
beforeAll(async () => {
  store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'start-at-once-')), runtime: testRuntime() });
});
afterAll(() => store.close());
beforeEach(async () => {
  world = await livenessWorld(store, concurrency);
  // What is known to wait is known only after a first look.
  await delivered(await world.actions.put(usual));
});
afterEach(() => world.stop());

async function delivered(id: string): Promise<void> {
  await world.inAir(1);
  world.flights()[0]?.end('ok');
  await until(async () => (await world.job(id)).state === 'delivered');
  await world.rests();
}
const states = async (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await world.job(id)).state));
const underWay = () => world.flights().map(({ job }) => job.id);

describe('work that may start at once', () => {
  test('is claimed in the commit of its fact, and sent as soon as that is durable', async () => {
    const { commits } = store.stats();
    const id = await world.actions.put(usual);
    expect(underWay()).toEqual([id]);
    expect(store.stats().commits - commits).toBe(1);
    expect(await world.job(id)).toEqual(world.flights()[0]?.job);
    expect(await world.job(id)).toMatchObject({ state: 'sending', attempts: 1 });
    await delivered(id);
  });

  test('takes no more slots than there are, and what waits goes first when there is room again', async () => {
    const ids: string[] = [];
    for (let made = 0; made < 4; made += 1)
      ids.push(await world.actions.put({ ...usual, deliveryClass: 'never-twice' }));
    expect(underWay()).toEqual(ids.slice(0, 2));
    expect(await states(ids)).toEqual(['sending', 'sending', 'queued', 'queued']);
    world.flights()[0]?.end('ok');
    await until(() => underWay().includes(ids[2] ?? ''));
    expect(underWay()).toEqual([ids[1], ids[2]]);
  });

  test('goes before what is less urgent and waits for its start', async () => {
    const ids: string[] = [];
    for (let made = 0; made < 4; made += 1) ids.push(await world.actions.put(usual));
    const urgent = await world.actions.put({ ...usual, priority: 0 });
    expect(await states([urgent])).toEqual(['sending']);
    world.flights()[0]?.end('ok');
    await until(() => underWay().length === 2);
    expect(underWay()).toEqual([ids[1], urgent]);
  });

  test('waits behind an earlier one of its order key', async () => {
    const first = await world.actions.put({ ...usual, orderKey: 'a' });
    const second = await world.actions.put({ ...usual, orderKey: 'a' });
    const other = await world.actions.put({ ...usual, orderKey: 'b' });
    await world.rests();
    expect(underWay()).toEqual([first, other]);
    expect(await states([second])).toEqual(['queued']);
    world.flights()[0]?.end('ok');
    await until(() => underWay().includes(second));
  });

  test('does not start when its system is paused meanwhile, and starts when that is over', async () => {
    await store.batch([{ sql: "UPDATE connection SET mode = 'paused' WHERE id = 'o/plain'", params: [] }]);
    const id = await world.actions.put(usual);
    await world.rests();
    expect([underWay(), await states([id])]).toEqual([[], ['queued']]);
    await world.actions.mode({ system: 'plain', mode: 'on' });
    await until(() => underWay().includes(id));
  });

  test('gives its slot back when its fact comes to nothing', async () => {
    for (let made = 0; made < 9; made += 1) await world.actions.put({ ...usual, undone: true });
    expect(underWay()).toEqual([]);
    expect(await world.actions.put(usual)).toBe(underWay()[0]);
  });

  test('starts when the console is told to end in the moment it is written, or waits for the next start', async () => {
    const writing = world.actions.put(usual);
    const ending = world.outbox.stop();
    const id = await writing;
    await until(() => underWay().length > 0 || true);
    for (const flight of world.flights()) flight.end('ok');
    await world.actions.advance(1_000);
    await ending;
    expect(['queued', 'delivered']).toContain((await world.job(id)).state);
  });
});
