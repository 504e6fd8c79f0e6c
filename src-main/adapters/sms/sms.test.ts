import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { aBundle, acknowledged, anAlert, hostile, sampleTime } from '../testing/alert-samples.ts';
import { type Bench, type BenchOptions, openBench } from '../testing/bench.ts';
import { folded, segmentsOf, unitsOf } from './gsm.ts';
import { sms } from './index.ts';
import { practiceSms, smsSandbox } from './sandbox.ts';
import { smsText } from './words.ts';

const { accountSid, key, keySecret, service, number } = practiceSms;
const options: BenchOptions = {
  systems: [smsSandbox],
  settings: { accountSid, sender: service },
  secrets: { key, keySecret },
  now: sampleTime,
};
const to = { id: 'sms-alex', name: 'Alex Morgan', address: '+447700900123' };
const now = Instant.parse(Date.parse(sampleTime));

async function sendOne(
  bench: Bench,
  message: AlertMessage = anAlert(),
  change: { address?: string; sender?: string } = {},
) {
  const action = sms.actions['send-alert'];
  const stamp = { idempotencyKey: 'k', at: now, attempt: 1 };
  const ctx = bench.context({
    settings: sms.settings.schema.parse({
      ...(options.settings as object),
      ...(change.sender === undefined ? {} : { sender: change.sender }),
    }) as never,
  });
  const plan = action?.plan({ message, to: { ...to, address: change.address ?? to.address } }, ctx.settings, stamp);
  const receipt = await action?.deliver(plan as never, stamp, ctx);
  return receipt ?? { vendorId: null };
}

adapterSuite(sms, {
  ...options,
  samples: {
    'send-alert': { payload: { message: anAlert(), to } },
    'poll-status': {
      payload: {},
      async prepare(bench) {
        const { vendorId } = await sendOne(bench);
        bench.clock.jump(10_000);
        return { sid: vendorId, jobId: 'j1', sentAt: now };
      },
    },
  },
});

describe('a text', () => {
  test('says what matters in one part, folded into the phone’s alphabet, reference last', () => {
    expect(smsText(anAlert({ nextCeremonies: [] }), now)).toBe(
      'WEDSYNC SAT CRITICAL: Tave sync stuck. 23 weddings today, 2 venues (Surrey). Open the console to acknowledge. Ref A-1042',
    );
    expect(smsText(anAlert(), now)).toContain('Next ceremony 15:00. Open the console');
    expect(segmentsOf(smsText(anAlert(), now))).toBe(1);
    expect(smsText(anAlert({ kind: 'test', reference: 'T-18' }), now)).toBe(
      'WEDSYNC TEST: SMS alerts reach this phone. No action needed. Ref T-18',
    );
    expect(smsText(acknowledged(), now)).toBe(
      'WEDSYNC: Tave sync stuck. Acknowledged by Sam Okafor until 14:20: on it. Ref A-1042',
    );
    expect(smsText(aBundle, now)).toBe(
      'WEDSYNC 13 ALERTS (10 critical, 3 warning): Tave sync stuck. 23 weddings today. Open the console to acknowledge. Ref B-1A2B3C',
    );
    expect(smsText(anAlert({ dueAt: Instant.parse(now - 300_000) }), now)).toContain(
      'LATE 5 min. Open the console to acknowledge. Ref A-1042',
    );
    expect(smsText(anAlert({ kind: 'escalated', step: 1 }), now)).toContain('Not acknowledged: escalated to step 1.');
  });

  test('is cut in its title, never in its reference', () => {
    const text = smsText(anAlert({ title: 'Long title '.repeat(60) }), now);
    expect(unitsOf(text)).toBeLessThanOrEqual(306);
    expect(text).toMatch(/\.\.\. 23 weddings today, .* Ref A-1042$/);
  });

  test('never leaves the alphabet nor two parts, whatever it is told (SEC-43)', () => {
    const alphabet = /^[@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 900 }),
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        (title, venue) => {
          const text = smsText(
            anAlert({ title, venues: [{ name: venue, region: venue }], kind: 'escalated', dueAt: Instant.parse(0) }),
            now,
          );
          expect(text).toMatch(alphabet);
          expect(unitsOf(text)).toBeLessThanOrEqual(306);
          expect(text).toMatch(/Ref A-1042$/);
        },
      ),
      { numRuns: 300 },
    );
    expect(smsText(anAlert({ title: hostile }), now)).toMatch(alphabet);
    const long = smsText(anAlert({ title: 'x{'.repeat(2_000), venues: [{ name: 'y'.repeat(900), region: '' }] }), now);
    expect(unitsOf(long)).toBeLessThanOrEqual(306);
    expect(long).toMatch(/Ref A-1042$/);
  });

  test.each([
    ['Táve push – “failed” …', 'Tave push - "failed" ...'],
    ['Żółć ç Œuvre Straße 50 € ½', 'Zolc c OEuvre Straße 50 € 1/2'],
    ['👰 party\u202e\u0007 now\u00a0here', 'party now here'],
    ['№5 ﬁne ①', 'No5 fine 1'],
  ])('folds %s', (given, expected) => {
    expect(folded(given)).toBe(expected);
  });

  test.each([
    ['a'.repeat(160), 160, 1],
    ['a'.repeat(161), 161, 2],
    ['a'.repeat(306), 306, 2],
    ['a'.repeat(307), 307, 3],
    ['€'.repeat(81), 162, 2],
  ])('counts units and parts', (text, units, parts) => {
    expect([unitsOf(text), segmentsOf(text)]).toEqual([units, parts]);
  });
});

