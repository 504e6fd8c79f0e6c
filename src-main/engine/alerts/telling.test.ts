import { beforeEach, describe, expect, test } from 'vitest';
import { later } from '../../../src-shared/domain/time-and-ids.ts';
import {
  type AlertDesk,
  alertDesks,
  alex,
  datadog,
  MIN,
  routing,
  SATURDAY,
  TUESDAY,
} from '../../testing/alert-desk.ts';
import { testRuntime } from '../../testing/runtime.ts';

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});

const kentToBoss = { id: 'kent', regions: ['Kent'], venues: [], destinations: ['boss'], instead: true };

describe('telling', () => {
  test('a Saturday warning is enriched, raised one step and told on every channel, management included', async () => {
    const id = await desk.raise();
    await desk.settled(id);
    const alert = await desk.get(id);
    expect(alert).toMatchObject({
      reference: 'A-1001',
      severity: 'critical',
      reportedSeverity: 'warning',
      weddingsToday: 2,
      weddingsAffected: 1,
      peakHours: true,
    });
    expect(alert.venues).toEqual([{ name: 'The Barn', region: 'Surrey' }]);
    expect(alert.nextCeremonies).toEqual([
      { at: '2026-11-21T14:00:00.000Z', venue: 'The Barn', region: 'Surrey', reference: 'WS-1' },
    ]);
    expect(desk.sent.map((each) => each.to).sort()).toEqual(['boss', 'desk', 'ellis', 'hook', 'ops', 'pd']);
    expect(alert.toldMs).not.toBeNull();
    expect(alert.recovery?.id).toBe('ai-gallery-down');
    expect(desk.audited.filter((each) => each.action === 'alert.raised')).toHaveLength(1);
  });

  test('a Saturday info reaches SMS and PagerDuty, a Tuesday one only Slack', async () => {
    await desk.settled(await desk.raise({ severity: 'info' }));
    expect(desk.sent.map((each) => each.system)).toEqual(expect.arrayContaining(['sms', 'pagerduty']));
    desk = await begin('2026-11-25T13:50:00Z');
    await desk.settled(await desk.raise({ severity: 'info' }));
    expect(desk.sent.map((each) => each.system)).toEqual(['slack']);
  });

  test('what was previewed is what happens, over every step', async () => {
    const preview = await desk.alerts.preview(desk.org, {
      severity: 'warning',
      venue: 'The Barn',
      source: 'datadog',
      at: null,
    });
    const id = await desk.raise();
    await desk.settled(id);
    await desk.pass(150_000);
    await desk.pass(150_000);
    await desk.settled(id);
    const happened = (await desk.get(id)).deliveries
      .map((each) => [each.step, each.channel, each.recipient].join(' '))
      .sort();
    expect(happened).toEqual(preview.steps.map((each) => [each.step, each.channel, each.recipient].join(' ')).sort());
    expect(new Set(preview.steps.map((each) => each.afterSeconds))).toEqual(new Set([0, 150, 300]));
  });

  test('fifty reports of one key at once are one alert', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, () => desk.raise({ key: 'pay-hook' })));
    expect(new Set(ids).size).toBe(1);
    expect((await desk.get(ids[0] ?? '')).count).toBe(50);
    await desk.settled(ids[0] ?? '');
    expect(desk.systemsOf('firing').filter((system) => system === 'slack')).toHaveLength(1);
  });

  test('how often it was reported is kept by the hour, under its key, for the last day', async () => {
    const counts = async (id: string) => (await desk.get(id)).seen.map(({ count }) => count);
    const first = await desk.raise({ key: 'k' });
    for (let times = 0; times < 2; times += 1) await desk.raise({ key: 'k' });
    const seen = (await desk.get(first)).seen;
    expect(seen).toHaveLength(24);
    expect(seen.at(-1)).toEqual({ hour: '2026-11-21T13:00:00.000Z', count: 3 });
    expect(seen[0]).toEqual({ hour: '2026-11-20T14:00:00.000Z', count: 0 });
    desk.runtime.clock.jump(10 * MIN);
    await desk.raise({ key: 'k' });
    expect((await counts(first)).slice(-2)).toEqual([3, 1]);
    // Over, and there again later as an alert of its own: what came before belongs to it.
    await desk.alerts.resolve(desk.org, first, '', alex);
    desk.runtime.clock.jump(20 * 60 * MIN);
    const next = await desk.raise({ key: 'k' });
    expect(next).not.toBe(first);
    expect((await counts(next)).filter((count) => count > 0)).toEqual([3, 1, 1]);
    desk.runtime.clock.jump(3 * 60 * MIN);
    expect((await counts(next)).filter((count) => count > 0)).toEqual([1, 1]);
  });

  test('no message ever holds a couple', async () => {
    const id = await desk.raise({ title: 'Payment webhook silent', venues: [] });
    await desk.settled(id);
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.alerts.resolve(desk.org, id, '', alex);
    await desk.settled(id);
    expect(JSON.stringify(desk.sent)).toContain('WS-1');
    expect(JSON.stringify(desk.sent)).not.toMatch(/Zebedee|Quill/);
  });

  test('an alert without severity is refused with the reason', async () => {
    await expect(desk.alerts.raise(desk.org, { source: 'x', title: 't' }, datadog)).rejects.toMatchObject({
      code: 'REFUSED',
    });
  });
});

