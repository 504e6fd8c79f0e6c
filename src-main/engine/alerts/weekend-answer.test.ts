import { describe, expect, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { type Celebration, phaseOf, type Threat, weekendAnswer } from './weekend-answer.ts';

const zone = 'Europe/London';
const moment = (text: string) => Instant.parse(Date.parse(text));
const wedding = (startsAt: string | null, venue = 'Barn', date = '2026-11-21', lastDate = date): Celebration => ({
  date,
  lastDate,
  startsAt: startsAt === null ? null : moment(startsAt),
  venue,
});
const threat = (reference: string, venue: string | null, severity: Threat['severity'] = 'critical'): Threat => ({
  reference,
  severity,
  venue,
  owner: null,
});

function answer(
  at: string,
  weddings: readonly Celebration[],
  threats: readonly Threat[] = [],
  needing = threats.length,
  ready: boolean | null = true,
  elsewhere = false,
  aside = 0,
) {
  return weekendAnswer({
    threats,
    needing,
    aside,
    weddings,
    elsewhere,
    ready,
    known: 30,
    channels: [{ channel: 'slack', state: 'ready', detail: '' }],
    at: moment(at),
    today: localAt(moment(at), zone).date,
    zone,
  });
}
const sentence = (...args: Parameters<typeof answer>) => answer(...args).sentence;

const five = ['10:00', '11:00', '13:00', '15:00', '17:00'].map((time, index) =>
  wedding(`2026-11-21T${time}:00Z`, index < 2 ? 'Barn' : 'Hall'),
);

test('a computer that does not send claims nothing about the weekend', () => {
  expect(answer('2026-11-21T09:00:00Z', five, [], 0, true, true)).toMatchObject({
    value: 'unknown',
    sentence: 'Unknown. Another computer sends for this organisation; nothing is sent from here.',
  });
});

describe('what is at stake is what is not over', () => {
  test('of five weddings, two over: an alert at both venues touches the three that are left', () => {
    const everywhere = [threat('A-1001', 'Barn'), threat('A-1001', 'Hall')];
    expect(sentence('2026-11-21T09:00:00Z', five, everywhere)).toBe(
      'Not safe. A-1001 (critical) touches 5 of 5 weddings today; next affected 10:00 at Barn.',
    );
    expect(sentence('2026-11-21T16:30:00Z', five, everywhere)).toBe(
      'Not safe. A-1001 (critical) touches 3 of 3 weddings still to come or under way; next affected 17:00 at Hall.',
    );
  });

  test('an alert at a venue whose weddings are over threatens none: watch, not not safe', () => {
    expect(answer('2026-11-21T16:30:00Z', five, [threat('A-1001', 'Barn')])).toMatchObject({
      value: 'watch',
      sentence: 'Watch. 1 alert needs somebody; 3 of 5 weddings today still to come or under way.',
    });
  });

  test('a critical alert somebody has, or a silence hides, is watched where it touches no wedding', () => {
    const taken = { ...threat('A-3', 'Barn'), owner: 'Alex Morgan' };
    expect(answer('2026-11-21T22:00:00Z', five, [taken], 0)).toMatchObject({
      value: 'watch',
      sentence: 'Watch. A-3 (critical) is open; it touches no wedding to come or under way today. Alex Morgan has it.',
    });
  });

  test('what is snoozed or silenced is said, and nothing claims that nothing fires', () => {
    expect(answer('2026-11-21T09:00:00Z', five, [], 0, true, false, 2)).toEqual({
      value: 'safe',
      sentence: 'Safe. Nothing needs you; 5 weddings today. 2 alerts are snoozed or silenced.',
      rule: 'Apart from what is snoozed or silenced, nothing critical is open, nothing is firing, and every channel is usable.',
    });
  });

  test('an emergency is never safe, and says when nothing that is left is touched', () => {
    expect(sentence('2026-11-21T22:00:00Z', five, [threat('A-7', 'Barn', 'emergency')])).toBe(
      'Not safe. A-7 (emergency) is open; it touches no wedding to come or under way today.',
    );
  });

  test('the worst alert may touch nothing while another one does: that one is named', () => {
    const both = [threat('A-1', 'Elsewhere'), threat('A-2', 'hall')];
    expect(sentence('2026-11-21T12:00:00Z', five, both)).toMatch(
      /^Not safe\. A-2 \(critical\) touches 3 of 5 weddings/,
    );
  });

  test('several alerts count what they touch together, and no venue named means all', () => {
    expect(sentence('2026-11-21T12:00:00Z', five, [threat('A-1', 'Barn'), threat('A-2', 'Hall')])).toMatch(
      /A-1 \(critical\) and others touch 5 of 5/,
    );
    expect(sentence('2026-11-21T16:30:00Z', five, [threat('A-1', null)])).toMatch(/touches 3 of 3/);
  });

  test.each([
    ['2026-11-21T09:00:00Z', 'Safe. Nothing needs you; 5 weddings today.'],
    ['2026-11-21T14:00:00Z', 'Safe. Nothing needs you; 4 of 5 weddings today still to come or under way.'],
    ['2026-11-21T21:00:00Z', 'Safe. Nothing needs you; all 5 weddings today are over.'],
  ])('at %s: %s', (at, expected) => {
    expect(sentence(at, five)).toBe(expected);
  });

  test('one wedding, and none', () => {
    expect(sentence('2026-11-21T21:00:00Z', five.slice(0, 1))).toBe(
      'Safe. Nothing needs you; the wedding today is over.',
    );
    expect(sentence('2026-11-21T21:00:00Z', [])).toBe('Safe. Nothing needs you; no wedding today.');
  });
});

describe('around midnight', () => {
  const late = wedding('2026-11-21T22:30:00Z');

  test('a late ceremony goes on after midnight, and ends four hours after it began', () => {
    expect(sentence('2026-11-22T01:00:00Z', [late], [threat('A-1', 'Barn')])).toBe(
      'Not safe. A-1 (critical) touches 1 of 1 wedding from last night under way.',
    );
    expect(phaseOf(late, moment('2026-11-22T02:29:59Z'), '2026-11-22')).toBe('now');
    expect(phaseOf(late, moment('2026-11-22T02:30:00Z'), '2026-11-22')).toBe('done');
  });

  test('without a time a wedding lasts its whole local day: over at midnight, summer time included', () => {
    const day = wedding(null, 'Barn', '2026-07-18');
    const at = (text: string) => phaseOf(day, moment(text), localAt(moment(text), zone).date);
    expect(at('2026-07-17T22:59:59Z')).toBe('next');
    expect(at('2026-07-17T23:00:00Z')).toBe('now');
    expect(at('2026-07-18T22:59:59Z')).toBe('now');
    expect(at('2026-07-18T23:00:00Z')).toBe('done');
  });

  test('several days last until the end of the last, with a time or without', () => {
    for (const startsAt of [null, '2026-11-20T14:00:00Z']) {
      const long = wedding(startsAt, 'Barn', '2026-11-20', '2026-11-22');
      expect(phaseOf(long, moment('2026-11-22T23:59:59Z'), '2026-11-22')).toBe('now');
      expect(phaseOf(long, moment('2026-11-23T00:00:00Z'), '2026-11-23')).toBe('done');
    }
  });

  test('on the night the clocks go back a ceremony still lasts four hours', () => {
    const night = wedding('2026-10-24T22:00:00Z', 'Barn', '2026-10-24');
    expect(phaseOf(night, moment('2026-10-25T01:59:59Z'), '2026-10-25')).toBe('now');
    expect(phaseOf(night, moment('2026-10-25T02:00:00Z'), '2026-10-25')).toBe('done');
  });
});
