import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Seat, SeatDecision } from '../../ports/seat.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import type { AuditInput } from '../audit/audit.ts';
import { notAllowed } from '../problem.ts';
import { createSeats } from './seats.ts';

const asker = { personId: 'alex', channel: 'window', correlationId: 'c-1' };
const because = 'the old laptop is broken';
let store: Store;
let audited: AuditInput[];
let raised: { organisationId: string; key: string; severity: string; title: string; detail: string }[];
let done: string[];
let shown: string[];
/** What each folder has in it beside the database. */
let notes: Map<string, ReadonlyMap<string, SeatDecision>>;
/** Folders that are there, by place. */
let standing: Map<string, string>;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'seats-'));
  store = await openStore({ folder, runtime: testRuntime() });
  [audited, raised, done, shown, notes, standing] = [[], [], [], [], new Map(), new Map()];
  await store.transaction(async (tx) => {
    for (const id of ['oak', 'elm']) {
      await tx.insertInto('organisation').values({ id, name: id.toUpperCase(), created_at: 0 }).execute();
      for (const system of ['slack', 'xero']) {
        const row = { id: `${id}/${system}`, organisation_id: id, system, created_at: 0, updated_at: 0 };
        await tx.insertInto('connection').values(row).execute();
      }
    }
  });
  return async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
});

const seatAt = (id: string, computer: string, place: string): Seat => ({
  ...{ id, computer, place, name: computer.toUpperCase() },
  stillAt: async (where, otherId) => standing.get(`${computer}:${where}`) === otherId,
  decisions: async () => notes.get(id) ?? new Map(),
  remember: async (decisions) => void notes.set(id, decisions),
});

/** A start of the console over the present database, on a computer with that folder there. */
async function start(id: string, { computer = 'ops-1', place = '/data' } = {}) {
  standing.set(`${computer}:${place}`, id);
  const runtime = testRuntime();
  runtime.clock.jump(audited.length * 60_000);
  const seats = createSeats({
    store,
    runtime: { ...runtime, ids: { next: () => `${id}-start-${audited.length}` } },
    seat: seatAt(id, computer, place),
    audit: async (_tx, entry) => void audited.push(entry),
    events: { publish: ({ organisationId }) => void done.push(`published ${organisationId}`) },
    organisations: {
      get: async (organisationId: string) => ({ name: organisationId.toUpperCase() }) as never,
      requireRole: async (_organisation, personId) => {
        if (personId === 'vera') throw notAllowed({ happened: 'Vera may not do that.' });
        return { id: personId } as never;
      },
    },
    alerts: () => ({
      rest: async (_tx, organisationId) => void done.push(`alerts rest ${organisationId}`),
      resolveKey: async (organisationId, key) => void done.push(`resolved ${organisationId} ${key}`),
      raise: async (organisationId, report, _actor, beside) => {
        raised.push({ organisationId, ...(report as object) } as never);
        await store.transaction(async (tx) => beside?.(tx));
        return { alertId: 'a', outcome: 'raised' } as never;
      },
    }),
    notices: { show: ({ title, body }) => void shown.push(`${title}: ${body}`) },
    neverTwice: new Set(['xero']),
    changed: (organisationId) => void done.push(`changed ${organisationId}`),
  });
  await seats.settle();
  return { ...seats, runtime };
}

async function job(id: string, connectionId: string, state: 'queued' | 'sending' | 'delivered') {
  const [organisation_id = '', system = ''] = connectionId.split('/');
  const lease = state === 'sending' ? { lease_owner: 'before', lease_until: 1 } : {};
  const values = {
    ...{ id, organisation_id, connection_id: connectionId, system, action: 'x', idempotency_key: id, state },
    ...{ priority: 5, payload: '{}', payload_version: 1, run_at: 0, created_at: 0, ...lease },
    delivery_class: system === 'xero' ? ('never-twice' as const) : ('never-miss' as const),
  };
  await store.transaction(async (tx) => void (await tx.insertInto('outbox_job').values(values).execute()));
}
const jobs = async () =>
  Object.fromEntries(
    (await store.read.selectFrom('outbox_job').select(['id', 'state', 'in_doubt']).orderBy('id').execute()).map(
      ({ id, state, in_doubt: doubt }) => [id, doubt === 1 ? `${state}, in doubt` : state],
    ),
  );
