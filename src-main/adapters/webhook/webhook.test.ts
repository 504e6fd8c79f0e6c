import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, test } from 'vitest';
import type { AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { createHttp } from '../../platform/http.ts';
import type { HttpRequest } from '../../ports/http.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { aBundle, acknowledged, aNotice, anAlert, sampleTime } from '../testing/alert-samples.ts';
import { type Bench, type BenchOptions, openBench } from '../testing/bench.ts';
import { eventOf, mostBytes } from './event.ts';
import { webhook } from './index.ts';
import { practiceWebhook, webhookSandbox } from './sandbox.ts';
import { targetsOf } from './settings.ts';
import { signatureHeader } from './signature.ts';

const options: BenchOptions = {
  systems: [webhookSandbox],
  settings: { targets: `status = ${practiceWebhook.url}` },
  secrets: { signingKeys: practiceWebhook.signingKey },
  now: sampleTime,
};
const to = { id: 'webhook-status', name: 'Status page', address: 'default' };

// The suite's stamp is of 1970: a receiver would rightly call that too old.
adapterSuite(webhook, {
  ...options,
  now: '1970-01-01T00:00:00Z',
  ignoresBody: true,
  // A receiver of somebody's own may be slow; another channel starts after five seconds all the same.
  alertWaits: [10_000, 15_000],
  samples: { 'send-alert': { payload: { message: anAlert(), to } } },
});

test('signs as the example of the specification does, and as its own package does', () => {
  const body = Buffer.from(
    '{"type":"alert.triggered","timestamp":"2026-11-22T11:52:03.000Z","data":{"alertId":"alr_01JD9Q0V7M3K","severity":"critical","title":"AI gallery tagging latency above 8 s at The Barn at Bury Court — 23 weddings today","weddingsToday":23}}',
  );
  const secret = 'whsec_d2Vkc3luYy1vdXRib3VuZC1kZW1vLWtleS0zMmJ5dGU=';
  expect(body.length).toBe(239);
  const header = signatureHeader('msg_01JD9Q0V7M3K-1', 1_795_348_323, body, [secret]);
  expect(header).toBe('v1,rXLXHh2s6wh3cNpv9Lq79DOz4S8ZnqLk2kQHNoi/m4E=');
  fc.assert(
    fc.property(fc.string(), fc.uint8Array({ minLength: 24, maxLength: 64 }), (text, key) => {
      const whsec = `whsec_${Buffer.from(key).toString('base64')}`;
      const now = new Date();
      expect(signatureHeader('msg_1', Math.floor(now.getTime() / 1_000), Buffer.from(text), [whsec])).toBe(
        new Webhook(whsec).sign('msg_1', now, text),
      );
    }),
  );
});

describe('an event', () => {
  let bench: Bench;
  let requests: HttpRequest[];
  const action = webhook.actions['send-alert'];
  beforeEach(async () => {
    bench = await openBench(webhook, options);
    requests = [];
    return () => bench.close();
  });

  interface How {
    readonly key?: string;
    readonly attempt?: number;
    readonly at?: string;
    readonly settings?: object;
    readonly secrets?: object;
    readonly address?: string;
  }
  async function tell(message: AlertMessage, how: How = {}) {
    const stamp = {
      idempotencyKey: how.key ?? 'k',
      at: Instant.parse(Date.parse(how.at ?? sampleTime)),
      attempt: how.attempt ?? 1,
    };
    const ctx = bench.context({
      settings: webhook.settings.schema.parse({ ...(options.settings as object), ...how.settings }) as never,
      secrets: webhook.secrets.parse({ ...options.secrets, ...how.secrets }) as never,
      http: {
        send(request) {
          requests.push(request);
          return bench.http.send(request);
        },
      },
    });
    const plan = action?.plan({ message, to: { ...to, address: how.address ?? to.address } }, ctx.settings, stamp);
    return action?.deliver(plan as never, stamp, ctx);
  }
  const events = () =>
    bench.sandbox.documents<{ type: string; data: Record<string, unknown> }>('webhook', 'events').all();
  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => new Error('it was delivered'),
      (thrown: unknown) => thrown,
    );
    return error instanceof IntegrationError ? error.toFailure() : error;
  };

  test('is the whole alert, typed, without anybody’s name', async () => {
    await tell(anAlert());
    await tell(acknowledged(), { key: 'k2' });
    await tell(anAlert({ kind: 'test' }), { key: 'k3' });
    await tell(aBundle, { key: 'k4' });
    await tell(aNotice, { key: 'k5' });
    expect(events().map(({ type }) => type)).toEqual([
      'alert.firing',
      'alert.acknowledged',
      'endpoint.test',
      'alert.bundle',
      'notice',
    ]);
    expect(events()[0]?.data).toMatchObject({
      alertId: 'alr-1042',
      severity: 'critical',
      reportedSeverity: 'warning',
      weddingsToday: 23,
      practice: true,
    });
    expect(events()[1]?.data).toMatchObject({ until: '2026-08-01T13:20:00.000Z' });
    expect(JSON.stringify(events())).not.toMatch(/Sam Okafor|on it/);
  });

  test('keeps its id and its bytes on a repeat, with a fresh timestamp and signature', async () => {
    await tell(anAlert());
    bench.clock.jump(200_000);
    await tell(anAlert(), { attempt: 2, at: '2026-08-01T12:53:40Z' });
    const [first, second] = requests;
    expect(second?.headers?.['webhook-id']).toBe(first?.headers?.['webhook-id']);
    expect(second?.headers?.['webhook-id']).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(second?.bytes).toEqual(first?.bytes);
    expect(second?.headers?.['webhook-timestamp']).not.toBe(first?.headers?.['webhook-timestamp']);
    expect(second?.headers?.['webhook-signature']).not.toBe(first?.headers?.['webhook-signature']);
    expect(events()).toHaveLength(1);
  });

  test('is signed by both keys for 24 hours after a change, so that no receiver misses any (SEC-39)', async () => {
    const rotating = {
      secrets: { oldSigningKeys: practiceWebhook.oldSigningKey },
      settings: { oldKeysUntil: '2026-08-02T12:00:00Z' },
    };
    await tell(anAlert(), rotating);
    bench.sandbox.misbehave({ system: 'webhook', fault: 'old-key', times: 0 });
    await tell(anAlert(), { ...rotating, key: 'k2' });
    expect(events()).toHaveLength(2);
    expect(requests[0]?.headers?.['webhook-signature']?.split(' ')).toHaveLength(2);
    const late = { ...rotating, settings: { oldKeysUntil: '2026-08-01T12:00:00Z' }, key: 'k3' };
    expect(await failure(tell(anAlert(), late))).toMatchObject({
      kind: 'needs-attention',
      code: 'forbidden',
      scope: 'job',
    });
    const tooLong = { ...rotating, settings: { oldKeysUntil: '2026-08-09T12:00:00Z' }, key: 'k4' };
    expect(await failure(tell(anAlert(), tooLong))).toMatchObject({ code: 'forbidden' });
  });

  test('never has more than 20 kB, and says when something was left out', () => {
    const big = 'é'.repeat(4_000);
    const message = anAlert({
      title: 'x'.repeat(500),
      detail: big,
      links: Array.from({ length: 20 }, () => ({
        label: big.slice(0, 80),
        url: `https://e.example/${'a'.repeat(900)}`,
      })),
      venues: Array.from({ length: 50 }, () => ({ name: big.slice(0, 120), region: big.slice(0, 120) })),
      reasons: Array.from({ length: 50 }, () => big.slice(0, 300)),
    });
    const event = eventOf(message);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(mostBytes);
    expect(event.data).toMatchObject({ shortened: true, alertId: 'alr-1042', severity: 'critical' });
    expect(
      Buffer.byteLength(JSON.stringify(eventOf({ ...aNotice, text: '漢'.repeat(20_000) } as AlertMessage))),
    ).toBeLessThanOrEqual(mostBytes);
  });

  test.each([
    [410, { kind: 'permanent', code: 'gone', message: expect.stringContaining('wants no more events') }],
    [401, { kind: 'needs-attention', code: 'forbidden', scope: 'job' }],
    [302, { kind: 'needs-attention', code: 'misconfigured', scope: 'job', message: expect.stringContaining('302') }],
    [500, { kind: 'retryable', code: 'vendor-down' }],
  ])('%i of one target stops nobody else', async (status, expected) => {
    bench.sandbox.misbehave({
      system: 'webhook',
      status,
      headers: status === 302 ? { location: 'https://evil.example/' } : {},
    });
    expect(await failure(tell(anAlert()))).toMatchObject(expected);
    expect(bench.sandbox.received('webhook')).toHaveLength(1);
  });

  test('goes to the target its destination names, with that target’s key', async () => {
    const settings = { targets: `other = https://other.example/x\nstatus = ${practiceWebhook.url}` };
    const secrets = { signingKeys: `other=${practiceWebhook.oldSigningKey} status=${practiceWebhook.signingKey}` };
    await tell(anAlert(), { settings, secrets, address: 'status' });
    expect(events()).toHaveLength(1);
    expect(await failure(tell(anAlert(), { settings, secrets, address: 'gone' }))).toMatchObject({
      code: 'misconfigured',
      scope: 'job',
    });
    expect(await failure(tell(anAlert(), { settings, secrets, address: 'default' }))).toMatchObject({
      code: 'misconfigured',
    });
  });

  test('is sent to no private address, asked anew at every attempt (SEC-36)', async () => {
    const answers = ['93.184.216.34', '10.1.2.3', '127.0.0.1', '169.254.169.254', '::1', 'fd00::1'];
    for (const address of answers.slice(1)) {
      const http = createHttp({
        clock: bench.clock,
        redactor: { redact: (text) => text },
        resolve: async () => [{ address, family: address.includes(':') ? 6 : 4 }],
      });
      const ctx = bench.context({ http });
      const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: 1 };
      const plan = action?.plan({ message: anAlert(), to }, ctx.settings, stamp);
      expect(await failure(action?.deliver(plan as never, stamp, ctx) as Promise<unknown>)).toMatchObject({
        code: 'misconfigured',
      });
      await http.close();
    }
    expect(requests).toEqual([]);
  });
});

test('targets are read strictly', () => {
  expect(targetsOf('a = https://x.example/y\n\n b=https://z.example')?.size).toBe(2);
  for (const bad of [
    'http://x.example',
    'a = http://x.example',
    'a = https://u:p@x.example',
    'a = https://x.example\na = https://y.example',
    'a = https://x.example#f',
  ]) {
    expect(targetsOf(bad)).toBeNull();
  }
});
