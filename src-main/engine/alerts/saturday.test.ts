import { beforeEach, expect, test } from 'vitest';
import { putOpsSetting } from '../../store/repositories/weddings.ts';
import { type AlertDesk, alertDesks, alex, datadog, pagerduty, until, viaSlack } from '../../testing/alert-desk.ts';
import { createProbes } from './probes.ts';

const echo = { ...pagerduty, name: 'Sam Okafor' };

/** 23 weddings on one Saturday: the first at 10:30, at The Barn at 14:00. */
const calendar = [
  'date,time,venue,region,reference,couple',
  '2026-11-21,14:00,The Barn,Surrey,WS-BARN,Zebedee & Quill',
  ...Array.from({ length: 22 }, (_, index) => {
    const time = `${10 + Math.floor(index / 3)}:30`;
    return `2026-11-21,${time},Venue ${index},Kent,WS-${index},Zebedee & Quill`;
  }),
  '',
].join('\n');

const everybody = ['email boss', 'email desk', 'pagerduty pd', 'slack ops', 'sms ellis', 'webhook hook'];

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin('2026-11-20T11:00:00Z', {
    weddings: calendar,
    planned: true,
    ping: async () => undefined,
    probes: ({ store, folder, runtime, weekend }) =>
      createProbes({
        store,
        clock: runtime.clock,
        dataFolder: folder,
        weekend,
        health: async () => [],
        seat: async () => ({ here: true, sender: 'OPS-1', rival: null }),
        clockAhead: () => 20,
        notifications: () => true,
        staysAwake: null,
      }),
  });
});

const told = (kind: string) =>
  desk.sent
    .filter(({ message }) => message.kind === kind)
    .map(({ system, to }) => `${system} ${to}`)
    .sort();