const actions = () => audited.map(({ organisationId, action }) => `${organisationId} ${action}`);
const mark = (seatId: string, at: number) => ({
  ...{ seatId, startId: 'theirs', name: 'OPS-9', at: Instant.parse(at) },
});

describe('at a start', () => {
  test('the first one makes this folder the one that sends for each organisation; the next changes nothing', async () => {
    const first = await start('a');
    expect(actions()).toEqual(['oak seat.sends', 'elm seat.sends'].toSorted());
    const again = await start('a');
    expect(audited).toHaveLength(2);
    for (const seats of [first, again]) {
      expect(seats.sendsHere('oak')).toBe(true);
      expect(seats.rests('oak/xero')).toBe(false);
    }
    expect(shown).toEqual([]);
  });

  test('a copy on another computer holds what came along, rests, and says so at each start; what is held is held once', async () => {
    await start('a');
    await job('1', 'oak/slack', 'queued');
    await job('2', 'oak/xero', 'sending');
    await job('3', 'oak/slack', 'delivered');
    const copy = await start('b', { computer: 'ops-2' });
    expect(await jobs()).toEqual({ 1: 'held', 2: 'held, in doubt', 3: 'delivered' });
    expect(done).toContain('alerts rest oak');
    expect(copy.rests('oak/slack')).toBe(true);
    expect(shown[0]).toMatch(/^This computer sends no alerts: OPS-1 sends for (OAK|ELM)\./);
    expect(await copy.state('oak')).toMatchObject({ here: false, sender: 'OPS-1', senderPlace: null, rival: null });

    // What it learns itself waits, at the next start as well.
    await job('4', 'oak/slack', 'queued');
    await start('b', { computer: 'ops-2' });
    expect(await jobs()).toMatchObject({ 4: 'queued' });
    expect(actions().filter((each) => each === 'oak seat.watches')).toHaveLength(1);
    expect(shown).toHaveLength(4);
  });

  test('a copy beside the first rests; once the first is gone from there, the folder has moved and goes on', async () => {
    await start('a');
    const copy = await start('b', { place: '/copy' });
    expect(await copy.state('oak')).toMatchObject({ here: false, senderPlace: '/data', place: '/copy' });
    standing.delete('ops-1:/data');
    const moved = await start('b', { place: '/copy' });
    expect(await moved.state('oak')).toMatchObject({ here: true, sender: 'OPS-1', rival: null });
    expect(actions()).toContain('oak seat.moved');
    // To the folder that was there before it now is the other one.
    const back = await start('a', { place: '/data-2' });
    expect(back.sendsHere('oak')).toBe(false);
  });

  test('a folder with a new name goes on, and a copy of it rests', async () => {
    await start('a');
    standing.delete('ops-1:/data');
    expect((await start('a', { place: '/renamed' })).sendsHere('oak')).toBe(true);
    expect((await start('b', { place: '/copy' })).sendsHere('oak')).toBe(false);
  });

  test('a folder that is gone from another computer has not moved here: that computer may have it elsewhere', async () => {
    await start('a');
    standing.clear();
    expect((await start('b', { computer: 'ops-2' })).sendsHere('oak')).toBe(false);
  });

  test('a database from before sending was taken over here does not take it away, and says so on the record', async () => {
    await start('a');
    const before = await store.read.selectFrom('sending_seat').selectAll().execute();
    const other = await start('b', { computer: 'ops-2' });
    await other.takeOver('oak', because, asker);
    await store.transaction(async (tx) => {
      for (const row of before) await tx.replaceInto('sending_seat').values(row).execute();
    });
    const restored = await start('b', { computer: 'ops-2' });
    expect([restored.sendsHere('oak'), restored.sendsHere('elm')]).toEqual([true, false]);
    expect(actions()).toContain('oak seat.older-copy');
  });
});

