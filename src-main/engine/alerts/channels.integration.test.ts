import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Composed, compose } from '../../compose.ts';
import { createFileHandles } from '../../hosts/file-handles.ts';
import { resourcesFolder } from '../../hosts/resources.ts';
import { createRedactor } from '../../platform/redactor.ts';
import { systemClock, systemIds, systemRandom } from '../../platform/runtime.ts';
import { testLog } from '../../testing/runtime.ts';

/** The whole console in practice mode, as the agent runs it; only the people outside are played. */
const organisationId = 'bluebell';
const log = testLog();
let folder: string;
let composed: Composed;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'channels-'));
  composed = await compose({
    dataFolder: folder,
    host: 'agent',
    practice: true,
    empty: false,
    safeMode: 'off',
    runtime: { clock: systemClock, ids: systemIds, random: systemRandom, log },
    redactor: createRedactor(),
    files: createFileHandles(systemClock),
    resourcesFolder,
    version: 'test',
    environment: {},
  });
});
afterAll(async () => {
  await composed.engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

const client = () =>
  createRouterClient(composed.engine.router, {
    context: { caller: { via: 'http', access: 'admin', personId: 'alex' }, correlationId: 'c-1', log },
  });
const sandbox = async <T>(path: string, init: RequestInit = {}): Promise<T> =>
  (await (await fetch(`${composed.sandboxUrl}${path}`, init)).json()) as T;
const tellSandbox = (path: string, body: object) =>
  fetch(`${composed.sandboxUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
const press = (system: string, body: object) =>
  sandbox<Record<string, unknown>>(`/_press?system=${system}`, { method: 'POST', body: JSON.stringify(body) });

interface Received {
  readonly path: string;
  readonly body: Record<string, unknown> & {
    text?: string;
    event_action?: string;
    Body?: string;
    type?: string;
    subject?: string;
  };
}
const received = (system: string) => sandbox<Received[]>(`/_received?system=${system}`);

async function until(done: () => Promise<boolean>, ms = 30_000): Promise<void> {
  await expect.poll(done, { timeout: ms, interval: 100 }).toBe(true);
}
const alertOf = (alertId: string) => client().alerts.get({ organisationId, alertId });

describe('an emergency in practice', () => {
  let alertId = '';

  test('reaches all five channels, each in its own shape', async () => {
    await until(async () => log.lines.some(({ event }) => event === 'slack.listening'));
    const raised = await client().alerts.raise({
      organisationId,
      severity: 'emergency',
      title: 'Payment webhook silent & <!channel> at Táve',
      venues: ['The Barn'],
    } as never);
    alertId = raised.id;
    await until(async () =>
      (await alertOf(alertId)).deliveries.every(({ state }) => state === 'accepted' || state === 'arrived'),
    );
    const { deliveries, toldMs, reference } = await alertOf(alertId);
    expect(new Set(deliveries.map(({ channel }) => channel))).toEqual(
      new Set(['slack', 'email', 'pagerduty', 'webhook', 'sms']),
    );
    expect(toldMs).toBeLessThan(15_000);

    // On a Monday the report of the weekend may have come first, on a Friday what the pre-flight has to say.
    const posted = (await received('slack')).filter(({ path }) => path.includes('chat.postMessage'));
    expect(posted.map(({ body }) => body.text)).toContainEqual(
      expect.stringContaining('Emergency: Payment webhook silent &amp; &lt;!channel&gt; at Táve'),
    );
    const subjects = (await received('email')).map(({ body }) => body.subject);
    expect(subjects).toContainEqual(expect.stringContaining('[Emergency] Payment webhook silent & <!channel> at Táve'));
    const [text] = (await received('sms')).filter(({ body }) => body !== null);
    expect(text?.body.Body).toMatch(
      new RegExp(`EMERGENCY: Payment webhook silent & <!channel> at Tave\\..*Ref ${reference}$`),
    );
    const [event] = (await received('pagerduty')).filter(({ path }) => path.includes('enqueue'));
    expect(event?.body).toMatchObject({
      event_action: 'trigger',
      dedup_key: `wedsync:alert:${alertId}`,
      routing_key: '***',
    });
    const [hook] = await received('webhook');
    expect(hook?.body).toMatchObject({ type: 'alert.firing', data: { alertId, severity: 'emergency' } });
  });

  test('the text is followed until the network says that it arrived', async () => {
    await until(async () =>
      (await alertOf(alertId)).deliveries.some(({ channel, state }) => channel === 'sms' && state === 'arrived'),
    );
    expect((await alertOf(alertId)).timeline.filter(({ kind }) => kind === 'arrived')).toHaveLength(1);
  });

  test('a stranger’s press changes nothing and is shown', async () => {
    await press('slack', { user: 'U0STRANGE' });
    await until(async () => (await alertOf(alertId)).timeline.some(({ kind }) => kind === 'refused'));
    expect((await alertOf(alertId)).state).toBe('firing');
    await until(async () => (await received('slack')).some(({ path }) => path.includes('/actions/')));
  });

  test('acknowledged in Slack, pressed twice: one entry here, one message for every other side', async () => {
    const before = (await received('slack')).length;
    await press('slack', { user: 'U0SAM', times: 2 });
    await until(async () => (await alertOf(alertId)).state === 'acknowledged');
    await until(async () => (await alertOf(alertId)).deliveries.every(({ state }) => state !== 'waiting'));
    const { timeline, owner, reference } = await alertOf(alertId);
    expect(owner).toBe('Sam Okafor');
    expect(timeline.filter(({ kind }) => kind === 'acknowledged')).toMatchObject([
      { actor: 'Sam Okafor', channel: 'slack' },
    ]);
    const events = (await received('pagerduty'))
      .filter(({ path }) => path.includes('enqueue'))
      .map(({ body }) => body.event_action);
    expect(events).toEqual(['trigger', 'acknowledge']);
    const changes = (await received('slack')).slice(before).map(({ path }) => path.replace(/^.*\/api\//, ''));
    expect(changes).toEqual(['chat.update', 'chat.postMessage']);
    expect((await received('webhook')).map(({ body }) => body.type)).toEqual(['alert.firing', 'alert.acknowledged']);
    expect(reference).toMatch(/^A-/);
  });

  test('acknowledged in PagerDuty: heard here with the name, told to Slack, not told back (FT-64)', async () => {
    const second = await client().alerts.raise({
      organisationId,
      severity: 'emergency',
      title: 'AI gallery down',
    } as never);
    await until(async () => (await alertOf(second.id)).deliveries.every(({ state }) => state !== 'waiting'));
    await press('pagerduty', { dedupKey: `wedsync:alert:${second.id}`, user: 'Duty coordinator' });
    await until(async () => (await alertOf(second.id)).state === 'acknowledged', 45_000);
    await until(async () => (await alertOf(second.id)).deliveries.every(({ state }) => state !== 'waiting'));
    const { timeline } = await alertOf(second.id);
    expect(timeline.filter(({ kind }) => kind === 'acknowledged')).toMatchObject([
      { actor: 'Duty coordinator', channel: 'pagerduty' },
    ]);
    const told = (await received('pagerduty')).filter(({ body }) => body?.dedup_key === `wedsync:alert:${second.id}`);
    expect(told.map(({ body }) => body.event_action)).toEqual(['trigger']);
  });

  test('a text that was accepted and never arrives is on the timeline with its reason (FT-61)', async () => {
    await tellSandbox('/_misbehave', { system: 'sms', fault: 'undelivered', value: '30003' });
    const { id } = await client().alerts.raise({
      organisationId,
      severity: 'emergency',
      title: 'Venue network down',
    } as never);
    await until(async () =>
      (await alertOf(id)).deliveries.some(({ channel, state }) => channel === 'sms' && state === 'failed'),
    );
    const { timeline, deliveries } = await alertOf(id);
    expect(
      timeline.some(({ kind, text }) => kind === 'not_told' && text.includes('switched off or out of reach')),
    ).toBe(true);
    expect(
      deliveries.filter(({ channel, state }) => channel !== 'sms' && state === 'accepted').length,
    ).toBeGreaterThanOrEqual(4);
  });

  test('with Slack down every other channel is told at once, and Slack later, marked as a repeat', async () => {
    await tellSandbox('/_misbehave', { system: 'slack', status: 503, times: 2, path: 'chat.postMessage' });
    const { id } = await client().alerts.raise({ organisationId, severity: 'emergency', title: 'Chat slow' } as never);
    await until(
      async () => (await alertOf(id)).deliveries.filter(({ state }) => state === 'accepted').length >= 4,
      5_000,
    );
    await until(async () =>
      (await alertOf(id)).deliveries.some(({ channel, state }) => channel === 'slack' && state === 'accepted'),
    );
    const last = (await received('slack')).filter(({ path }) => path.includes('chat.postMessage')).at(-1);
    // A 503 says nothing about what happened before it.
    expect(JSON.stringify(last?.body)).toContain('Repeat: this may have been told before');
  });

  test('every channel’s test says that it is one', async () => {
    for (const channel of ['slack', 'email', 'sms', 'pagerduty', 'webhook'] as const) {
      expect(await client().alerts.testChannel({ organisationId, channel })).toMatchObject({
        delivered: true,
        error: null,
      });
    }
    expect((await received('slack')).at(-1)?.body.text).toMatch(/^TEST: /);
    expect((await received('email')).at(-1)?.body.subject).toMatch(/^\[TEST\] /);
    expect((await received('sms')).filter(({ body }) => body !== null).at(-1)?.body.Body).toMatch(/^WEDSYNC TEST: /);
    expect((await received('webhook')).at(-1)?.body.type).toBe('endpoint.test');
  });
});

test('many at once: the bundle in Slack is acknowledged from its message, pressed twice, each alert once (A6, A15)', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 13; index += 1) {
    const report = { severity: 'info', title: `Slow ${index}`, key: `many-${index}` } as const;
    ids.push((await client().alerts.raise({ organisationId, ...report } as never)).id);
  }
  const posted = async (method: string) =>
    (await received('slack')).filter(({ path, body }) => path.includes(method) && /at once/.test(body?.text ?? ''));
  await until(async () => (await posted('chat.postMessage')).length === 1);
  const bundled = (await Promise.all(ids.map(alertOf))).filter(({ deliveries }) =>
    deliveries.some(({ channel, bundled: inBundle }) => channel === 'slack' && inBundle),
  );
  expect(bundled.length).toBeGreaterThan(2);
  expect(JSON.stringify((await posted('chat.postMessage'))[0]?.body)).toContain(`Acknowledge all ${bundled.length}`);

  await press('slack', { user: 'U0STRANGE', action: 'bundle_ack' });
  for (const { id } of bundled)
    await until(async () => (await alertOf(id)).timeline.some(({ kind }) => kind === 'refused'));
  await press('slack', { user: 'U0SAM', action: 'bundle_ack', times: 2 });
  for (const { id } of bundled) await until(async () => (await alertOf(id)).state === 'acknowledged');
  await until(async () => (await posted('chat.update')).length === 1);
  for (const { id } of bundled) {
    const { timeline, owner } = await alertOf(id);
    expect(owner).toBe('Sam Okafor');
    expect(timeline.filter(({ kind }) => kind === 'acknowledged')).toMatchObject([{ channel: 'slack' }]);
  }
  const [change] = await posted('chat.update');
  expect(JSON.stringify(change?.body)).not.toContain('bundle_ack');
  expect(await posted('chat.postMessage')).toHaveLength(1);
  const single = ids.find((id) => bundled.every((alert) => alert.id !== id)) ?? '';
  expect((await alertOf(single)).state).toBe('firing');
});
