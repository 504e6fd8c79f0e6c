import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SignedSource } from '../../adapters/kit/signature/signed-request.ts';
import { organisationId, secretOf, signed, type TestDesk, testDesk } from '../../testing/receiver-desk.ts';

let desk: TestDesk;
beforeAll(async () => {
  desk = await testDesk();
});
afterAll(() => desk.store.close());

async function receive(
  source: SignedSource,
  body: string,
  headers: Record<string, string>,
  url = `/webhooks/org/${source}`,
) {
  const found = (await desk.receiver.door.senders()).find(organisationId, source);
  if (!found) throw new Error(`no ${source}`);
  return desk.receiver.door.receive(found, { headers, url, rawBody: Buffer.from(body) });
}
const now = (): number => desk.runtime.clock.now();
const generic = (event: object) => {
  const body = JSON.stringify(event);
  return receive('generic-hmac', body, signed('generic-hmac', body, now()));
};
const stored = async () => (await desk.receiver.log.list(organisationId, {}, null)).rows;
const alertsOf = (one: TestDesk) =>
  one.store.read.selectFrom('alert').select(['id', 'title', 'state', 'number']).orderBy('number').execute();
const alerts = () => alertsOf(desk);

describe('the receiver', () => {
  test('stores an authentic event before it answers, and its effect comes once', async () => {
    expect((await generic({ title: 'Chat slow', severity: 'critical', key: 'once' })).status).toBe(202);
    expect((await generic({ title: 'Chat slow', severity: 'critical', key: 'once' })).status).toBe(202);
    await desk.receiver.workDue();
    const [event, ...rest] = (await stored()).filter(({ outcome }) => outcome.includes('alert'));
    expect(rest).toEqual([]);
    expect(event).toMatchObject({ source: 'generic-hmac', state: 'worked', duplicates: 1, signature: 'present key' });
    expect((await alerts()).filter(({ title }) => title === 'Chat slow')).toHaveLength(1);
  });

  test('refuses what is not authentic without a word, and keeps nothing of it (W1)', async () => {
    const before = (await stored()).length;
    expect(await receive('generic-hmac', '{}', { 'content-type': 'application/json' })).toEqual({ status: 401 });
    expect(await receive('twilio', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' })).toEqual({
      status: 403,
    });
    const probe = '{"events":[],"entropy": "S"}';
    expect((await receive('xero', probe, { ...signed('xero', probe, now()), 'x-xero-signature': 'AAAA' })).status).toBe(
      401,
    );
    // The signature comes before the form of the body: a stranger learns nothing about it (SEC-25).
    for (const broken of ['{', '[', '\u0000', '{"a":'.repeat(100)])
      expect(await receive('generic-hmac', broken, { 'content-type': 'application/json' })).toEqual({ status: 401 });
    expect((await stored()).length).toBe(before);
  });

  test('answers the intent to receive with 200 and nothing else', async () => {
    const probe = '{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "S"}';
    expect(await receive('xero', probe, signed('xero', probe, now()))).toEqual({ status: 200 });
  });

  test('gives Slack its challenge back, signed only', async () => {
    const body = '{"type":"url_verification","challenge":"abc"}';
    const headers = { ...signed('slack', body, now()), 'content-type': 'application/json' };
    expect(await receive('slack', body, headers)).toMatchObject({ status: 200, body: 'abc' });
    expect((await receive('slack', body, { ...headers, 'x-slack-signature': 'v0=00' })).status).toBe(401);
  });

  test('refuses nesting beyond reason, broken JSON and broken UTF-8 of a proven sender with 400', async () => {
    for (const body of [`${'['.repeat(10_000)}${']'.repeat(10_000)}`, '{"a":', '']) {
      const answer = await receive('pagerduty', body, signed('pagerduty', body, now()));
      expect(answer.status).toBe(body === '' ? 202 : 400);
    }
    const raw = Buffer.from([0x7b, 0xff, 0x7d]);
    const found = (await desk.receiver.door.senders()).find(organisationId, 'pagerduty');
    const answer =
      found &&
      (await desk.receiver.door.receive(found, { headers: signed('pagerduty', raw, now()), url: '/', rawBody: raw }));
    expect(answer?.status).toBe(400);
  });

  test('takes 100 a minute from a sender and says when to come back; unsigned ones take nobody’s share (W3, FT-70)', async () => {
    const own = await testDesk();
    const door = own.receiver.door;
    const found = (await door.senders()).find(organisationId, 'pagerduty');
    if (!found) throw new Error('no source');
    const send = (index: number, headers?: Record<string, string>) => {
      const body = JSON.stringify({ event: { id: `e${index}` } });
      return door.receive(found, {
        headers: headers ?? signed('pagerduty', body, 0),
        url: '/',
        rawBody: Buffer.from(body),
      });
    };
    for (let index = 0; index < 500; index++) expect((await send(index, {})).status).toBe(401);
    for (let index = 0; index < 100; index++) expect((await send(index)).status).toBe(202);
    expect(await send(100)).toEqual({ status: 429, headers: { 'retry-after': '60' } });
    const other = (await door.senders()).find(organisationId, 'xero');
    const body = '{"events":[]}';
    const xero =
      other && (await door.receive(other, { headers: signed('xero', body, 0), url: '/', rawBody: Buffer.from(body) }));
    expect(xero?.status).toBe(200);
    await own.runtime.clock.advance(60_000);
    expect((await send(100)).status).toBe(202);
    await own.store.close();
  });

  test('takes ten times as many in the peak season', async () => {
    const july = await testDesk('2026-07-14T12:00:00Z');
    const [source] = await july.receiver.sources.list(organisationId);
    expect(source?.perMinute).toBe(1_000);
    await july.store.close();
  });

  test('works wedding-day traffic first (W7)', async () => {
    const own = await testDesk('2026-11-20T17:59:00Z');
    const door = own.receiver.door;
    const found = (await door.senders()).find(organisationId, 'generic-hmac');
    if (!found) throw new Error('no source');
    const send = (title: string) => {
      const body = JSON.stringify({ title, severity: 'info' });
      return door.receive(found, {
        headers: signed('generic-hmac', body, own.runtime.clock.now()),
        url: '/',
        rawBody: Buffer.from(body),
      });
    };
    await send('Friday afternoon');
    await own.runtime.clock.advance(120_000);
    await send('Friday evening');
    await own.receiver.workDue();
    const raised = await alertsOf(own);
    expect(raised.map(({ title }) => title)).toEqual(['Friday evening', 'Friday afternoon']);
    await own.store.close();
  });

  test('accepts both secrets while they are changed over, and says which one is old (FT-67)', async () => {
    const wish = { source: 'pagerduty', secret: 'a-brand-new-secret', forgetOldSecret: false };
    const by = { personId: null, channel: 'cli', correlationId: 'c' };
    await desk.receiver.sources.save(organisationId, wish, by);
    const body = (id: string) => JSON.stringify({ event: { id, event_type: 'x' } });
    expect((await receive('pagerduty', body('old'), signed('pagerduty', body('old'), now()))).status).toBe(202);
    const fresh = signed('pagerduty', body('new'), now(), 'a-brand-new-secret');
    expect((await receive('pagerduty', body('new'), fresh)).status).toBe(202);
    const rows = await stored();
    expect(rows.find(({ eventKey }) => eventKey === 'old')?.signature).toBe('old key');
    await desk.receiver.sources.save(organisationId, { source: 'pagerduty', forgetOldSecret: true }, by);
    expect((await receive('pagerduty', body('gone'), signed('pagerduty', body('gone'), now()))).status).toBe(401);
    await desk.receiver.sources.save(
      organisationId,
      { source: 'pagerduty', secret: secretOf('pagerduty'), forgetOldSecret: false },
      by,
    );
  });

  test('our own trouble is 503 and never a 4xx: senders give up on those (FT-71)', async () => {
    const own = await testDesk();
    const found = (await own.receiver.door.senders()).find(organisationId, 'pagerduty');
    await own.store.close();
    const body = '{"event":{"id":"1"}}';
    const answer =
      found &&
      (await own.receiver.door.receive(found, {
        headers: signed('pagerduty', body, 0),
        url: '/',
        rawBody: Buffer.from(body),
      }));
    expect(answer?.status).toBe(503);
  });
});

