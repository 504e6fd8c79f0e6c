import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { expect, test } from 'vitest';
import { insertAuditEntry } from '../../store/repositories/audit.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import type { Audit } from '../audit/audit.ts';
import { auditHandlers } from './audit.ts';

const runtime = testRuntime();
const day = (date: string) => Date.parse(`${date}T12:00:00Z`);

test('the record is narrowed by part of a name, words of the action, part of the object, and days', async () => {
  const store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'audit-list-')), runtime });
  const entries = [
    ['person:alex', 'alert.acknowledged', 'alert:A-1042', '2026-09-01'],
    ['person:alexandra', 'batch.approved', '01a2-Batch', '2026-09-02'],
    ['system:practice', 'batch.prepared', '01a2-Batch', '2026-09-03'],
  ] as const;
  const noPin = { hasPin: false, ownPin: false, firstPinBy: null };
  const plain = { personal: null, key_id: null, mac: null, version: 1 };
  await store.transaction(async (tx) => {
    for (const [index, [actor, action, object, at]] of entries.entries()) {
      const who = { organisation_id: 'o', actor, channel: 'window', action, object, reason: '' };
      const chain = { sequence: index + 1, previous_hash: `${index}`, hash: `${index + 1}` };
      const when = { at: day(at), monotonic_ms: 0, process_id: 'p', correlation_id: '' };
      await insertAuditEntry(tx, { ...who, ...chain, ...when, before: null, after: null, ...plain });
    }
  });
  const handlers = auditHandlers({
    store,
    audit: {
      read: async (_: string, rows: readonly object[]) => rows.map((row) => ({ ...row, aside: 'none' })),
    } as unknown as Audit,
    organisations: {
      people: async () => [
        { id: 'alex', name: 'Alex Morgan', roles: ['admin'], ...noPin, current: true },
        { id: 'alexandra', name: 'Sandra Lee', roles: ['admin'], ...noPin, current: false },
      ],
      requireRole: () => Promise.reject(new Error('nobody is asked')),
    },
  });
  const caller = { via: 'window', access: 'admin', personId: null } as const;
  const client = createRouterClient(handlers, { context: { caller, correlationId: 'c', log: runtime.log } });
  const found = async (filter: object) =>
    (await client.list({ organisationId: 'o', ...filter })).rows.map(({ sequence }) => sequence);

  expect(await found({})).toEqual([3, 2, 1]);
  expect(await found({ actor: 'morgan' })).toEqual([1]);
  expect(await found({ actor: 'Sandra Lee' })).toEqual([2]);
  expect(await found({ actor: 'practice' })).toEqual([3]);
  expect(await found({ action: 'batch' })).toEqual([3, 2]);
  expect(await found({ action: 'approved batch' })).toEqual([2]);
  expect(await found({ action: 'alert.acknowledged' })).toEqual([1]);
  expect(await found({ object: 'a-1042' })).toEqual([1]);
  expect(await found({ object: '01a2-batch' })).toEqual([3, 2]);
  expect(await found({ from: '2026-09-02T00:00:00.000Z', to: '2026-09-03T00:00:00.000Z' })).toEqual([2]);
  expect(await found({ action: '100%' })).toEqual([]);
  await store.close();
});
