import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { testClock } from '../../testing/runtime.ts';
import type { Heard, Stamp } from '../kit/adapter.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { aBundle, acknowledged, aNotice, anAlert, hostile, sampleTime } from '../testing/alert-samples.ts';
import { type Bench, type BenchOptions, openBench } from '../testing/bench.ts';
import { pagerduty } from './index.ts';
import { pagerdutySandbox, practicePagerDuty } from './sandbox.ts';

const options: BenchOptions = {
  systems: [pagerdutySandbox],
  settings: { consoleAddress: 'https://console.bluebell.example' },
  secrets: practicePagerDuty,
  now: sampleTime,
};
const to = { id: 'pagerduty-ops', name: 'Wedding ops service', address: 'default' };
const now = Instant.parse(Date.parse(sampleTime));

adapterSuite(pagerduty, { ...options, samples: { 'send-alert': { payload: { message: anAlert(), to } } } });

interface Incident {
  readonly key: string;
  readonly status: string;
  readonly summary: string;
  readonly severity: string;
  readonly triggers: number;
}

describe('an incident', () => {
  let bench: Bench;
  const action = pagerduty.actions['send-alert'];
  beforeEach(async () => {
    bench = await openBench(pagerduty, options);
    return () => bench.close();
  });

  const planOf = (message: AlertMessage, address = 'default', stamp: Partial<Stamp> = {}) =>
    action?.plan({ message, to: { ...to, address } }, bench.context().settings, {
      idempotencyKey: 'k',
      at: now,
      attempt: 1,
      ...stamp,
    });
  async function tell(
    message: AlertMessage,
    change: { address?: string; settings?: object; secrets?: object; stamp?: Partial<Stamp> } = {},
  ) {
    const ctx = bench.context({
      ...(change.settings === undefined ? {} : { settings: pagerduty.settings.schema.parse(change.settings) as never }),
      ...(change.secrets === undefined ? {} : { secrets: change.secrets as never }),
    });
    return action?.deliver(
      planOf(message, change.address, change.stamp) as never,
      { idempotencyKey: 'k', at: now, attempt: 1 },
      ctx,
    );
  }
  const incidents = () => bench.sandbox.documents<Incident>('pagerduty', 'incidents').all();
  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => new Error('it was delivered'),
      (thrown: unknown) => thrown,
    );
    return error instanceof IntegrationError ? error.toFailure() : error;
  };

  test('is one for all states of an alert, whatever is repeated', async () => {
    await tell(anAlert());
    await tell(anAlert({ kind: 'escalated', step: 1 }));
    expect(incidents()).toMatchObject([
      {
        key: 'wedsync:alert:alr-1042',
        status: 'triggered',
        triggers: 2,
        severity: 'critical',
        summary: '[SAT] Táve sync stuck · 23 weddings today · The Barn at Wick 15:00 · A-1042',
      },
    ]);
    await tell(acknowledged());
    await tell(acknowledged());
    expect(incidents()).toMatchObject([{ status: 'acknowledged' }]);
    await tell(acknowledged({ kind: 'resolved', state: 'resolved' }));
    expect(incidents()).toMatchObject([{ status: 'resolved' }]);
  });

  test('carries weddings, venues, region, times, reasons and links, but no secret in the plan', async () => {
    await tell(anAlert());
    expect(bench.sandbox.received('pagerduty')[0]?.body).toMatchObject({
      routing_key: '***',
      client_url: 'https://console.bluebell.example/alerts/alr-1042',
      links: [
        { href: 'https://console.bluebell.example/alerts/alr-1042' },
        { href: 'https://elsewhere.example/board' },
      ],
      payload: {
        timestamp: '2026-08-01T12:50:00.000Z',
        source: 'datadog',
        group: '2 venues (Surrey)',
        custom_details: {
          weddings_today: 23,
          venues: 'The Barn at Wick (Surrey), Oak Hall (Surrey)',
          next_ceremony: '15:00 The Barn at Wick (Surrey)',
          why_told: 'Warning counts as critical: wedding day → Saturday protection',
          what_to_do_next: 'Restart the sync for one vendor and watch it',
        },
      },
    });
    expect(JSON.stringify(planOf(anAlert()))).not.toContain(practicePagerDuty.routingKeys);
  });

  test('of a test is opened as info and closed at once', async () => {
    await tell(anAlert({ kind: 'test', dedupKey: 'wedsync:test:1' }));
    expect(incidents()).toMatchObject([
      { status: 'resolved', severity: 'info', summary: expect.stringMatching(/^\[TEST\] /) },
    ]);
  });

  test('is opened for a bundle, and a notice is not for PagerDuty', async () => {
    await tell(aBundle);
    expect(incidents()).toMatchObject([
      { summary: '13 alerts in one minute · 23 weddings today · B-1A2B3C', severity: 'critical' },
    ]);
    expect(await failure(tell(aNotice))).toMatchObject({ kind: 'permanent', code: 'unsupported' });
  });

  test('any text fits PagerDuty’s limits, cut between characters (SEC-43)', async () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 2_500 }),
        fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), { maxLength: 40 }),
        (title, many) => {
          const body = planOf(
            anAlert({
              title,
              detail: title.repeat(3),
              source: title,
              reasons: many,
              venues: many.map((name) => ({ name, region: name })),
              dedupKey: `wedsync:alert:${title}`,
            }),
          )?.body;
          const { events } = body as { events: { dedup_key: string; payload: { summary: string } }[] };
          expect(events[0]?.payload.summary.length).toBeLessThanOrEqual(1_024);
          expect(events[0]?.payload.summary).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
          expect(events[0]?.dedup_key.length).toBeLessThanOrEqual(255);
          expect(JSON.stringify(body).length).toBeLessThan(100_000);
        },
      ),
      { numRuns: 60 },
    );
    for (const before of ['', 'x', 'xx', 'xxx']) {
      const long = `${before}${'👰🏽'.repeat(5_000)}`;
      const dedupKey = `k${'x'.repeat(900)}`;
      const plan = planOf(anAlert({ title: long, detail: long, source: long, reasons: [long], dedupKey }));
      const { events } = { ...(plan?.body as { events: { dedup_key: string; payload: { summary: string } }[] }) };
      expect(events[0]?.payload.summary.length).toBeLessThanOrEqual(1_024);
      expect(events[0]?.dedup_key.length).toBeLessThanOrEqual(255);
      const text = JSON.stringify(events);
      expect(text.length).toBeLessThan(100_000);
      // Half a character would be written as its escape.
      expect(text).not.toMatch(/\\ud[89a-f]/i);
    }
    await tell(anAlert({ title: hostile, detail: hostile }));
    expect(incidents()[0]?.summary).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });

  test.each([
    [
      'a key nobody knows',
      { secrets: { routingKeys: 'x'.repeat(32) } },
      { kind: 'permanent', message: expect.stringContaining('Invalid routing key') },
    ],
    ['a key of the other region', { settings: { region: 'eu' } }, { kind: 'permanent' }],
    [
      'a destination without a key',
      { address: 'second', secrets: { routingKeys: `first=${'x'.repeat(32)}` } },
      { kind: 'needs-attention', code: 'misconfigured', scope: 'job' },
    ],
  ])('is refused with %s', async (_what, change, expected) => {
    expect(await failure(tell(anAlert(), change))).toMatchObject(expected);
  });

  test('goes to the service its destination names', async () => {
    const routingKeys = `other=${'x'.repeat(32)} ops=${practicePagerDuty.routingKeys}`;
    await tell(anAlert(), { address: 'ops', secrets: { routingKeys } });
    expect(incidents()).toHaveLength(1);
  });

  test('beyond what PagerDuty takes in a minute it waits half a minute', async () => {
    for (let i = 0; i < 120; i++) await tell(anAlert());
    expect(await failure(tell(anAlert()))).toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 30_000,
      scope: 'connection',
    });
    expect(pagerduty.limits.perMinute).toBeLessThanOrEqual(100);
  });

  test('health asks the REST key, and says that an integration key is proven by a test only', async () => {
    expect(await pagerduty.checkHealth(bench.context())).toMatchObject([
      { id: 'events', failure: null },
      { id: 'rest', failure: null },
    ]);
    const wrong = bench.context({ secrets: { ...practicePagerDuty, apiToken: 'not-this-token' } as never });
    expect(await pagerduty.checkHealth(wrong)).toMatchObject([{}, { failure: { code: 'auth' } }]);
  });

  describe('what people do with it there', () => {
    const press = async (body: object) =>
      (await fetch(`${bench.sandbox.url}/_press?system=pagerduty`, { method: 'POST', body: JSON.stringify(body) }))
        .status;

    function listening() {
      const heard: Heard[] = [];
      const stop = new AbortController();
      const clock = testClock(bench.clock.now());
      const ended = pagerduty.listener?.run(
        bench.context({ clock, signal: stop.signal }),
        async (one) => {
          heard.push(one);
          return { say: null };
        },
        () => undefined,
      );
      onTestFinished(async () => {
        stop.abort();
        await ended;
      });
      /** Waits until it sleeps, which it does after having worked a whole answer. */
      const asleep = () => expect.poll(() => clock.sleepers).toBe(1);
      const nextLook = async () => {
        await asleep();
        await clock.advance(20_000);
        await asleep();
      };
      return { heard, asleep, nextLook };
    }

    test('is heard once, by whom, wherever the key stands; our own acknowledgement is not', async () => {
      await tell(anAlert());
      await tell(anAlert({ alertId: 'alr-2', dedupKey: 'wedsync:alert:alr-2' }));
      const { heard, asleep, nextLook } = listening();
      await asleep();
      await press({ dedupKey: 'wedsync:alert:alr-2', user: 'Priya Shah' });
      await nextLook();
      await nextLook();
      expect(heard).toMatchObject([{ kind: 'state', alertId: 'alr-2', state: 'acknowledged', by: 'Priya Shah' }]);
      await tell(acknowledged());
      await nextLook();
      expect(heard).toHaveLength(1);
      await press({ action: 'resolve', dedupKey: 'wedsync:alert:alr-1042' });
      await nextLook();
      expect(heard[1]).toMatchObject({ alertId: 'alr-1042', state: 'resolved' });
    });

    test('gives back who sent each new incident, newest first, once; an old one and one without a mark say nothing', async () => {
      const sentBy = (startId: string) => ({ sentBy: { seatId: 'seat-2', startId, name: 'OPS-DESK-2' } });
      const alert = (id: string) => anAlert({ alertId: id, dedupKey: `wedsync:alert:${id}` });
      await tell(alert('old'), { stamp: sentBy('start-0') });
      bench.clock.jump(600_000);
      await tell(alert('one'), { stamp: sentBy('start-1') });
      await tell(alert('none'));
      await tell(aBundle, { stamp: sentBy('start-2') });
      const { heard, asleep, nextLook } = listening();
      await asleep();
      await nextLook();
      const mark = {
        kind: 'mark',
        seatId: 'seat-2',
        name: 'OPS-DESK-2',
        at: Math.floor(bench.clock.now() / 1_000) * 1_000,
      };
      expect(heard).toMatchObject([
        { ...mark, startId: 'start-2' },
        { ...mark, startId: 'start-1' },
      ]);
    });

    test('is heard of an incident that a hundred newer ones followed', async () => {
      for (let n = 0; n < 105; n++) await tell(anAlert({ alertId: `n${n}`, dedupKey: `wedsync:alert:n${n}` }));
      await press({ dedupKey: 'wedsync:alert:n0', user: 'Priya Shah' });
      const { heard, asleep } = listening();
      await asleep();
      expect(heard.filter(({ kind }) => kind === 'state')).toMatchObject([{ alertId: 'n0', state: 'acknowledged' }]);
    });

    test('long before the first look is old news', async () => {
      await tell(anAlert());
      await press({});
      bench.clock.jump(600_000);
      const { heard, asleep, nextLook } = listening();
      await asleep();
      await nextLook();
      expect(heard).toEqual([]);
    });
  });
});
