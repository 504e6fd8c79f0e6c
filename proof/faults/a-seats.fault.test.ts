import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import {
  emergency,
  endAll,
  fault,
  lived,
  organisationId,
  peek,
  type RunningAgent,
  received,
  startAgent,
  startSandboxProcess,
  wedops,
} from '../rig/console.ts';
import { broken } from '../rig/invariants.ts';
import { approved, costs, nothingYet } from '../rig/load.ts';
import { removeAll } from '../rig/places.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

/** The same console twice: a folder with something unfinished in it, its copy, and one world outside for both. */
async function two() {
  const { data, folder } = await lived('seats');
  const agent = await startAgent(data);
  const client = await agent.client();
  await client.settings.setMode({ organisationId, system: 'webhook', mode: 'paused', reason: 'test' });
  await client.alerts.raise(emergency('waits in both'));
  const life = { agent, client, book: nothingYet(), number: 0, seed: 0, over: () => false };
  await costs(life);
  const batchId = await approved(life);
  await agent.stop();
  const copy = join(folder, 'copy');
  cpSync(data, copy, { recursive: true, preserveTimestamps: true });
  const sandbox = await startSandboxProcess(join(folder, 'world'));
  const begin = (where: string) => startAgent(where, ['--practice', '--empty', '--sandbox', sandbox.url]);
  return { data, copy, begin, batchId, world: join(folder, 'world'), sandboxUrl: sandbox.url };
}

const raise = async (agent: RunningAgent, title: string) => (await agent.client()).alerts.raise(emergency(title));
const seatOf = async (agent: RunningAgent) => (await agent.client()).settings.seat({ organisationId });
const told = async (sandboxUrl: string, title: string) =>
  (await received(sandboxUrl)).filter(({ body }) => JSON.stringify(body).includes(title));
const titles = async (agent: RunningAgent) =>
  (await (await agent.client()).alerts.list({ organisationId, filter: 'open' })).rows.map(({ title }) => title);
const queued = (data: string, title: string) =>
  peek(data, (db) =>
    db.prepare("SELECT count(*) FROM outbox_job WHERE state = 'queued' AND payload LIKE ?").pluck().get(`%${title}%`),
  );

const seatId = (data: string) => peek(data, (db) => db.prepare('SELECT seat_id FROM sending_seat').pluck().get());

/** How many bills of the batch stand where in the queue. */
const postings = (data: string) =>
  peek(data, (db) =>
    Object.fromEntries(
      db
        .prepare("SELECT state, count(*) FROM outbox_job WHERE delivery_class = 'never-twice' GROUP BY state")
        .raw()
        .all() as [string, number][],
    ),
  );
const posted = async (sandboxUrl: string) =>
  (await received(sandboxUrl, 'xero')).filter(({ method, path }) => method !== 'GET' && path.includes('Invoices'))
    .length;
const bills = 12;

test('FT-87 a copy of the folder sends nothing by itself: it holds, waits and says who sends, until a person takes over', async () => {
  const { data, copy, begin, sandboxUrl } = await two();
  const first = await begin(data);
  const second = await begin(copy);
  expect(await seatOf(first)).toMatchObject({ here: true, rival: null });
  expect(await seatOf(second)).toMatchObject({ here: false });

  // What the copy calls unfinished is held; what it learns itself waits; neither leaves.
  const { alerts } = await (await second.client()).maintenance.restored({ organisationId });
  expect(alerts.count).toBeGreaterThan(0);
  await raise(second, 'learned by the copy');
  await raise(first, 'learned by the first');
  await expect.poll(async () => (await told(sandboxUrl, 'learned by the first')).length).toBeGreaterThan(3);
  expect(await told(sandboxUrl, 'learned by the copy')).toEqual([]);
  expect(queued(copy, 'learned by the copy')).toBeGreaterThan(3);

  // The first computer is gone; somebody takes over, with a reason, and everything that waited goes.
  await first.kill();
  await (await second.client()).settings.setMode({ organisationId, system: 'webhook', mode: 'on', reason: 'test' });
  expect((await wedops(copy, ['seat', 'take-over'])).exit).toBe(2);
  const reason = 'the first computer is broken';
  expect((await wedops(copy, ['seat', 'take-over', '--reason', reason])).value).toMatchObject({
    here: true,
    rival: null,
  });
  await expect.poll(() => queued(copy, 'learned by the copy'), { timeout: 15_000 }).toBe(0);
  await expect.poll(async () => (await told(sandboxUrl, reason)).length).toBeGreaterThan(0);
  expect((await told(sandboxUrl, 'learned by the copy')).length).toBeGreaterThan(3);
  // What came along unfinished is for a person to look at: it may have been sent where it came from.
  expect((await received(sandboxUrl, 'webhook')).map(({ body }) => JSON.stringify(body)).join()).not.toContain(
    'waits in both',
  );
  const { entries } = (await wedops(copy, ['audit', 'verify'])).value as { entries: number };
  expect(entries).toBeGreaterThan(0);
  const { rows } = await (await second.client()).audit.list({ organisationId, object: `seat:${seatId(copy)}` });
  expect(rows.map(({ action }) => action)).toEqual(['seat.taken-over', 'seat.watches']);
  expect(rows[0]).toMatchObject({ reason });
  await second.stop();

  // Started again, it still is the one that sends.
  const again = await begin(copy);
  expect(await seatOf(again)).toMatchObject({ here: true });
  await again.stop();
  for (const each of [data, copy]) expect(broken({ data: each })).toEqual([]);
}, 120_000);

