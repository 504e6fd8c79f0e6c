import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { contract } from '../../src-shared/contract/index.ts';
import { Role } from '../../src-shared/contract/settings.ts';
import { rolesFor } from '../../src-shared/contract/who-may.ts';
import { type Call, fill, idsOf, inputFor, scopedCalls } from '../rig/calls.ts';
import { endAll, organisationId, startAgent } from '../rig/console.ts';
import { place, removeAll } from '../rig/places.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

/** Signing in itself; and an approval, in which the approver is named and proves it, whoever asks. */
const ofNobody = ['settings.actAs', 'exports.approve'];

/** What the smallest input that fits lacks. */
const fitting: Readonly<Record<string, object>> = {
  'alerts.addSilence': { matcher: { titleContains: 'nothing like it' } },
  'alerts.setQuietHours': { hours: { from: '22:00', to: '07:00' } },
  'desk.add': {
    invoice: {
      date: '2026-09-01',
      supplier: 'Nobody Ltd',
      supplierCountry: 'GB',
      invoiceNumber: 'N-1',
      description: 'Nothing',
      currency: 'GBP',
      net: '1.00',
      vat: '0.20',
    },
  },
  'desk.split': { parts: [{ weight: 1 }, { weight: 1 }] },
  'insight.setSales': { month: '2026-09', net: '1.00' },
  'kpis.handIn': { value: '1.00' },
  'schedules.save': {
    schedule: { name: 'Nothing', rule: { every: 'day', time: '09:00' }, work: { do: 'threshold' } },
  },
  'settings.setPin': { pin: '246813' },
  'sources.connectUsage': { address: 'https://usage.invalid', key: 'not-a-key-of-anybody' },
  'sources.connect': { key: 'not-a-key-of-anybody' },
  'sources.fetch': { month: '2026-09' },
  'sources.fetchRates': { month: '2026-09' },
};

const accessOf = (path: string) => {
  const [group = '', name = ''] = path.split('.');
  const calls = contract as unknown as Record<string, Record<string, { '~orpc': { meta: { access: string } } }>>;
  return calls[group]?.[name]?.['~orpc'].meta.access;
};

test('SEC-16 every call that changes something is refused to every role that may not', async () => {
  const data = join(place('roles'), 'data');
  const file = join(data, 'console.db');
  const first = await startAgent(data);
  await fill(data, first);
  await first.stop();
  const db = new Database(file);
  for (const role of Role.options)
    db.prepare('INSERT INTO person (id, organisation_id, name, roles, current) VALUES (?, ?, ?, ?, 0)').run(
      `only-${role}`,
      organisationId,
      `Only ${role}`,
      JSON.stringify([role]),
    );
  db.close();
  const agent = await startAgent(data);
  const client = await agent.client();
  const routing = await client.alerts.routing({ organisationId });
  const calls = scopedCalls(/^app\.changes/).filter(
    ({ path }) => accessOf(path) !== 'read' && !ofNobody.includes(path),
  );
  expect(calls.length).toBeGreaterThan(90);
  const ids = [...idsOf(file).values()].map(([id]) => id ?? '');
  const wrong: string[] = [];
  for (const role of Role.options) {
    await client.settings.actAs({ organisationId, personId: `only-${role}`, pin: '' });
    for (const { path, schema } of calls) {
      const [group = '', name = ''] = path.split('.');
      const allowed = rolesFor(path);
      if (!allowed) throw new Error(`Nobody has said who may ask for ${path}`);
      if (allowed.includes(role)) continue;
      const call = (client as unknown as Record<string, Record<string, Call>>)[group]?.[name];
      const seen = new Set<string>();
      for (const id of ids) {
        const given = { ...(inputFor(schema, organisationId, id) as object), ...fitting[path] };
        const input = path === 'alerts.saveRouting' ? { ...given, routing } : given;
        const answer = await call?.(input).then(
          () => 'done',
          (thrown: { code?: string; data?: unknown }) =>
            thrown.code === 'BAD_REQUEST' ? `${thrown.code} ${JSON.stringify(thrown.data)}` : String(thrown.code),
        );
        seen.add(answer ?? '');
        if (answer === 'NOT_ALLOWED') break;
      }
      if (!seen.has('NOT_ALLOWED') || seen.has('done')) wrong.push(`${role} ${path}: ${[...seen].join(', ')}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(await agent.stop()).toBe(0);
}, 240_000);
