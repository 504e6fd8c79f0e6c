import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { PermanentError } from '../../../src-shared/domain/failure.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import type { AuditInput } from '../audit/audit.ts';
import { createEvents } from '../events.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import { createDeliveries, type Deliveries } from './index.ts';
import { masked, maskedText } from './masked.ts';

const runtime = testRuntime('2026-07-18T12:00:00Z');
const by = { personId: null, channel: 'cli', correlationId: 'c' };
const audited: AuditInput[] = [];
let store: Store;
let outbox: Outbox;
let deliveries: Deliveries;
let refuses = true;
/** The roles each change was asked of. */
let asked: (readonly string[])[] = [];

/** One system with one action that refuses at first, and one that must never happen twice. */
const adapter = {
  manifest: { id: 'slack', name: 'Slack', category: 'channel', auth: 'none', hosts: [], helpPage: 'slack' },
  limits: { concurrency: 2, perMinute: 60 },
  settings: { version: 1, schema: z.object({ place: z.string().default('#ops') }), upgrades: [] },
  secrets: z.object({}),
  actions: {
    tell: {
      label: 'Tell',
      payload: z.object({ text: z.string(), apiKey: z.string().optional() }),
      payloadVersion: 1,
      deliveryClass: 'never-miss',
      idempotency: 'none',
      plan: (payload: { text: string; apiKey?: string }, settings: { place: string }) => ({
        summary: payload.text,
        target: settings.place,
        fields: [{ name: 'Text', next: payload.text }],
        body: { ...payload, place: settings.place },
      }),
    },
    post: {
      label: 'Post',
      payload: z.object({}),
      payloadVersion: 1,
      deliveryClass: 'never-twice',
      idempotency: 'lookup-first',
    },
  },
  receivers: {},
} as unknown as AnyAdapter;

const told = { text: 'Gallery slow', apiKey: 'sk-very-secret' };
async function add(key: string, action: 'tell' | 'post' = 'tell', payload: OutboxJob['payload'] = told) {
  return store.transaction((tx) =>
    outbox.enqueue(tx, {
      organisationId: 'o',
      system: 'slack',
      action,
      deliveryClass: action === 'tell' ? 'never-miss' : 'never-twice',
      priority: 5,
      payload: action === 'tell' ? payload : {},
      payloadVersion: 1,
      idempotencyKey: key,
    }),
  );
}
const settle = async () => {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
  await store.transaction(async () => undefined);
};
async function until(id: string, state: string) {
  for (let turn = 0; turn < 200; turn++) {
    const job = await deliveries.detail('o', id);
    if (job.state === state) return job;
    await settle();
  }
  throw new Error(`never ${state}`);
}

beforeAll(async () => {
  store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'deliveries-')), runtime });
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: 'o', name: 'Bluebell', created_at: 0 }).execute();
    await tx
      .insertInto('connection')
      .values({ id: 'o/slack', organisation_id: 'o', system: 'slack', created_at: 0, updated_at: 0 })
      .execute();
  });
  outbox = createOutbox({
    store,
    runtime,
    events: createEvents(),
    deliverer: {
      limits: () => ({ concurrency: 4 }),
      idempotency: () => 'none',
      async deliver() {
        if (refuses) throw new PermanentError('rejected', '550 mailbox unknown, key sk-very-secret');
        return { vendorId: 'v-1', note: 'accepted' };
      },
      find: async () => null,
    },
  });
  deliveries = createDeliveries({
    store,
    runtime,
    outbox,
    registry: [adapter],
    redactor: { redact: (text) => text.replaceAll('sk-very-secret', '[redacted]') },
    organisations: {
      requireRole: async (_organisationId, _personId, roles) => {
        asked.push(roles);
        return {
          id: 'alex',
          name: 'Alex',
          roles: ['admin'],
          hasPin: false,
          ownPin: false,
          firstPinBy: null,
          current: true,
        };
      },
      get: async () => ({}) as never,
    },
    audit: async (_tx, entry) => void audited.push(entry) as never,
  });
  await outbox.start();
});
afterAll(async () => {
  await outbox.stop();
  await store.close();
});