describe('reports nobody would send', () => {
  test('200 kB of detail, markup and control characters: cut and marked, told on every channel, nothing lost', async () => {
    const id = await desk.raise({
      title: 'Chat <!channel> <script>\u0000\u202E\r\nBcc: all@example.org',
      detail: `<img src=x>\u0007${'x'.repeat(200_000)}`,
    });
    await desk.settled(id);
    const alert = await desk.get(id);
    expect(alert.title).toBe('Chat <!channel> <script> Bcc: all@example.org');
    expect(alert.detail).toMatch(/^<img src=x> x+…$/);
    expect(alert.detail.length).toBe(4_000);
    expect(alert.deliveries.map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'accepted'));
  });

  test('a venue nobody knows is kept by its name, without a region, and routed as if none were named', async () => {
    const id = await desk.raise({ venues: ['Castle Nowhere'] });
    await desk.settled(id);
    const { venues, weddingsAffected, weddingsToday, deliveries } = await desk.get(id);
    expect(venues).toEqual([{ name: 'Castle Nowhere', region: '' }]);
    expect({ weddingsAffected, weddingsToday }).toEqual({ weddingsAffected: 0, weddingsToday: 2 });
    expect(deliveries).toHaveLength(6);
  });

  test('a source whose clock is ten minutes off is said so on the timeline, and believed for nothing', async () => {
    const observed = async (minutes: number) => {
      const observedAt = later(desk.runtime.clock.now(), minutes * MIN);
      const alert = await desk.get(await desk.raise({ key: `k${minutes}`, observedAt }));
      expect(alert.raisedAt).toBe('2026-11-21T13:50:00.000Z');
      return alert.timeline.flatMap(({ text }) => (text.includes("source's clock") ? [text] : []));
    };
    expect(await observed(-10)).toEqual(["The source's clock is 10 min behind; this console's time is used."]);
    expect(await observed(10)).toEqual(["The source's clock is 10 min ahead; this console's time is used."]);
    expect(await observed(-4)).toEqual([]);
  });
});

test('the preview is what the engine then does, whatever the severity, the venue and the moment', async () => {
  const random = testRuntime().random;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
  await desk.alerts.routing.save(desk.org, { ...routing, stormLimit: null, regionRoutes: [kentToBoss] }, alex);
  for (let round = 0; round < 80; round += 1) {
    desk.runtime.clock.jump(Math.floor(random.next() * 53 * 60 * MIN));
    const severity = pick(['info', 'warning', 'critical', 'emergency'] as const);
    const venue = pick(['The Barn', 'Hall Farm', undefined]);
    const preview = await desk.alerts.preview(desk.org, { severity, venue, source: 'datadog', at: null });
    const id = await desk.raise({ key: `p${round}`, severity, venues: venue === undefined ? [] : [venue] });
    const { deliveries, severity: inForce } = await desk.get(id);
    const told = deliveries.map(({ channel, recipient, rule }) => `${channel} ${recipient}: ${rule}`).sort();
    const wanted = preview.steps.filter(({ step }) => step === 0);
    expect(told).toEqual(wanted.map(({ channel, recipient, rule }) => `${channel} ${recipient}: ${rule}`).sort());
    expect(inForce).toBe(preview.severity);
    await desk.alerts.resolve(desk.org, id, '', alex);
  }
});

test('a Tuesday with a wedding is a wedding day', async () => {
  desk = await begin(TUESDAY);
  expect((await desk.weekend.result(desk.org, desk.runtime.clock.now())).weddingDay.reason).toBe('confirmed_wedding');
});