describe('taking over', () => {
  test('needs a reason and a role, is on the record and told; what was held stays held; the other organisation is not touched', async () => {
    await start('a');
    await job('1', 'oak/slack', 'queued');
    await job('2', 'elm/slack', 'queued');
    const copy = await start('b', { computer: 'ops-2' });
    await expect(copy.takeOver('oak', '  ', asker)).rejects.toThrow(/reason is missing/);
    await expect(copy.takeOver('oak', because, { ...asker, personId: 'vera' })).rejects.toThrow(/may not/);
    expect(copy.sendsHere('oak')).toBe(false);

    expect(await copy.takeOver('oak', because, asker)).toMatchObject({ here: true, sender: 'OPS-2' });
    expect(audited.at(-1)).toMatchObject({
      ...{ organisationId: 'oak', actor: 'person:alex', channel: 'window', action: 'seat.taken-over', reason: because },
      ...{ before: { id: 'a', number: 1 }, after: { id: 'b', number: 2 } },
    });
    expect(raised).toMatchObject([
      { organisationId: 'oak', severity: 'warning', title: 'Alerts are now sent by OPS-2' },
    ]);
    expect(raised[0]?.detail).toContain(because);
    expect(done).toContain('changed oak');
    expect([copy.rests('oak/slack'), copy.rests('elm/slack')]).toEqual([false, true]);
    expect(await jobs()).toEqual({ 1: 'held', 2: 'held' });
    expect((await start('b', { computer: 'ops-2' })).sendsHere('oak')).toBe(true);
    await expect(copy.takeOver('oak', because, asker)).rejects.toThrow(/sends already/);
  });

  test('an organisation that is created is sent for from where it was created', async () => {
    const seats = await start('a');
    await store.transaction(async (tx) => {
      await tx.insertInto('organisation').values({ id: 'ash', name: 'ASH', created_at: 0 }).execute();
      await seats.claim(tx, 'ash');
    });
    expect((await start('b', { computer: 'ops-2' })).sendsHere('ash')).toBe(false);
  });
});

describe('two that send', () => {
  const both = async () => {
    const seats = await start('a');
    await job('1', 'oak/slack', 'queued');
    await job('2', 'oak/xero', 'queued');
    await job('3', 'elm/xero', 'queued');
    await seats.heard('oak', mark('b', seats.runtime.clock.now() + 1));
    return seats;
  };

  test('stop what must never be sent twice, of that organisation alone; alerts go on; a critical alert says it once', async () => {
    const seats = await both();
    expect(['oak/xero', 'oak/slack', 'elm/xero'].map(seats.rests)).toEqual([true, false, false]);
    expect(raised).toMatchObject([{ organisationId: 'oak', severity: 'critical', key: 'console:seat-rival' }]);
    await seats.heard('oak', mark('c', seats.runtime.clock.now() + 2));
    expect(raised).toHaveLength(1);
    expect(await seats.state('oak')).toMatchObject({ here: true, rival: 'OPS-9' });
    expect(await seats.state('elm')).toMatchObject({ here: true, rival: null });
    expect(await jobs()).toEqual({ 1: 'queued', 2: 'queued', 3: 'queued' });
    // A start does not make it good.
    expect((await start('a')).rests('oak/xero')).toBe(true);
  });

  test('our own marks, and those of before we took over, are nobody else’s', async () => {
    const seats = await start('a');
    const { seatId, startId } = seats.mark;
    await seats.heard('oak', { ...mark(seatId, seats.runtime.clock.now() + 60_000), startId });
    await seats.heard('oak', mark('b', seats.runtime.clock.now() - 1));
    expect(raised).toEqual([]);
  });

  test('a person leaves it to the other: what was not sent is held, alerts rest, and it stays so', async () => {
    const seats = await both();
    expect(await seats.leave('oak', 'the other has it', asker)).toMatchObject({ here: false, sender: 'OPS-9' });
    expect(await jobs()).toEqual({ 1: 'held', 2: 'held, in doubt', 3: 'queued' });
    expect(done).toEqual(expect.arrayContaining(['resolved oak console:seat-rival', 'alerts rest oak']));
    expect(seats.rests('oak/slack')).toBe(true);
    expect((await start('a')).sendsHere('oak')).toBe(false);
    expect(actions()).toContain('oak seat.left');
  });

  test('a person keeps it here: postings go on', async () => {
    const seats = await both();
    await seats.takeOver('oak', 'the other was ended', asker);
    expect(seats.rests('oak/xero')).toBe(false);
    expect(await seats.state('oak')).toMatchObject({ here: true, rival: null });
  });

  test('it cannot be left to nobody, nor to a clone that has our own id', async () => {
    const seats = await start('a');
    await expect(seats.leave('oak', because, asker)).rejects.toThrow(/No other computer/);
    await seats.heard('oak', mark('a', seats.runtime.clock.now() + 60_000));
    expect(raised[0]?.detail).toContain('clone of this disk');
    await expect(seats.leave('oak', because, asker)).rejects.toThrow(/clone/);
  });
});