describe('Twilio', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(sms, options);
    return () => bench.close();
  });
  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => new Error('it was delivered'),
      (thrown: unknown) => thrown,
    );
    return error instanceof IntegrationError ? error.toFailure() : error;
  };

  test('gets number, sender, text and a short validity', async () => {
    expect(await sendOne(bench)).toEqual({
      vendorId: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      note: 'accepted, 1 part',
    });
    expect(await sendOne(bench, anAlert(), { sender: 'WedSync' })).toMatchObject({ note: 'queued, 1 part' });
    const [first, second] = bench.sandbox.received('sms');
    expect(first?.body).toMatchObject({ To: to.address, MessagingServiceSid: service, ValidityPeriod: '600' });
    expect(second?.body).toMatchObject({ From: 'WedSync' });
    expect(JSON.stringify(first)).not.toContain(keySecret);
  });

  test.each([
    [
      'a landline',
      { address: '+442079460000' },
      { kind: 'permanent', code: 'rejected', message: expect.stringContaining('21614') },
    ],
    [
      'somebody who answered STOP',
      { address: '+447700900999' },
      { kind: 'permanent', message: expect.stringContaining('STOP') },
    ],
    ['a country that is switched off', { address: '+15005550001' }, { code: 'misconfigured', scope: 'job' }],
    ['a sender that is not ours', { sender: '+447700900777' }, { code: 'misconfigured', scope: 'connection' }],
  ])('refuses %s', async (_what, change, expected) => {
    expect(await failure(sendOne(bench, anAlert(), change))).toMatchObject(expected);
  });

  test.each([
    [
      { status: 400, body: { code: 21211, message: 'no', status: 400 } },
      { kind: 'permanent', code: 'rejected' },
    ],
    [
      { status: 401, body: { code: 20003, message: 'Authenticate', status: 401 } },
      { kind: 'needs-attention', code: 'auth', scope: 'connection' },
    ],
    [
      { status: 429, body: { code: 20429, message: 'Too Many Requests', status: 429 } },
      { code: 'rate-limited', retryAfterMs: 2_000 },
    ],
    [
      { status: 500, body: { code: 20500, message: 'Internal', status: 500 } },
      { kind: 'retryable', code: 'vendor-down' },
    ],
    [
      { status: 400, body: { code: 21608, message: 'trial', status: 400 } },
      { code: 'misconfigured', scope: 'job' },
    ],
  ])('%o means what the list says', async (fault, expected) => {
    bench.sandbox.misbehave({ system: 'sms', ...fault });
    expect(await failure(sendOne(bench))).toMatchObject(expected);
  });

  describe('whether it arrived', () => {
    async function ask(sid: string | null, attempt = 1) {
      const action = sms.actions['poll-status'];
      const stamp = { idempotencyKey: 'p', at: bench.clock.now(), attempt };
      const ctx = bench.context();
      const plan = action?.plan(action.payload.parse({ sid, jobId: 'j1', sentAt: now }), ctx.settings, stamp);
      return action?.deliver(plan as never, stamp, ctx);
    }

    test('is asked at growing distances until the network says so', async () => {
      const { vendorId } = await sendOne(bench);
      const waits = [];
      for (const attempt of [1, 2, 5, 9])
        waits.push(((await failure(ask(vendorId, attempt))) as { retryAfterMs: number }).retryAfterMs);
      expect(waits).toEqual([3_000, 6_000, 48_000, 60_000]);
      bench.clock.jump(3_000);
      expect(await ask(vendorId)).toMatchObject({ document: { jobId: 'j1', arrived: true } });
    });

    test.each([
      ['30003', 'switched off', false],
      ['30005', 'unknown to its network', true],
      ['31999', 'no reason known (31999)', false],
    ])('%s is told as lost, with its reason', async (code, words, permanent) => {
      bench.sandbox.misbehave({ system: 'sms', fault: 'undelivered', value: code });
      const { vendorId } = await sendOne(bench);
      bench.clock.jump(5_000);
      expect(await ask(vendorId)).toMatchObject({
        document: { arrived: false, permanent, detail: expect.stringContaining(words) },
      });
    });

    test('stays open when no network ever says, and the asking ends', async () => {
      bench.sandbox.misbehave({ system: 'sms', fault: 'no-receipt' });
      const { vendorId } = await sendOne(bench);
      bench.clock.jump(599_000);
      expect(await failure(ask(vendorId, 9))).toMatchObject({ code: 'busy' });
      bench.clock.jump(1_000);
      expect(await ask(vendorId, 10)).toMatchObject({
        document: { arrived: null, detail: 'sent, and no receipt after 10 minutes' },
      });
    });
  });

  test('settings refuse what Twilio would', () => {
    const ok = (sender: string) => sms.settings.schema.safeParse({ accountSid, sender }).success;
    expect([service, number, 'WedSync', 'Wed Sync 24'].map(ok)).toEqual([true, true, true, true]);
    expect(['', '12345678901', 'Wed-Sync', 'ABCDEFGHIJKL', '07700900123', '+44 7700'].map(ok)).toEqual(
      Array(6).fill(false),
    );
  });
});
