import { beforeEach, describe, expect, test } from 'vitest';
import type { AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import type { Receipt } from '../../../src-shared/domain/delivery/job.ts';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { aBundle, acknowledged, aNotice, anAlert, hostile, sampleTime } from '../testing/alert-samples.ts';
import { type Bench, type BenchOptions, openBench } from '../testing/bench.ts';
import { email } from './index.ts';
import { emailSandbox, practiceEmail, type ReceivedMail } from './sandbox.ts';
import { senderOf } from './settings.ts';

const { host, user, from, password } = practiceEmail;
const options: BenchOptions = {
  systems: [emailSandbox],
  settings: { host, user, from, port: 465, security: 'implicit' },
  secrets: { password },
  now: sampleTime,
};
const to = { id: 'email-ops', name: 'Ops desk', address: 'ops@bluebell.example' };

adapterSuite(email, { ...options, http: false, samples: { 'send-alert': { payload: { message: anAlert(), to } } } });

describe('a mail', () => {
  let bench: Bench;
  const action = email.actions['send-alert'];

  beforeEach(async () => {
    bench = await openBench(email, options);
    return () => bench.close();
  });

  interface How {
    readonly earlier?: readonly Receipt[];
    readonly attempt?: number;
    readonly address?: string;
    readonly key?: string;
    readonly settings?: object;
    readonly secrets?: object;
    readonly signal?: AbortSignal;
  }
  async function tell(message: AlertMessage, how: How = {}): Promise<Receipt> {
    const stamp = {
      idempotencyKey: how.key ?? 'k',
      at: Instant.parse(Date.parse(sampleTime)),
      attempt: how.attempt ?? 1,
      repeat: (how.attempt ?? 1) > 1,
    };
    const { settings = {}, secrets, signal } = how;
    const ctx = bench.context({
      settings: email.settings.schema.parse({ ...(options.settings as object), ...settings }) as never,
      earlier: async () => how.earlier ?? [],
      ...(secrets === undefined ? {} : { secrets: secrets as never }),
      ...(signal === undefined ? {} : { signal }),
    });
    const plan = action?.plan({ message, to: { ...to, address: how.address ?? to.address } }, ctx.settings, stamp);
    return (await action?.deliver(plan as never, stamp, ctx)) as Receipt;
  }
  const mails = () => bench.sandbox.documents<ReceivedMail>('email', 'mails').all();
  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => new Error('it was delivered'),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof IntegrationError)) throw error;
    expect(JSON.stringify(error.toFailure())).not.toContain(password);
    return error.toFailure();
  };

  test.each(['implicit', 'starttls'] as const)(
    'travels over real TLS (%s), with all facts, text first',
    async (security) => {
      await tell(anAlert(), { settings: { security, port: security === 'implicit' ? 465 : 587 } });
      const [mail] = mails();
      expect(mail).toMatchObject({ tls: true, from: 'alerts@bluebell.example', to: [to.address] });
      expect(mail?.headers).toMatchObject({
        subject: '[Critical] Táve sync stuck – 23 weddings today (A-1042)',
        from: 'WedSync Alerts <alerts@bluebell.example>',
        'auto-submitted': 'auto-generated',
        'x-auto-response-suppress': 'All',
        importance: 'High',
        'x-wedsync-alert': 'alr-1042',
      });
      for (const fact of [
        'CRITICAL: Táve sync stuck',
        'Weddings today: 23',
        'Next ceremony: 15:00 The Barn at Wick (Surrey)',
        'raised from Warning',
        'Restart the sync',
        'wedsync-ops://alerts/alr-1042',
        'Second line.',
      ]) {
        expect(mail?.text).toContain(fact);
      }
      expect(mail?.html).toContain('<td>The Barn at Wick (Surrey), Oak Hall (Surrey)</td>');
      expect(mail?.source.indexOf('text/plain')).toBeLessThan(mail?.source.indexOf('text/html') ?? 0);
      expect(mail?.text + String(mail?.html)).not.toContain('elsewhere.example');
    },
  );

  test('keeps its Message-ID on a repeat and says that it is one; later states answer the first', async () => {
    const first = await tell(anAlert());
    await tell(anAlert(), { attempt: 2 });
    await tell(acknowledged({ kind: 'resolved', state: 'resolved' }), {
      key: 'k2',
      earlier: [{ vendorId: '<theirs@relay.example>' }, first],
    });
    const [one, again, resolved] = mails();
    expect(again?.headers['message-id']).toBe(one?.headers['message-id']);
    expect(again?.text).toContain('Repeat: this may have reached you before.');
    expect(resolved?.headers['message-id']).not.toBe(one?.headers['message-id']);
    expect(resolved?.headers.references?.split(/\s+/)).toEqual([one?.headers['message-id'], '<theirs@relay.example>']);
    expect(resolved?.headers.subject).toBe(one?.headers.subject);
    expect(resolved?.text).toContain('Resolved by Sam Okafor');
    expect(first.vendorId).toBe(one?.headers['message-id']);
    await tell(anAlert(), { address: 'management@bluebell.example' });
    expect(mails()[3]?.headers['message-id']).not.toBe(one?.headers['message-id']);
  });

  test('cannot be made into another one by outside text (SEC-43)', async () => {
    const evil = '"\r\nBcc: evil@elsewhere.example\r\n\r\nbody';
    await tell(
      anAlert({
        title: `${hostile}${evil}`,
        reference: `A-1${evil}`,
        alertId: `x${evil}`,
        source: hostile,
        detail: hostile,
      }),
      { key: evil },
    );
    const [mail] = mails();
    expect(mail?.to).toEqual([to.address]);
    expect(mail?.headers.bcc).toBeUndefined();
    expect(mail?.headers.subject).toMatch(/^\[Critical\] /);
    expect(mail?.html).not.toMatch(/<b onload|<!channel|<a |<img|http-equiv/);
    expect(mail?.html).toContain('&lt;b onload=x&gt;');
    expect(`${mail?.text}${mail?.headers.subject}`).not.toMatch(/\p{Cf}|[^\P{Cc}\n\r]/u);
  });

  test('says LATE, TEST, and carries bundles and notices', async () => {
    await tell(anAlert({ dueAt: Instant.parse(Date.parse('2026-08-01T12:40:00Z')) }));
    await tell(anAlert({ kind: 'test', severity: 'info', reportedSeverity: 'info' }));
    await tell(aBundle);
    await tell(aNotice);
    const [late, trial, bundle, notice] = mails();
    expect(late?.text).toContain('LATE 10 min');
    expect(trial?.headers.subject).toBe('[TEST] Táve sync stuck (A-1042)');
    expect(trial?.text).toContain('TEST: nothing is wrong, no action needed');
    expect(trial?.headers.importance).toBeUndefined();
    expect(bundle?.headers.subject).toBe('[Alerts] 13 alerts at once – 23 weddings today (B-1A2B3C)');
    expect(notice?.text).toContain('- 4 alerts');
  });

  test.each<[string, { fault: string; value?: string }, object]>([
    ['greylisting', { fault: 'greylist' }, { kind: 'retryable', code: 'busy', retryAfterMs: 60_000 }],
    ['a full mailbox', { fault: 'quota' }, { kind: 'retryable', code: 'busy' }],
    [
      'a recipient nobody knows',
      { fault: 'refuse-recipient' },
      { kind: 'permanent', code: 'rejected', message: expect.stringContaining('No such user') },
    ],
    ['a refused letter', { fault: 'refuse-content' }, { kind: 'permanent', code: 'rejected' }],
    ['a refused sign-in', { fault: 'refuse-sign-in' }, { kind: 'needs-attention', code: 'auth', scope: 'connection' }],
    ['a sign-in that cannot be checked now', { fault: 'sign-in-later' }, { kind: 'retryable', code: 'busy' }],
    ['a line that breaks before anything is said', { fault: 'drop-at-once' }, { kind: 'retryable', code: 'network' }],
    ['a line that breaks after the letter', { fault: 'drop-before-answer' }, { kind: 'retryable', code: 'timeout' }],
  ])('meets %s with the right answer (FT-62)', async (_what, fault, expected) => {
    bench.sandbox.misbehave({ system: 'email', ...fault });
    expect(await failure(tell(anAlert()))).toMatchObject(expected);
    // Once only: the next try goes through.
    await tell(anAlert(), { attempt: 2 });
    expect(mails().length).toBe(fault.fault === 'drop-before-answer' ? 2 : 1);
  });

  test('waits longer for a relay that is not convinced yet', async () => {
    bench.sandbox.misbehave({ system: 'email', fault: 'greylist', times: 3 });
    for (const [attempt, retryAfterMs] of [
      [1, 60_000],
      [2, 300_000],
      [7, 900_000],
    ] as const) {
      expect(await failure(tell(anAlert(), { attempt }))).toMatchObject({ code: 'busy', retryAfterMs });
    }
  });

  test('is never sent without TLS: a relay without STARTTLS is refused before the sign-in', async () => {
    bench.sandbox.misbehave({ system: 'email', fault: 'no-starttls', times: 0 });
    expect(await failure(tell(anAlert(), { settings: { security: 'starttls', port: 587 } }))).toMatchObject({
      kind: 'needs-attention',
      code: 'misconfigured',
      scope: 'connection',
    });
    expect(mails()).toEqual([]);
  });

  test('is not sent to a relay whose certificate is for another name', async () => {
    expect(await failure(tell(anAlert(), { settings: { host: 'smtp.other.example' } }))).toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('smtp.other.example'),
    });
  });

  test('is stopped when it is told to', async () => {
    bench.sandbox.misbehave({ system: 'email', fault: 'slow-banner' });
    const stop = new AbortController();
    const work = failure(tell(anAlert(), { signal: stop.signal }));
    setTimeout(() => stop.abort(), 50);
    expect(await work).toMatchObject({ kind: 'retryable', code: 'network' });
  });

  test('the relay refuses what a relay refuses', async () => {
    expect(await failure(tell(anAlert(), { secrets: {} }))).toMatchObject({
      code: 'auth',
      scope: 'connection',
    });
    expect(await failure(tell(anAlert(), { settings: { from: 'someone@elsewhere.example' } }))).toMatchObject({
      message: expect.stringContaining('not owned by user'),
    });
    expect(await failure(tell(anAlert(), { address: 'nobody@bluebell.example' }))).toMatchObject({ code: 'rejected' });
    expect(
      await failure(
        tell(anAlert({ detail: 'x'.repeat(90_000) }), { attempt: 1 }).then(() =>
          tell(anAlert({ detail: 'é'.repeat(90_000) })),
        ),
      ),
    ).toMatchObject({ code: 'too-large' });
  });

  test('health signs in and sends nothing', async () => {
    expect(await email.checkHealth(bench.context())).toMatchObject([{ id: 'relay', failure: null }]);
    const wrong = bench.context({ secrets: { password: 'not-the-password' } as never });
    expect(await email.checkHealth(wrong)).toMatchObject([{ failure: { code: 'auth' } }]);
    expect(mails()).toEqual([]);
  });
});

test('a sender is an address, with or without a name', () => {
  expect(senderOf('WedSync Alerts <a@b.example>')).toEqual({
    name: 'WedSync Alerts',
    address: 'a@b.example',
    domain: 'b.example',
  });
  expect(senderOf('a@b.example')?.domain).toBe('b.example');
  for (const bad of ['', 'nobody', 'A <a@b.example>\r\nBcc: x@y.example', '<a@b.example> <c@d.example>'])
    expect(senderOf(bad)).toBeNull();
});