describe('effects', () => {
  async function raised(title: string): Promise<string> {
    const body = { title, severity: 'critical', key: title };
    await generic(body);
    await desk.receiver.workDue();
    const alert = (await alerts()).find((each) => each.title === title);
    if (!alert) throw new Error('not raised');
    return alert.id;
  }
  const pagerduty = (id: string, type: string, alertId: string, at = now(), agent: unknown = { summary: 'Duty' }) => {
    const occurred = new Date(at).toISOString();
    const body = JSON.stringify({
      event: {
        id,
        event_type: type,
        occurred_at: occurred,
        agent,
        data: { incident_key: `wedsync:alert:${alertId}` },
      },
    });
    return receive('pagerduty', body, signed('pagerduty', body, now()));
  };
  const state = async (id: string) => (await alerts()).find((each) => each.id === id)?.state;

  test('PagerDuty acknowledges and resolves our alert; an older event never undoes a newer one (FT-66)', async () => {
    const id = await raised('Gallery down');
    await pagerduty('p2', 'incident.resolved', id, now());
    await desk.receiver.workDue();
    expect(await state(id)).toBe('resolved');
    await pagerduty('p1', 'incident.acknowledged', id, now() - 60_000);
    await desk.receiver.workDue();
    expect(await state(id)).toBe('resolved');
    const older = (await stored()).find(({ eventKey }) => eventKey === 'p1');
    expect(older).toMatchObject({ state: 'ignored', outcome: 'a newer state was told before' });
  });

  test('what our own events or a setting did in PagerDuty is nobody’s word: the alert goes on', async () => {
    const id = await raised('Prints late');
    const integration = { type: 'inbound_integration_reference', summary: 'WedSync' };
    await pagerduty('x1', 'incident.resolved', id, now(), integration);
    await pagerduty('x2', 'incident.acknowledged', id, now(), integration);
    await pagerduty('x3', 'incident.resolved', id, now(), null);
    await desk.receiver.workDue();
    expect(await state(id)).toBe('firing');
    await pagerduty('x4', 'incident.acknowledged', id, now(), { type: 'user_reference', summary: 'Duty' });
    await desk.receiver.workDue();
    expect(await state(id)).toBe('acknowledged');
  });

  test('a Slack button acknowledges for a person we know, once, is shown for a stranger, and forged is refused', async () => {
    const id = await raised('Chat slow again');
    const kinds = async (alertId: string) =>
      (await desk.store.read.selectFrom('alert_timeline').select('kind').where('alert_id', '=', alertId).execute())
        .map(({ kind }) => kind)
        .filter((kind) => kind === 'refused' || kind === 'acknowledged');
    const press = (user: string, ts: string, headers?: Record<string, string>) => {
      const payload = {
        type: 'block_actions',
        user: { id: user },
        container: { message_ts: '1' },
        actions: [{ action_id: 'alert_ack', value: id, action_ts: ts }],
      };
      const body = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
      return receive('slack', body, headers ?? signed('slack', body, now()));
    };
    expect((await press('USTRANGER', '1.1')).status).toBe(200);
    await desk.receiver.workDue();
    expect(await state(id)).toBe('firing');
    const forged = signed('slack', 'payload={}', now());
    expect((await press('UALEX', '1.2', forged)).status).toBe(401);
    await desk.receiver.workDue();
    expect(await state(id)).toBe('firing');
    await press('UALEX', '1.2');
    await press('UALEX', '1.2');
    await desk.receiver.workDue();
    expect(await state(id)).toBe('acknowledged');
    expect(await kinds(id)).toEqual(['refused', 'acknowledged']);
  });

  test('a new client of a CRM makes that vendor’s figures anew', async () => {
    const url = `/webhooks/org/tave?token=${secretOf('tave')}&vendor=vnd_204`;
    const answer = await receive(
      'tave',
      '{"event":"client.created","id":"9"}',
      { 'content-type': 'application/json' },
      url,
    );
    expect(answer.status).toBe(200);
    await desk.receiver.workDue();
    expect(desk.newClients).toEqual(['vnd_204']);
    const [event] = (await stored()).filter(({ source }) => source === 'tave');
    const detail = event && (await desk.receiver.log.detail(organisationId, event.id));
    expect(JSON.stringify(detail)).not.toContain(secretOf('tave'));
  });

  test('a replay has no second effect unless a person insists (W8)', async () => {
    const [event] = (await stored()).filter(({ source }) => source === 'tave');
    const by = { personId: null, channel: 'cli', correlationId: 'c' };
    const id = event?.id ?? '';
    const before = (await alerts()).length;
    const first = (await stored()).find(({ outcome }) => outcome === 'raised an alert')?.id ?? '';
    expect(await desk.receiver.log.replay(organisationId, first, false, by)).toMatchObject({
      state: 'ignored',
      outcome: 'had its effect before',
      replayOf: first,
    });
    expect((await alerts()).length).toBe(before);
    expect(await desk.receiver.log.replay(organisationId, id, true, by)).toMatchObject({ state: 'worked' });
  });

  test('shuffled and repeated ten times over, the end is that of the right order (FT-66)', async () => {
    const id = await raised('Payments silent');
    const steps = ['acknowledged', 'acknowledged', 'resolved'].map((what, index) => ({
      id: `s${index}`,
      type: `incident.${what}`,
      at: now() - 60_000 + index * 1_000,
    }));
    const many = Array.from({ length: 10 }, () => steps).flat();
    const shuffled = fc.sample(fc.shuffledSubarray(many, { minLength: many.length }), { numRuns: 1, seed: 7 })[0] ?? [];
    for (const step of shuffled) await pagerduty(step.id, step.type, id, step.at);
    await desk.receiver.workDue();
    expect(await state(id)).toBe('resolved');
  });
});

