import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { defaultRouting, ON_CALL, type RoutingConfig } from '../src-shared/domain/alert/routing-config.ts';
import { compose } from './compose.ts';
import { createRedactor } from './platform/redactor.ts';
import { systemClock, systemIds, systemRandom } from './platform/runtime.ts';
import { rehearseSaturday } from './rehearsal.ts';
import { testLog } from './testing/runtime.ts';

const place = (
  id: string,
  channel: RoutingConfig['failover'][number],
  name: string,
  personId: string | null = null,
) => ({ id, channel, name, address: 'real-address-of-nobody', personId });
const routing: RoutingConfig = {
  ...defaultRouting,
  destinations: [
    place('ops', 'slack', '#real-ops'),
    place('desk', 'email', 'Desk'),
    place('boss', 'email', 'Boss'),
    place('boss-phone', 'sms', 'Boss', 'boss'),
    place('pd', 'pagerduty', 'Pager'),
    place('hook', 'webhook', 'Status'),
    place('ellis', 'sms', 'J. Ellis', 'ellis'),
  ],
  usual: { slack: ['ops'], email: ['desk'], pagerduty: ['pd'], webhook: ['hook'], sms: [ON_CALL] },
  management: ['boss', 'boss-phone'],
  rota: { people: ['ellis'], startsOn: '2026-01-05', handoverAt: '09:00', shiftDays: 7, overrides: [] },
};
const host = {
  runtime: { clock: systemClock, ids: systemIds, random: systemRandom, log: testLog() },
  redactor: createRedactor(),
  files: { offer: async () => '', peek: async () => null, take: async () => null },
  resourcesFolder: fileURLToPath(new URL('../resources', import.meta.url)),
  version: 'test',
};

test('a rehearsed Saturday escalates, bundles a storm, lets an acknowledgement run out, and scores A9', async () => {
  const card = await rehearseSaturday(compose, host, { routing, zone: 'Europe/London' });
  expect(new Date(card.startedAt).getUTCDay()).toBe(6);
  expect(card.missed).toEqual([]);
  expect(card.levels.map(({ name, ok }) => [name, ok])).toEqual([
    ['Alert to channel accepted', true],
    ['SMS accepted', true],
    ['Escalation told after it was due', true],
    ['Acknowledged', true],
  ]);
  expect(card.ok).toBe(true);
  const ellis = card.received.find(({ recipient }) => recipient === 'J. Ellis');
  expect(ellis?.messages.some(({ kind }) => kind === 'escalated')).toBe(true);
  expect(ellis?.messages.some(({ state }) => state === 'bundled')).toBe(true);
  expect(card.received.find(({ recipient }) => recipient === 'Boss')?.messages.length).toBeGreaterThan(0);
  expect(card.alerts).toHaveLength(16);
});

test('whoever would not be reached is a missed step', async () => {
  const card = await rehearseSaturday(compose, host, { routing: { ...routing, rota: null }, zone: 'Europe/London' });
  expect(card.ok).toBe(false);
  expect(card.missed.join('\n')).toMatch(/sms/i);
});
