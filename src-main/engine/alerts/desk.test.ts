import { beforeEach, describe, expect, test } from 'vitest';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import { Instant, later } from '../../../src-shared/domain/time-and-ids.ts';
import { type AlertDesk, alertDesks, alex, MIN, routing, SATURDAY, until } from '../../testing/alert-desk.ts';
import { readWeddingsCsv } from '../weekend/read-table.ts';

const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});

describe('the desk', () => {
  test('a channel test answers with what the provider said (A8)', async () => {
    expect(await desk.alerts.testChannel(desk.org, 'slack', alex)).toMatchObject({ delivered: true, error: null });
    desk.answer = async () => {
      throw new NeedsAttentionError('auth', 'token revoked', { scope: 'connection' });
    };
    expect(await desk.alerts.testChannel(desk.org, 'pagerduty', alex)).toMatchObject({
      delivered: false,
      error: 'token revoked',
    });
  });

  test('the pre-flight sheet tests every channel for real, is stored and audited (A17)', async () => {
    const sheet = await desk.alerts.desk.preflight(desk.org, alex);
    expect(sheet.checks.filter((check) => check.check.startsWith('Channel')).every((check) => check.ok)).toBe(true);
    expect(desk.systemsOf('test')).toEqual(['email', 'pagerduty', 'slack', 'sms', 'webhook']);
    expect(sheet.checks.find((check) => check.check === 'Heartbeat')?.ok).toBe(false);
    expect((await desk.alerts.desk.lastSheet(desk.org))?.at).toBe(Instant.parse(Date.parse(SATURDAY)));
    expect(desk.audited.some((each) => each.action === 'preflight.run')).toBe(true);
  });

  test('the sheet is red when the handover of the weekend goes to somebody without a phone', async () => {
    desk = await begin('2026-11-20T12:00:00Z');
    const line = async () =>
      (await desk.alerts.desk.preflight(desk.org, alex)).checks.find(({ check }) => check === 'Somebody is on call');
    const rota = {
      people: ['ellis', 'shah'],
      startsOn: '2026-11-19',
      handoverAt: '09:00',
      shiftDays: 2,
      overrides: [],
    };
    await desk.alerts.routing.save(desk.org, { ...routing, rota }, alex);
    const [answer] = await Promise.all([line(), desk.runtime.clock.advance(20_000)]);
    expect(answer).toMatchObject({ ok: false });
    expect(answer?.detail).toContain('21 Nov 2026');
    expect(answer?.detail).toContain('shah has no phone for SMS');
    const phone = { id: 'shah-phone', channel: 'sms' as const, name: 'Priya Shah', address: '+44', personId: 'shah' };
    const destinations = [...routing.destinations, phone];
    await desk.alerts.routing.save(desk.org, { ...routing, destinations, rota }, alex);
    const [complete] = await Promise.all([line(), desk.runtime.clock.advance(20_000)]);
    expect(complete).toMatchObject({ ok: true, detail: 'ellis, then Priya Shah' });
  });

  test('the incident report tells people, times and ticked steps (A19)', async () => {
    const id = await desk.raise();
    await desk.alerts.acknowledge(desk.org, id, { note: '', forMs: null }, alex);
    await desk.alerts.tickStep(desk.org, id, 'status', alex);
    await desk.alerts.tickStep(desk.org, id, 'status', alex);
    await desk.runtime.clock.advance(9 * MIN);
    await desk.alerts.resolve(desk.org, id, 'Provider recovered', alex);
    const { text } = await desk.alerts.views.report(desk.org, [id]);
    expect(text).toContain('by Alex Morgan, after 0 min');
    expect(text).toContain('after 9 min');
    expect(text).toContain('- [x] Check the AI provider');
    expect((await desk.kinds(id)).filter((kind) => kind === 'recovery_step')).toHaveLength(1);
    expect((await desk.alerts.desk.weekendReport(desk.org)).text).toContain('2 weddings; 1 alerts');
  });

  test('four weeks in figures: a day, how fast told, how fast taken', async () => {
    const first = await desk.raise({ severity: 'info' });
    await desk.settled(first);
    await desk.pass(MIN);
    await desk.alerts.acknowledge(desk.org, first, { note: '', forMs: null }, alex);
    await desk.raise({ key: 'second', severity: 'critical' });
    const { days, acknowledged } = await desk.alerts.figures(desk.org);
    expect(days).toHaveLength(28);
    expect(days.at(-1)).toMatchObject({ date: '2026-11-21', weddingDay: true, info: 0, warning: 1, emergency: 1 });
    expect(days.at(-1)?.toldP95Ms).not.toBeNull();
    expect(days.at(-4)).toMatchObject({ date: '2026-11-18', weddingDay: false, warning: 0, toldP95Ms: null });
    expect(acknowledged).toMatchObject({ count: 1, medianMs: MIN, p90Ms: MIN });
    expect(acknowledged.buckets.map(({ count: many }) => many)).toEqual([0, 1, 0, 0, 0, 0]);
  });

  test('the screen answers whether today is safe', async () => {
    expect((await desk.alerts.weekendView(desk.org, true)).answer.value).toBe('safe');
    await desk.raise();
    const view = await desk.alerts.weekendView(desk.org, true);
    expect(view.answer.value).toBe('not_safe');
    expect(view.ceremonies.map((each) => [each.venue, each.couple, each.alerts.length])).toEqual([
      ['The Barn', 'Zebedee & Quill', 1],
      ['Hall Farm', 'Quill & Zebedee', 0],
    ]);
    expect((await desk.alerts.weekendView(desk.org, false)).ceremonies.every((each) => each.couple === null)).toBe(
      true,
    );
  });

  test('an alert of several venues stands at each, one without stands at none, and the worst five come first', async () => {
    for (let index = 0; index < 6; index += 1)
      await desk.raise({ key: `i${index}`, severity: 'info', title: `T${index}`, venues: ['The Barn'] });
    await desk.raise({ key: 'both', severity: 'critical', title: 'Both', venues: ['the barn', 'Hall Farm'] });
    await desk.raise({ key: 'none', severity: 'warning', title: 'None', venues: [] });
    const { ceremonies, answer } = await desk.alerts.weekendView(desk.org, false);
    const titles = ceremonies.map(({ venue, alerts }) => [venue, alerts.length, alerts[0]?.title]);
    expect(titles).toEqual([
      ['The Barn', 5, 'Both'],
      ['Hall Farm', 1, 'Both'],
    ]);
    expect(answer.sentence).toMatch(/^Not safe\. A-1007 \(emergency\) and others touch 2 of 2 weddings today/);
  });

  test('the mode is switched by hand with reason and end, audited, and routes accordingly', async () => {
    await expect(
      desk.weekend.switchMode(
        desk.org,
        { mode: 'off', reason: ' ', endsAt: later(desk.runtime.clock.now(), MIN) },
        alex,
      ),
    ).rejects.toMatchObject({ code: 'REFUSED' });
    const result = await desk.weekend.switchMode(
      desk.org,
      { mode: 'off', reason: 'Snow', endsAt: later(desk.runtime.clock.now(), 60 * MIN) },
      alex,
    );
    expect(result.weddingDay).toMatchObject({ active: false, reason: 'manual' });
    expect((await desk.get(await desk.raise())).severity).toBe('warning');
    expect(desk.audited.some((each) => each.action === 'wedding-mode.switched' && each.reason === 'Snow')).toBe(true);
  });

  test('the same calendar twice changes nothing; a newer one updates', async () => {
    const csv = (time: string) =>
      readWeddingsCsv(
        `date,time,venue,region,reference,couple\n2026-11-21,${time},The Barn,Surrey,WS-1,Zebedee & Quill\n`,
        { zone: 'Europe/London' },
      );
    expect(await desk.weekend.importWeddings(desk.org, csv('14:00'))).toMatchObject({ imported: 0, duplicates: 1 });
    expect(await desk.weekend.importWeddings(desk.org, csv('14:30'))).toMatchObject({ imported: 1, duplicates: 0 });
    expect((await desk.weekend.result(desk.org, desk.runtime.clock.now())).weddings[0]?.startsAt).toBe(
      '2026-11-21T14:30:00.000Z',
    );
  });

  test('a machine that slept over both pre-flights of a Friday runs the later one only', async () => {
    desk = await begin('2026-11-20T17:45:00Z', { planned: true });
    await desk.alerts.tick(desk.org);
    await until(() => desk.audited.some((each) => each.action === 'preflight.run'));
    const runs = await desk.store.read
      .selectFrom('weekend_run')
      .select('name')
      .where('organisation_id', '=', desk.org)
      .orderBy('name')
      .execute();
    expect(runs.map(({ name }) => name)).toEqual(['preflight-evening', 'preflight-noon']);
    await desk.pass(MIN);
    expect(desk.audited.filter((each) => each.action === 'preflight.run')).toHaveLength(1);
  });
});