test('whatever bytes and headers come, the answer is a known status and nothing is thrown', async () => {
  const statuses = new Set([200, 202, 204, 400, 401, 403, 429, 503]);
  const sources = fc.constantFrom<SignedSource>(
    'generic-hmac',
    'pagerduty',
    'slack',
    'twilio',
    'xero',
    'datadog',
    'grafana',
    'tave',
  );
  const headerName = fc.constantFrom(
    'content-type',
    'x-signature-256',
    'x-timestamp',
    'x-pagerduty-signature',
    'x-slack-signature',
    'x-slack-request-timestamp',
    'x-twilio-signature',
    'x-xero-signature',
    'x-grafana-alerting-signature',
    'x-wedsync-token',
    'authorization',
    '__proto__',
    'host',
  );
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(
      sources,
      fc.dictionary(headerName, fc.string({ maxLength: 120 })),
      body,
      fc.webPath(),
      fc.boolean(),
      async (source, headers, bytes, path, authentic) => {
        const found = (await desk.receiver.door.senders()).find(organisationId, source);
        if (!found) throw new Error('no source');
        const raw = Buffer.from(bytes);
        const able = source === 'generic-hmac' || source === 'pagerduty' || source === 'xero' || source === 'slack';
        const proof = authentic && able ? signed(source, raw, now()) : {};
        const answer = await desk.receiver.door.receive(found, {
          headers: { ...headers, ...proof },
          url: `/webhooks/org/${source}${path}`,
          rawBody: raw,
        });
        expect(statuses.has(answer.status)).toBe(true);
        if (answer.status === 503) throw new Error('our own trouble');
      },
    ),
    { numRuns: 400, seed: 42 },
  );
  await desk.receiver.workDue();
  expect((await stored()).filter(({ state }) => state === 'failed' || state === 'stored')).toEqual([]);
}, 600_000);
