import { beforeEach, describe, expect, test } from 'vitest';
import { later } from '../../../src-shared/domain/time-and-ids.ts';
import { type AlertDesk, alertDesks, alex, MIN, SATURDAY, until } from '../../testing/alert-desk.ts';

/** Nobody marries. */
const WEDNESDAY = '2026-11-25T13:50:00Z';
const begin = alertDesks();
let desk: AlertDesk;
beforeEach(async () => {
  desk = await begin(SATURDAY);
});

const notices = () =>
  desk.sent.flatMap(({ system, to, message }) => (message.kind === 'notice' ? [{ system, to, ...message }] : []));
/** What is told leaves with the change itself; one more message shows that nothing else was waiting. */
const whenAllLeft = async () => desk.settled(await desk.raise({ key: 'after', severity: 'emergency' }));

describe('wedding-day mode switched off by hand (FT-84)', () => {
  const off = (reason = 'Snow') =>
    desk.alerts.switchMode(desk.org, { mode: 'off', reason, endsAt: later(desk.runtime.clock.now(), 60 * MIN) }, alex);

  test('is told in Slack and by e-mail, to the management too: who, why, until when', async () => {
    expect((await off()).weddingDay).toMatchObject({ active: false, reason: 'manual' });
    await until(() => notices().length === 3);
    expect(
      notices()
        .map(({ system, to }) => `${system} ${to}`)
        .sort(),
    ).toEqual(['email boss', 'email desk', 'slack ops']);
    for (const { subject, text } of notices()) {
      expect(subject).toContain('Wedding-day mode is off until');
      expect(text).toContain('Alex Morgan');
      expect(text).toContain('Reason: Snow');
    }
  });

  test('is told once: not when it was refused, nor when it was off already or is switched on', async () => {
    await expect(off(' ')).rejects.toMatchObject({ code: 'REFUSED' });
    await off();
    await off('Still snow');
    const endsAt = later(desk.runtime.clock.now(), 60 * MIN);
    await desk.alerts.switchMode(desk.org, { mode: 'on', reason: 'Thaw', endsAt }, alex);
    await whenAllLeft();
    expect(notices()).toHaveLength(3);
  });
});

describe('nearly everything silenced (FT-84)', () => {
  const silence = (matcher: object, more: object = {}) => {
    const startsAt = desk.runtime.clock.now();
    const endsAt = later(startsAt, 30 * MIN);
    const usual = { kind: 'silence', startsAt, endsAt, recurring: null, includeEmergencies: false, reason: 'Noise' };
    return desk.alerts.silences.add(desk.org, { ...usual, matcher, ...more } as never, alex);
  };

  test('on a wedding day is told although it hides alerts', async () => {
    await silence({ upTo: 'critical' });
    await until(() => notices().length === 3);
    expect(notices()[0]?.text).toContain('Alex Morgan silenced nearly all alerts');
    expect(notices()[0]?.text).toContain('Emergencies still come through');
    await silence({ upTo: 'emergency' }, { includeEmergencies: true });
    await until(() => notices().length === 6);
    expect(notices().at(-1)?.text).toContain('Emergencies are silenced too');
  });

  test('of one source, place or lesser severity, or on another day, it is in the register alone', async () => {
    await silence({ source: 'datadog', upTo: 'critical' });
    await silence({ venue: 'The Barn' });
    await silence({ upTo: 'warning' });
    await whenAllLeft();
    expect(notices()).toEqual([]);
    desk = await begin(WEDNESDAY);
    await silence({ upTo: 'critical' });
    await whenAllLeft();
    expect(notices()).toEqual([]);
  });

  test('set days before for a Saturday is told when it is set', async () => {
    desk = await begin(WEDNESDAY);
    const saturday = later(desk.runtime.clock.now(), 3 * 24 * 60 * MIN);
    await silence({ upTo: 'critical' }, { startsAt: saturday, endsAt: later(saturday, 60 * MIN) });
    await until(() => notices().length === 3);
  });
});
