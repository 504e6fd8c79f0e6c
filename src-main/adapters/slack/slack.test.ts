import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import type { Receipt } from '../../../src-shared/domain/delivery/job.ts';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Heard } from '../kit/adapter.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { aBundle, acknowledged, aNotice, anAlert, hostile, sampleTime } from '../testing/alert-samples.ts';
import { type Bench, type BenchOptions, openBench } from '../testing/bench.ts';
import { alertText } from './blocks.ts';
import { slack } from './index.ts';
import { practiceSlack, slackSandbox } from './sandbox.ts';
import { peopleOf } from './settings.ts';

const options: BenchOptions = {
  systems: [slackSandbox],
  settings: { people: 'U0SAM = sam\nU0ALEX=alex', consoleAddress: 'https://console.bluebell.example' },
  secrets: { botToken: practiceSlack.botToken, appToken: practiceSlack.appToken },
  now: sampleTime,
};
const to = { id: 'slack-wedding-ops', name: '#wedding-ops', address: 'C0WEDDAY' };

adapterSuite(slack, { ...options, samples: { 'send-alert': { payload: { message: anAlert(), to } } } });

interface Said {
  readonly ts: string;
  readonly text: string;
  readonly blocks: { type: string; elements?: { action_id?: string; url?: string }[] }[];
  readonly threadTs: string | null;
  readonly broadcast: boolean;
  readonly edits: number;
}