test('a wedding weekend: pre-flight, an alert nobody takes, one press in Slack, its report, Monday’s, and a quiet Tuesday', async () => {
  const heartbeat = JSON.stringify({ url: 'https://watch.example/beat' });
  const backup = JSON.stringify({ at: desk.runtime.clock.now(), bytes: 1 });
  await desk.store.transaction(async (tx) => {
    await putOpsSetting(tx, desk.org, 'heartbeat', heartbeat, desk.runtime.clock.now());
    await putOpsSetting(tx, desk.org, 'last-backup', backup, desk.runtime.clock.now());
  });
  await desk.alerts.tick(desk.org);

  // Friday: the sheet is green, and the mode begins at 18:00.
  await desk.comes('2026-11-20T12:00:00Z');
  await until(async () => (await desk.alerts.desk.lastSheet(desk.org)) !== null);
  await desk.comes('2026-11-20T17:30:00Z');
  await until(async () => (await desk.alerts.desk.lastSheet(desk.org))?.at === Date.parse('2026-11-20T17:30:00Z'));
  const sheet = await desk.alerts.desk.lastSheet(desk.org);
  expect(sheet?.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(sheet).toMatchObject({ ok: true, by: 'console' });
  expect(told('test')).toHaveLength(10);
  const mode = async () => (await desk.weekend.result(desk.org, desk.runtime.clock.now())).weddingDay.active;
  await desk.comes('2026-11-20T17:59:59Z');
  expect(await mode()).toBe(false);
  await desk.comes('2026-11-20T18:00:00Z');
  expect(await mode()).toBe(true);

  // Saturday 13:50.
  await desk.comes('2026-11-21T13:50:00Z');
  expect((await desk.alerts.weekendView(desk.org, false)).answer).toMatchObject({
    value: 'safe',
    sentence: 'Safe. Nothing needs you; 23 weddings today.',
  });
  const report = { source: 'datadog', severity: 'warning', title: 'AI gallery slow', venues: ['The Barn'] };
  const { alertId: id } = await desk.alerts.raise(desk.org, report, datadog);
  await desk.settled(id);
  expect(await desk.get(id)).toMatchObject({
    severity: 'critical',
    reportedSeverity: 'warning',
    weddingsToday: 23,
    weddingsAffected: 1,
    venues: [{ name: 'The Barn', region: 'Surrey' }],
    nextCeremonies: [{ at: '2026-11-21T14:00:00.000Z', venue: 'The Barn', region: 'Surrey', reference: 'WS-BARN' }],
    peakHours: true,
    next: { what: 'escalates', at: '2026-11-21T13:52:30.000Z' },
  });
  expect(told('firing')).toEqual(everybody);
  expect(desk.sent.find(({ message }) => message.kind === 'firing')?.message).toMatchObject({
    weddingsToday: 23,
    peakHours: true,
    saturday: true,
    weddingDay: true,
  });
  const notice = {
    key: `alert:${id}`,
    title: 'Critical: AI gallery slow',
    body: '23 weddings today · A-1001',
    urgent: true,
  };
  expect(desk.notices).toEqual([expect.objectContaining(notice)]);

  // Nobody acts for two and a half minutes.
  await desk.comes('2026-11-21T13:52:29.999Z');
  expect((await desk.get(id)).state).toBe('firing');
  await desk.comes('2026-11-21T13:52:30Z');
  expect(await desk.get(id)).toMatchObject({ state: 'escalated', step: 1 });
  await desk.settled(id);
  // On a Saturday the others hear of it as well.
  expect(told('escalated')).toEqual(everybody);
  expect(desk.notices).toHaveLength(2);

  // One press in Slack, which arrives twice; PagerDuty answers with an echo.
  await desk.comes('2026-11-21T13:53:00Z');
  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, viaSlack);
  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, viaSlack);
  await desk.settled(id);
  await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, echo);
  await desk.settled(id);
  const { timeline, owner } = await desk.get(id);
  expect(owner).toBe('Sam Okafor');
  expect(timeline.filter(({ kind }) => kind === 'acknowledged')).toMatchObject([
    { at: '2026-11-21T13:53:00.000Z', actor: 'Sam Okafor', channel: 'slack' },
  ]);
  // Slack's own message is edited, so that it shows who has it.
  expect(told('acknowledged')).toEqual(['pagerduty pd', 'slack ops', 'webhook hook']);

  // The steps are done, and it is over.
  const steps = (await desk.get(id)).recovery?.steps ?? [];
  expect(steps.length).toBeGreaterThan(1);
  await desk.comes('2026-11-21T14:01:00Z');
  for (const step of steps) await desk.alerts.tickStep(desk.org, id, step.id, alex);
  await desk.comes('2026-11-21T14:04:00Z');
  await desk.alerts.resolve(desk.org, id, 'Provider recovered', alex);
  await desk.settled(id);
  expect(told('escalated')).toHaveLength(6);
  expect(told('resolved')).toEqual(everybody.filter((each) => each !== 'sms ellis'));
  expect(new Set(desk.noticesRemoved)).toEqual(new Set([`alert:${id}`]));
  const { text } = await desk.alerts.views.report(desk.org, [id]);
  expect(text).toContain('A-1001 AI gallery slow');
  expect(text).toContain('critical (raised from warning: wedding day)');
  expect(text).toContain('by Sam Okafor, after 3 min');
  expect(text).toContain('after 14 min');
  expect(text).toContain('Escalated to step 1');
  expect(text).toContain('Provider recovered');
  for (const step of steps) expect(text).toContain(`- [x] ${step.text}`);

  // Monday 07:00: to the desk and the management, once.
  await desk.comes('2026-11-23T06:59:59Z');
  expect(told('notice')).toEqual([]);
  await desk.comes('2026-11-23T07:00:00Z');
  await until(() => told('notice').length === 2);
  await desk.comes('2026-11-23T07:00:30Z');
  expect(told('notice')).toEqual(['email boss', 'email desk']);
  const monday = desk.sent.find(({ message }) => message.kind === 'notice')?.message;
  expect(monday).toMatchObject({ subject: 'Weekend report 2026-11-20: 1 alerts, 0 open' });
  expect(JSON.stringify(monday)).toContain('23 weddings; 1 alerts (0 emergency, 1 critical');
  expect(JSON.stringify(monday)).toContain('resolved after 14 min');

  // Tuesday: an info is for Slack alone.
  await desk.comes('2026-11-24T13:50:00Z');
  desk.sent.length = 0;
  await desk.settled(
    (await desk.alerts.raise(desk.org, { ...report, severity: 'info', key: 'tuesday' }, datadog)).alertId,
  );
  await desk.comes('2026-11-24T14:50:00Z');
  expect(told('firing')).toEqual(['slack ops']);
  expect(desk.sent).toHaveLength(1);
  expect(JSON.stringify(desk.sent)).not.toMatch(/Zebedee|Quill/);
});
