import { expect, test } from 'vitest';
import { defaultRouting, RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import { addresses, idFor, toggled, toldAtOnce, withoutPlace } from './routing.ts';

const slack = { id: 'slack-ops', channel: 'slack' as const, name: '#ops', address: 'C0123ABCD', personId: null };
const boss = { id: 'email-boss', channel: 'email' as const, name: 'Boss', address: 'boss@example.com', personId: null };
const config = RoutingConfig.parse({
  ...defaultRouting,
  destinations: [slack, boss],
  usual: { ...defaultRouting.usual, slack: [slack.id], email: [boss.id] },
  management: [boss.id],
  regionRoutes: [{ id: 'kent', regions: ['Kent'], destinations: [boss.id] }],
});

test('who is told says by channel whom, and where nobody is named', () => {
  expect(toldAtOnce(config, 'warning')).toEqual([
    { channel: 'slack', names: ['#ops'] },
    { channel: 'email', names: ['Boss'] },
  ]);
  const named = toldAtOnce(config, 'emergency').filter(({ names }) => names !== null);
  expect(named.map(({ channel }) => channel)).toEqual(['slack', 'email']);
  const rota = { people: ['alex'], startsOn: '2026-01-05', handoverAt: '09:00', shiftDays: 7, overrides: [] };
  expect(toldAtOnce({ ...config, rota }, 'emergency').at(-1)).toEqual({
    channel: 'sms',
    names: ['whoever is on call'],
  });
});

test('a place that is taken out is named nowhere any more', () => {
  const left = withoutPlace(config, boss.id);
  expect(JSON.stringify(left)).not.toContain('email-boss');
  expect(left.regionRoutes).toEqual([]);
  expect(RoutingConfig.safeParse(left).success).toBe(true);
});

test('names of places are told apart, and addresses are what their channel takes', () => {
  expect(idFor({ channel: 'slack', name: '#Ops' }, [slack])).toBe('slack-ops-2');
  expect(addresses.sms.valid.test('07700 900123')).toBe(false);
  expect(addresses.sms.valid.test('+447700900123')).toBe(true);
  expect(addresses.email.valid.test('boss@example.com')).toBe(true);
  expect(addresses.slack.valid.test('#ops')).toBe(false);
  expect(toggled(['a', 'b'], 'a', false)).toEqual(['b']);
  expect(toggled(['a'], 'b', true)).toEqual(['a', 'b']);
});