describe('a Slack channel', () => {
  let bench: Bench;
  const action = slack.actions['send-alert'];

  beforeEach(async () => {
    bench = await openBench(slack, options);
    return () => bench.close();
  });

  async function tell(
    message: AlertMessage,
    earlier: readonly Receipt[] = [],
    more: { attempt?: number; address?: string; secrets?: object } = {},
  ) {
    const stamp = {
      idempotencyKey: 'k',
      at: Instant.parse(Date.parse(sampleTime)),
      attempt: more.attempt ?? 1,
      repeat: (more.attempt ?? 1) > 1,
    };
    const place = { ...to, address: more.address ?? to.address };
    const ctx = bench.context({
      clock: bench.clock,
      earlier: async () => earlier,
      ...(more.secrets === undefined ? {} : { secrets: more.secrets }),
    });
    const plan = action?.plan({ message, to: place }, ctx.settings, stamp);
    const receipt = await action?.deliver(plan as never, stamp, ctx);
    return receipt as Receipt;
  }
  const firstBody = () => bench.sandbox.received('slack')[0]?.body as { text: string; blocks: { type: string }[] };
  const said = () => bench.sandbox.documents<Said>('slack', 'messages').all();
  const buttonsOf = (message: Said | undefined) =>
    (message?.blocks ?? [])
      .flatMap((block) => (block.type === 'actions' ? (block.elements ?? []) : []))
      .map(({ action_id: id }) => id);
  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => new Error('it was delivered'),
      (thrown: unknown) => thrown,
    );
    return error instanceof IntegrationError ? error.toFailure() : error;
  };

  test('shows the facts, and buttons for what can be done', async () => {
    await tell(anAlert());
    const [message] = said();
    expect(message?.text).toBe('Critical: Táve sync stuck · Firing · 23 weddings today · 2 venues (Surrey) · A-1042');
    expect(buttonsOf(message)).toEqual(['alert_ack', 'alert_snooze', 'alert_open']);
    const text = JSON.stringify(message?.blocks);
    for (const fact of [
      '23',
      'The Barn at Wick (Surrey)',
      '15:00',
      'raised from Warning',
      'peak hours',
      'Restart the sync',
      'Saturday protection',
      'A-1042',
    ]) {
      expect(text).toContain(fact);
    }
    expect(text).not.toContain('elsewhere.example');
    expect(bench.sandbox.received('slack')[0]?.body).toMatchObject({ unfurl_links: false, unfurl_media: false });
  });

  test('has one message an alert: a later state changes it and answers in its thread', async () => {
    const first = await tell(anAlert());
    const second = await tell(acknowledged(), [first]);
    expect(second.vendorId).toBe(first.vendorId);
    const [root, reply] = said();
    expect(root).toMatchObject({ edits: 1, threadTs: null });
    expect(JSON.stringify(root?.blocks)).toContain('Acknowledged by Sam Okafor until 14:20: on it');
    expect(buttonsOf(root)).toEqual(['alert_open']);
    expect(reply).toMatchObject({
      threadTs: root?.ts,
      broadcast: false,
      text: 'Acknowledged by Sam Okafor until 14:20: on it · A-1042',
    });
    await tell(anAlert({ kind: 'escalated', state: 'escalated', step: 1 }), [second, first]);
    expect(said()[2]).toMatchObject({ threadTs: root?.ts, broadcast: true });
    expect(buttonsOf(said()[0])).toEqual(['alert_ack', 'alert_snooze', 'alert_open']);
    await tell(acknowledged({ kind: 'resolved', state: 'resolved' }), [first]);
    expect(said()).toHaveLength(4);
    expect(buttonsOf(said()[0])).toEqual(['alert_open']);
  });

  test('gets a new message where the earlier one is gone, and an answer where it can no longer be changed', async () => {
    await tell(acknowledged(), [{ vendorId: 'C0WEDDAY:1.000' }]);
    expect(said()).toHaveLength(1);
    const [root] = said();
    bench.sandbox.misbehave({ system: 'slack', fault: 'edit-window-closed' });
    await tell(acknowledged(), [{ vendorId: `C0WEDDAY:${root?.ts}` }]);
    expect(said()).toHaveLength(2);
    expect(said()[1]).toMatchObject({ threadTs: root?.ts });
  });

  test('is told late and twice only with those words', async () => {
    await tell(anAlert({ dueAt: Instant.parse(Date.parse('2026-08-01T12:43:00Z')) }), [], { attempt: 2 });
    expect(JSON.stringify(said()[0])).toContain('LATE 7 min');
    expect(JSON.stringify(said()[0])).toContain('Repeat: this may have been told before');
  });

  test('says that a test is one', async () => {
    await tell(
      anAlert({ kind: 'test', title: 'Test: alerts reach this place.', severity: 'info', reportedSeverity: 'info' }),
    );
    expect(said()[0]?.text).toMatch(/^TEST: .*TEST: nothing is wrong, no action needed/);
    expect(buttonsOf(said()[0])).toEqual([]);
  });

  test('a bundle has buttons for all that nobody has yet, and none once each is taken', async () => {
    await tell(aBundle);
    expect(buttonsOf(said()[0])).toEqual(['bundle_ack', 'bundle_snooze', 'alert_open']);
    expect(JSON.stringify(said()[0]?.blocks)).toContain('Acknowledge all 13');
    expect(JSON.stringify(said()[0]?.blocks)).not.toContain('"confirm"');
    await tell({ ...aBundle, needing: 0, state: 'acknowledged' } as AlertMessage);
    expect(buttonsOf(said()[1])).toEqual(['alert_open']);
  });

  test('takes bundles and notices', async () => {
    await tell(aBundle);
    await tell(aNotice);
    expect(said()[0]?.text).toContain('13 alerts at once · 23 weddings today');
    expect(JSON.stringify(said()[1]?.blocks)).toContain('Twenty-three weddings.');
  });

  test('no outside text becomes a mention, a link or a control character (SEC-43)', async () => {
    await tell(
      anAlert({
        title: hostile,
        detail: hostile,
        source: hostile,
        reasons: [hostile],
        venues: [{ name: hostile, region: hostile }],
        nextStep: hostile,
      }),
    );
    const sent = JSON.stringify(bench.sandbox.received('slack')[0]?.body);
    const marked = firstBody().blocks;
    const texts: { type: string; text: string }[] = [];
    JSON.stringify(marked, (_key, value: { type?: string; text?: string }) => {
      if (value !== null && typeof value === 'object' && typeof value.text === 'string') texts.push(value as never);
      return value;
    });
    for (const { type, text } of texts) if (type === 'mrkdwn') expect(text).not.toMatch(/<|>/);
    expect(firstBody().text).not.toMatch(/[<>]/);
    expect(sent).not.toMatch(/\\u0007|\u202e/);
    // A text that looks escaped already is shown as it is, not read once more.
    const { text } = alertText(anAlert({ title: 'a &lt;!channel&gt; b' }), {
      at: Instant.parse(0),
      repeat: false,
      consoleAddress: '',
    });
    expect(text).toContain('a &amp;lt;!channel&amp;gt; b');
    expect(firstBody()).toMatchObject({ unfurl_links: false, unfurl_media: false });
  });

  test('blocks Slack does not like are sent again as plain text', async () => {
    bench.sandbox.misbehave({ system: 'slack', fault: 'refuse-blocks', times: 1 });
    await tell(anAlert());
    expect(said()).toMatchObject([{ blocks: [], text: expect.stringContaining('Critical: Táve sync stuck') }]);
  });

  test.each([
    [
      'a revoked token',
      { fault: 'revoke' },
      'C0WEDDAY',
      { kind: 'needs-attention', code: 'auth', scope: 'connection' },
    ],
    [
      'a missing permission',
      { fault: 'drop-scope', value: 'chat:write' },
      'C0WEDDAY',
      { code: 'forbidden', scope: 'connection', message: expect.stringContaining('chat:write') },
    ],
    [
      'an archived channel',
      { fault: 'archive', value: 'C0WEDDAY' },
      'C0WEDDAY',
      { code: 'misconfigured', scope: 'job' },
    ],
    ['a channel nobody knows', null, 'C0NOBODY', { code: 'misconfigured', scope: 'job' }],
    ['a channel the app is not in', null, 'C0PRIVATE', { code: 'misconfigured', scope: 'job' }],
    [
      'an error of its own',
      { status: 200, body: { ok: false, error: 'internal_error' } },
      'C0WEDDAY',
      { kind: 'retryable', code: 'vendor-down' },
    ],
    [
      'a limit told in a 200',
      { status: 200, body: { ok: false, error: 'ratelimited' }, headers: { 'retry-after': '3' } },
      'C0WEDDAY',
      { code: 'rate-limited', retryAfterMs: 3_000 },
    ],
    [
      'a word nobody knows',
      { status: 200, body: { ok: false, error: 'as_user_not_supported' } },
      'C0WEDDAY',
      { kind: 'permanent', code: 'rejected' },
    ],
    [
      'an answer of another shape',
      { status: 200, body: { yes: true } },
      'C0WEDDAY',
      { kind: 'retryable', code: 'timeout' },
    ],
  ])('tells %s for what it is', async (_what, fault, address, expected) => {
    if (fault !== null) bench.sandbox.misbehave({ system: 'slack', ...fault });
    expect(await failure(tell(anAlert(), [], { address }))).toMatchObject(expected);
  });

  test('keeps to one message a second and channel, and comes back later when many wait', async () => {
    for (let i = 0; i < 10; i++) await tell(anAlert());
    const work = Promise.allSettled(Array.from({ length: 8 }, () => tell(anAlert())));
    await bench.clock.advance(10_000);
    const results = await work;
    const late = results.filter((one) => one.status === 'rejected').map((one) => (one.reason as IntegrationError).code);
    expect(late.length).toBeGreaterThan(0);
    expect(new Set(late)).toEqual(new Set(['rate-limited']));
    expect(said().length).toBe(18 - late.length);
    expect(bench.sandbox.received('slack')).toHaveLength(said().length);
  });

  test('by the simple form it is posted without buttons, and a dead webhook parks the connection', async () => {
    const secrets = { webhookUrl: practiceSlack.webhookUrl };
    expect(await tell(anAlert(), [], { secrets })).toEqual({ vendorId: null, note: 'posted by incoming webhook' });
    expect(firstBody().blocks.some(({ type }) => type === 'actions')).toBe(false);
    const dead = { webhookUrl: 'https://hooks.slack.com/services/T0PRACTICE/B0PRACTICE/gone00000000' };
    expect(await failure(tell(anAlert(), [], { secrets: dead }))).toMatchObject({
      code: 'misconfigured',
      scope: 'connection',
    });
    expect(await failure(tell(anAlert(), [], { secrets: {} }))).toMatchObject({ code: 'auth' });
  });

  test('health names the permission that is missing', async () => {
    bench.sandbox.misbehave({ system: 'slack', fault: 'drop-scope', value: 'chat:write' });
    const checks = await slack.checkHealth(bench.context());
    expect(checks.find(({ id }) => id === 'chat-write')?.failure).toMatchObject({ code: 'forbidden' });
    expect(await slack.checkHealth(bench.context({ secrets: {} as never }))).toMatchObject([
      { failure: { code: 'auth' } },
    ]);
  });

  describe('pressing a button there', () => {
    async function listening(answer: (heard: Heard) => string | null = () => null) {
      const heard: Heard[] = [];
      const stop = new AbortController();
      const ctx = bench.context({ signal: stop.signal });
      const ended = slack.listener?.run(
        ctx,
        async (one) => {
          heard.push(one);
          return { say: answer(one) };
        },
        () => undefined,
      );
      onTestFinished(() => stop.abort());
      const logged = () => bench.log.lines.some(({ event }) => event === 'slack.listening');
      await expect.poll(logged).toBe(true);
      return { heard, stop, ended };
    }
    const press = async (body: object) => {
      const reply = await fetch(`${bench.sandbox.url}/_press?system=slack`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
    };

    test('reaches the console with the person the settings name, and is confirmed at once', async () => {
      await tell(anAlert());
      const { heard } = await listening();
      expect(await press({ user: 'U0SAM' })).toMatchObject({ status: 200 });
      await expect.poll(() => heard.length).toBe(1);
      expect(heard[0]).toMatchObject({
        kind: 'press',
        alertId: 'alr-1042',
        action: 'acknowledge',
        user: 'U0SAM',
        personId: 'sam',
      });
      await expect.poll(() => bench.sandbox.documents('slack', 'acks').all().length).toBe(1);
      await press({ user: 'U0ALEX', action: 'alert_snooze' });
      await expect.poll(() => heard.length).toBe(2);
      expect(heard[1]).toMatchObject({ action: 'snooze', personId: 'alex' });
    });

    test('at a bundle it is about the whole of it', async () => {
      await tell(aBundle);
      const { heard } = await listening();
      await press({ action: 'bundle_ack' });
      await press({ action: 'bundle_snooze' });
      await expect.poll(() => heard.length).toBe(2);
      expect(heard).toMatchObject([
        { about: 'bundle', alertId: 'b1', action: 'acknowledge', personId: 'sam' },
        { about: 'bundle', alertId: 'b1', action: 'snooze' },
      ]);
    });

    test('by a stranger has no person, and the words for them go back to them alone', async () => {
      await tell(anAlert());
      const { heard } = await listening(() => 'This console does not know you.');
      await press({ user: 'U0STRANGE' });
      await expect.poll(() => heard[0]).toMatchObject({ user: 'U0STRANGE', personId: null });
      await expect
        .poll(() => bench.sandbox.documents('slack', 'answers').all())
        .toMatchObject([
          { response_type: 'ephemeral', replace_original: false, text: 'This console does not know you.' },
        ]);
    });

    test('the same press delivered twice carries the same id', async () => {
      await tell(anAlert());
      const { heard } = await listening();
      await press({ times: 2 });
      await expect.poll(() => heard.length).toBe(2);
      expect(heard[0]?.id).toBe(heard[1]?.id);
    });

    test('ends when Slack says so, so that a new line is opened; a used ticket opens none', async () => {
      await tell(anAlert());
      const { ended } = await listening();
      await press({ disconnect: 'refresh_requested' });
      await ended;
      expect((await press({})).status).toBe(409);
    });

    test('without an app token there is nothing to listen with', () => {
      expect(slack.listener?.wanted(slack.settings.schema.parse({}), {})).toBe(false);
      expect(slack.listener?.wanted(slack.settings.schema.parse({}), { appToken: practiceSlack.appToken })).toBe(true);
    });
  });
});

test('the list of people is read strictly', () => {
  expect([...peopleOf(' U0SAM = sam \n\nU0ALEX=alex')]).toEqual([
    ['U0SAM', 'sam'],
    ['U0ALEX', 'alex'],
  ]);
  expect(slack.settings.schema.safeParse({ people: 'sam = U0SAM' }).success).toBe(false);
});