describe('deliveries', () => {
  test('a dead letter shows its attempts and what would be sent, without a secret, and arrives after a retry', async () => {
    refuses = true;
    const { id } = await add('k1');
    const dead = await until(id, 'failed');
    expect(dead.history).toMatchObject([
      { stage: 'send', ok: false, code: 'rejected', answer: '550 mailbox unknown, key [redacted]' },
    ]);
    expect(dead.request).toMatchObject({ summary: 'Gallery slow', target: '#ops' });
    expect(JSON.stringify(dead)).not.toContain('sk-very-secret');
    expect(dead.may).toEqual(['retry', 'replay']);
    expect((await deliveries.list('o', { tab: 'dead' }, null)).total).toBe(1);
    refuses = false;
    await deliveries.retry('o', id, by);
    const sent = await until(id, 'delivered');
    expect(sent.receipt).toMatchObject({ vendorId: 'v-1' });
    expect(audited.at(-1)).toMatchObject({ action: 'delivery.retried', actor: 'person:alex' });
  });

  test('a list is searched by what a person knows a delivery by: alert, invoice, supplier, vendor', async () => {
    const named = {
      alert: { message: { kind: 'firing', alertId: 'a', reference: 'A-1042', title: 'Payment webhook silent' } },
      bill: { invoiceNumber: 'PE-202609', supplier: { name: 'Pennant Design' } },
      push: { vendor: { name: 'Lens & Light' } },
    };
    refuses = false;
    for (const [key, payload] of Object.entries(named)) await until((await add(key, 'tell', payload)).id, 'delivered');
    const found = async (text: string) =>
      (await deliveries.list('o', { text }, null)).rows.map(({ idempotencyKey }) => idempotencyKey);
    expect(await found('a-1042')).toEqual(['alert']);
    expect(await found('webhook silent')).toEqual(['alert']);
    expect(await found('PE-2026')).toEqual(['bill']);
    expect(await found('pennant')).toEqual(['bill']);
    expect(await found('lens')).toEqual(['push']);
    expect(await found('message')).toEqual([]);
  });

  test('a replay as sent is the same row, one with present settings a new one linked to it (R12)', async () => {
    refuses = false;
    const { id } = await add('k2');
    await until(id, 'delivered');
    const again = await deliveries.replay('o', id, 'as_sent', by);
    expect([again.id, again.idempotencyKey]).toEqual([id, 'k2']);
    await until(id, 'delivered');
    const fresh = await deliveries.replay('o', id, 'present', by);
    expect(fresh).toMatchObject({ replayOf: id });
    expect(fresh.idempotencyKey).not.toBe('k2');
    expect((await until(fresh.id, 'delivered')).replayOf).toBe(id);
  });

  test('what must not exist twice is neither replayed nor retried while in doubt; a person decides', async () => {
    const { id } = await add('k3', 'post');
    await until(id, 'delivered');
    expect((await deliveries.detail('o', id)).may).toEqual([]);
    await expect(deliveries.replay('o', id, 'as_sent', by)).rejects.toThrow('could make a second one');
    await expect(deliveries.replay('o', id, 'present', by)).rejects.toThrow('This delivery is delivered');
    await store.transaction((tx) =>
      tx.updateTable('outbox_job').set({ state: 'held', in_doubt: 1, settled_at: null }).where('id', '=', id).execute(),
    );
    expect((await deliveries.detail('o', id)).may).toEqual(['check', 'decide']);
    await expect(deliveries.retry('o', id, by)).rejects.toThrow('decide first');
    const decided = await deliveries.decide(
      'o',
      id,
      { exists: true, vendorId: 'X-1', reason: 'Seen in the books' },
      by,
    );
    expect(decided).toMatchObject({ state: 'delivered', inDoubt: false });
  });

  test('many at once: counted and estimated first, then done, with those it could not be done for', async () => {
    refuses = true;
    const ids = await Promise.all(['b1', 'b2', 'b3'].map(async (key) => (await add(key)).id));
    for (const id of ids) await until(id, 'failed');
    const chosen = { filter: { tab: 'dead' as const, system: 'slack' } };
    expect(await deliveries.bulkEstimate('o', chosen, 'retry')).toEqual({
      count: 3,
      refused: 0,
      systems: [{ system: 'slack', count: 3, atPacePerMinute: 60 }],
      durationMs: 3_000,
      seenTwice: ['slack'],
    });
    refuses = false;
    asked = [];
    expect(await deliveries.bulk('o', chosen, 'retry', '', by)).toEqual({ changed: 3, refused: [] });
    // Refused in every state it may be in by now, after it was asked who may.
    await deliveries.check('o', ids[0] ?? '', by).catch(() => undefined);
    // Whoever may change one may change many.
    expect(asked[0]).toEqual(asked[1]);
    for (const id of ids) await until(id, 'delivered');
    const none = await deliveries.bulk('o', { ids }, 'discard', 'not needed', by);
    expect([none.changed, none.refused.length]).toEqual([0, 3]);
    await expect(deliveries.bulk('o', { ids }, 'discard', '', by)).rejects.toThrow('needs a reason');
    await expect(async () => deliveries.bulkEstimate('o', { filter: {} }, 'retry')).rejects.toThrow('every delivery');
  });

  test('lists are paged newest first and every filter holds', async () => {
    const all = await deliveries.list('o', {}, null);
    expect(all.rows.length).toBe(all.total);
    expect(
      (await deliveries.list('o', { deliveryClass: 'never-twice' }, null)).rows.map(({ action }) => action),
    ).toEqual(['post']);
    expect((await deliveries.list('o', { action: 'post' }, null)).total).toBe(1);
    expect((await deliveries.list('o', { text: 'k2' }, null)).total).toBe(1);
    expect((await deliveries.list('o', { from: '2027-01-01T00:00:00Z' }, null)).total).toBe(0);
    expect((await deliveries.list('o', { system: 'nobody' }, null)).total).toBe(0);
    const last = all.rows.at(-2);
    const rest = await deliveries.list('o', {}, '2');
    expect(rest.rows.map(({ id }) => id)).toEqual([all.rows.at(-1)?.id]);
    expect(last).toBeDefined();
    await deliveries.sample('o');
    expect((await deliveries.depth('o', 1)).points).toMatchObject([{ waiting: 0, dead: 0 }]);
  });
});

test('what is called like a secret is covered at any depth, in JSON and in forms', () => {
  expect(masked({ a: 1, token: 'x', deep: [{ client_secret: 'y', name: 'Z' }] })).toEqual({
    a: 1,
    token: '••••',
    deep: [{ client_secret: '••••', name: 'Z' }],
  });
  expect(maskedText('user=me&password=hunter2&x=1')).toBe('user=me&password=••••&x=1');
  expect(maskedText('{"authorization":"Bearer x"}')).not.toContain('Bearer');
});

test('systems that hold their due work back are named with the reason and the end', async () => {
  const mark = (text: string) => store.batch([{ sql: text, params: [] }]);
  expect(await deliveries.waits('o')).toEqual([]);
  const until = runtime.clock.now() + 60_000;
  await mark(`UPDATE connection SET not_before = ${until} WHERE id = 'o/slack'`);
  expect(await deliveries.waits('o')).toEqual([
    { system: 'slack', why: 'limit', until: new Date(until).toISOString() },
  ]);
  await mark("UPDATE connection SET mode = 'paused' WHERE id = 'o/slack'");
  expect(await deliveries.waits('o')).toEqual([{ system: 'slack', why: 'paused', until: null }]);
});