test('FT-87 two copies that both send: each sees the other by its mark in PagerDuty, postings stop on both, both alert, and a person ends it', async () => {
  const { data, copy, begin, batchId, world, sandboxUrl } = await two();
  const first = await begin(data);
  const second = await begin(copy);
  const thought = ['seat', 'take-over', '--reason', 'thought the first was gone'];
  expect(await wedops(copy, thought)).toMatchObject({ exit: 0 });
  expect([await seatOf(first), await seatOf(second)]).toMatchObject([{ here: true }, { here: true }]);
  await raise(second, 'sent by the second');

  // Each looks every 20 s; the alert of the one that saw it first is what the other one sees.
  const both = async () => (await Promise.all([first, second].map(seatOf))).map(({ rival }) => rival !== null);
  await expect.poll(both, { timeout: 90_000, interval: 500 }).toEqual([true, true]);
  // Xero's 60 calls a minute are proven beside its adapter.
  await fault(sandboxUrl, { system: 'xero', fault: 'limits', value: '6000,5000' });
  for (const agent of [first, second]) {
    expect((await titles(agent)).some((title) => title.startsWith('Two computers send'))).toBe(true);
    await (await agent.client()).exports.send({ organisationId, batchId });
  }
  // Alerts still go out from both; no posting does.
  const said = ['told by the first', 'told by the second'];
  for (const [index, agent] of [first, second].entries()) await raise(agent, said[index] ?? '');
  for (const title of said)
    await expect.poll(async () => (await told(sandboxUrl, title)).length, { timeout: 15_000 }).toBeGreaterThan(3);
  expect([data, copy].map(postings)).toEqual([{ queued: bills }, { queued: bills }]);
  expect(await posted(sandboxUrl)).toBe(0);

  // The first leaves sending to the second, which is confirmed: one sends, and what waited is posted there, once.
  expect((await wedops(data, ['seat', 'leave', '--reason', 'the second has it'])).value).toMatchObject({ here: false });
  expect((await wedops(copy, ['seat', 'take-over', '--reason', 'the first is left'])).value).toMatchObject({
    ...{ here: true, rival: null },
  });
  await expect.poll(() => postings(copy), { timeout: 60_000 }).toEqual({ delivered: bills });
  expect(postings(data)).toEqual({ held: bills });
  await raise(first, 'nobody hears this from the first');
  await first.stop();
  await second.stop();
  expect(queued(data, 'nobody hears this')).toBeGreaterThan(3);
  for (const each of [data, copy]) expect(broken({ data: each, sandbox: world })).toEqual([]);
}, 240_000);

test('FT-87 the only copy is never silent: renamed, moved to another disk of its computer, or restored there, it goes on', async () => {
  const { data, folder } = await lived('seats');
  const sandbox = await startSandboxProcess(join(folder, 'world'));
  const sends = async (where: string, title: string) => {
    const agent = await startAgent(where, ['--practice', '--empty', '--sandbox', sandbox.url]);
    expect(await seatOf(agent), title).toMatchObject({ here: true, rival: null });
    await raise(agent, title);
    await expect.poll(async () => (await told(sandbox.url, title)).length).toBeGreaterThan(3);
    await agent.stop();
  };
  const backup = join(folder, 'backup.db');
  expect(await wedops(data, ['backup', '--out', backup])).toMatchObject({ exit: 0 });
  await sends(data, 'where it was');
  const renamed = join(folder, 'renamed');
  renameSync(data, renamed);
  await sends(renamed, 'renamed');
  // As a move to another disk does it.
  const moved = join(folder, 'moved');
  cpSync(renamed, moved, { recursive: true, preserveTimestamps: true });
  rmSync(renamed, { recursive: true });
  await sends(moved, 'moved');
  expect(await wedops(moved, ['restore', backup])).toMatchObject({ exit: 0 });
  await sends(moved, 'restored');
  // A copy of what was restored waits all the same.
  const copy = join(folder, 'copy');
  cpSync(moved, copy, { recursive: true, preserveTimestamps: true });
  const watching = await startAgent(copy, ['--practice', '--empty', '--sandbox', sandbox.url]);
  expect(await seatOf(watching)).toMatchObject({ here: false, senderPlace: moved });
  await watching.stop();
  for (const each of [moved, copy]) expect(broken({ data: each })).toEqual([]);
}, 120_000);

test('FT-87 FT-20 a database from before sending was taken over, or from before it was left, does not change who sends', async () => {
  const { data, copy, begin } = await two();
  const backup = join(copy, '..', 'backup.db');
  const watching = await begin(copy);
  expect(await seatOf(watching)).toMatchObject({ here: false });
  expect(await wedops(copy, ['backup', '--out', backup])).toMatchObject({ exit: 0 });
  expect(await wedops(copy, ['seat', 'take-over', '--reason', 'the first is broken'])).toMatchObject({ exit: 0 });
  await watching.stop();
  expect(await wedops(copy, ['restore', backup])).toMatchObject({ exit: 0 });
  const again = await begin(copy);
  expect(await seatOf(again)).toMatchObject({ here: true });
  await again.stop();
  // On the first one that backup is of another folder, which still is where it was.
  expect(await wedops(data, ['restore', backup])).toMatchObject({ exit: 0 });
  const first = await begin(data);
  expect(await seatOf(first)).toMatchObject({ here: true });
  await first.stop();
  for (const each of [data, copy]) expect(broken({ data: each })).toEqual([]);
}, 120_000);
