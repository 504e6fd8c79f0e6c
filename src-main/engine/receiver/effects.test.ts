import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SignedSource } from '../../adapters/kit/signature/signed-request.ts';
import { twilioSignature } from '../../adapters/kit/signature/twilio.ts';
import { organisationId, secretOf, type TestDesk, testDesk } from '../../testing/receiver-desk.ts';

let desk: TestDesk;
beforeEach(async () => {
  desk = await testDesk();
});
afterEach(() => desk.store.close());

const now = (): number => desk.runtime.clock.now();
const alex = { personId: 'alex', name: 'Alex Morgan', channel: 'window', correlationId: 'c' };
const iso = (ms: number) => new Date(ms).toISOString();
const hmac = (source: SignedSource, text: string, encoding: 'hex' | 'base64') =>
  createHmac('sha256', secretOf(source)).update(text).digest(encoding);

/** Headers of an authentic request, as each sender makes them. */
function proof(source: SignedSource, body: string, id: string, url: string, at: number): Record<string, string> {
  const ts = String(Math.floor(at / 1_000));
  const json = { 'content-type': 'application/json' };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  switch (source) {
    case 'slack': {
      const signature = `v0=${hmac(source, `v0:${ts}:${body}`, 'hex')}`;
      return { ...form, 'x-slack-request-timestamp': ts, 'x-slack-signature': signature };
    }
    case 'pagerduty':
      return { ...json, 'x-webhook-id': id, 'x-pagerduty-signature': `v1=${hmac(source, body, 'hex')}` };
    case 'twilio':
      return { ...form, 'x-twilio-signature': twilioSignature(`http://${url}`, Buffer.from(body), secretOf(source)) };
    case 'xero':
      return { ...json, 'x-xero-signature': hmac(source, body, 'base64') };
    case 'intuit':
      return { ...json, 'intuit-signature': hmac(source, body, 'base64') };
    case 'grafana':
      return { ...json, 'x-grafana-alerting-signature': hmac(source, body, 'hex') };
    case 'standard-webhooks': {
      const key = Buffer.from(secretOf(source).slice(6), 'base64');
      const signature = createHmac('sha256', key).update(`${id}.${ts}.${body}`).digest('base64');
      return { ...json, 'webhook-id': id, 'webhook-timestamp': ts, 'webhook-signature': `v1,${signature}` };
    }
    case 'generic-hmac':
      return { ...json, 'x-timestamp': ts, 'x-signature-256': `sha256=${hmac(source, `${ts}.${body}`, 'hex')}` };
    case 'tave':
      return json;
    case 'datadog':
    case 'honeybook':
      return { ...json, 'x-wedsync-token': secretOf(source) };
  }
}

async function send(source: SignedSource, event: unknown, id = 'e1', query = '', at = now()): Promise<number> {
  const body = typeof event === 'string' ? event : JSON.stringify(event);
  const path = `/webhooks/${organisationId}/${source}${source === 'tave' ? `?token=${secretOf('tave')}${query}` : query}`;
  const found = (await desk.receiver.door.senders()).find(organisationId, source);
  if (!found) throw new Error(`no ${source}`);
  const headers = { host: 'here', ...proof(source, body, id, `here${path}`, at) };
  return (await desk.receiver.door.receive(found, { headers, url: path, rawBody: Buffer.from(body) })).status;
}

/** As a sender that tries again: both times the answer it expects, one row, one effect. */
async function twice(source: SignedSource, event: unknown, id?: string, query?: string): Promise<number[]> {
  const answers = [await send(source, event, id, query), await send(source, event, id, query)];
  await desk.receiver.workDue();
  await send(source, event, id, query);
  await desk.receiver.workDue();
  // Behind the count of the duplicate, which no sender waits for.
  await desk.store.transaction(async () => undefined);
  const { rows } = await desk.receiver.log.list(organisationId, { source }, null);
  expect(rows.map(({ duplicates }) => duplicates)).toEqual([2]);
  return answers;
}
/** As Twilio calls back where the operator chose GET: everything is in the address. */
async function ask(query: string): Promise<number> {
  const path = `/webhooks/${organisationId}/twilio?${query}`;
  const found = (await desk.receiver.door.senders()).find(organisationId, 'twilio');
  if (!found) throw new Error('no twilio');
  const signature = twilioSignature(`http://here${path}`, Buffer.alloc(0), secretOf('twilio'));
  const headers = { host: 'here', 'x-twilio-signature': signature };
  return (await desk.receiver.door.receive(found, { headers, url: path, rawBody: Buffer.alloc(0) })).status;
}
const alerts = () =>
  desk.store.read
    .selectFrom('alert')
    .select(['title', 'state', 'count', 'reported_severity'])
    .orderBy('number')
    .execute();

describe('each sender’s event, sent three times, has one effect and the answer its sender expects (W4, R27)', () => {
  const fired = { transition: 'Triggered', cycle: 'c1', title: 'Tagging slow', body: 'over 8 s', priority: 'P2' };
  test('Datadog: an alert, ended by its recovery', async () => {
    const at = now();
    expect(await twice('datadog', { id: '1', ...fired, updated_ms: String(at) })).toEqual([200, 200]);
    expect(await alerts()).toMatchObject([{ title: 'Tagging slow', count: 1, reported_severity: 'critical' }]);
    await send('datadog', { id: '2', ...fired, transition: 'Recovered', updated_ms: String(at + 1) });
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ state: 'resolved' }]);
  });

  test('Datadog: recorded and sent again much later, or where a clock is wrong, it is not that alert again, but said', async () => {
    for (const [id, cycle, minutes] of [
      ['9', 'c1', -16],
      ['10', 'c2', 20],
    ] as const)
      expect(await send('datadog', { ...fired, id, cycle, updated_ms: String(now() + minutes * 60_000) })).toBe(200);
    const recovered = { ...fired, id: '11', transition: 'Recovered', updated_ms: String(now() - 16 * 60_000) };
    expect(await send('datadog', recovered)).toBe(200);
    await desk.receiver.workDue();
    const title = 'A Datadog alert came with a time far from this computer’s';
    expect(await alerts()).toMatchObject([{ title, state: 'firing', count: 2, reported_severity: 'critical' }]);
  });

  test('Datadog: a quotation mark that broke the template is kept, and an alert says so', async () => {
    expect(await send('datadog', '{"title":"He said "no""}')).toBe(200);
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ title: 'A Datadog webhook could not be read' }]);
  });

  test('any sender: a clumsy alert is an alert all the same', async () => {
    const clumsy = [
      [{ title: 'a', severity: 'CRITICAL' }, 'critical'],
      [{ title: 'b', severity: 'error' }, 'critical'],
      [{ title: 'c', severity: 'Warn' }, 'warning'],
      [{ title: 'd', severity: 7 }, 'warning'],
      [{ title: 'e', severity: null }, 'warning'],
      [{ title: 42 }, 'warning'],
      [{ key: 'disk-full' }, 'warning'],
      [{ title: 'f', links: ['https://x.example', { url: 'https://y.example' }, { url: 5 }, null] }, 'warning'],
      [{ title: 'g', venues: [1, null, {}, ['x'], 'The Barn'] }, 'warning'],
    ] as const;
    for (const [event] of clumsy) expect(await send('generic-hmac', event)).toBe(202);
    await desk.receiver.workDue();
    expect((await alerts()).map((row) => row.reported_severity)).toEqual(clumsy.map(([, severity]) => severity));
  });

  test('any sender: what Alertmanager sends is an alert each, ended one by one', async () => {
    const one = (fingerprint: string, status: string) => ({
      ...{ status, fingerprint, startsAt: iso(now()), annotations: { summary: `Slow ${fingerprint}` } },
      ...{
        labels: { alertname: 'Slow', severity: 'page', venue: 'The Barn' },
        generatorURL: 'https://prometheus.example/g',
      },
    });
    const group = { version: '4', groupKey: '{}', status: 'firing', receiver: 'wedsync' };
    await send('generic-hmac', { ...group, alerts: [one('a', 'firing'), one('b', 'firing')] });
    await send('generic-hmac', { ...group, alerts: [one('a', 'firing'), one('b', 'resolved')] });
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([
      { title: 'Slow a', state: 'firing', count: 1, reported_severity: 'emergency' },
      { title: 'Slow b', state: 'resolved' },
    ]);
  });

  test('a severity nobody knows is told with the alert', async () => {
    await send('generic-hmac', { title: 'Queue full', severity: 'purple', detail: 'At 100 %' });
    const labels = { severity: 'page' };
    await send('grafana', { alerts: [{ status: 'firing', fingerprint: 'a', startsAt: iso(now()), labels }] });
    await desk.receiver.workDue();
    const rows = await desk.store.read
      .selectFrom('alert')
      .select(['reported_severity', 'detail'])
      .orderBy('number')
      .execute();
    expect(rows).toEqual([
      { reported_severity: 'warning', detail: 'At 100 %\nIts severity was given as "purple".' },
      { reported_severity: 'emergency', detail: '' },
    ]);
  });

  const hours = (n: number) => desk.runtime.clock.jump(n * 3_600_000);
  const ended = async () => {
    const open = await desk.store.read.selectFrom('alert').select('id').where('state', '<>', 'resolved').execute();
    for (const { id } of open) await desk.alerts.resolve(organisationId, id, 'Over, I think', alex);
  };

  test('Grafana says it is still there after a person ended it: it fires again, until Grafana says it is over', async () => {
    const began = iso(now());
    const told = (status: string) => ({ alerts: [{ status, fingerprint: 'a', startsAt: began, labels: {} }] });
    await send('grafana', told('firing'));
    await desk.receiver.workDue();
    await ended();
    // Its own second try of the first request, and then its reminder.
    await send('grafana', told('firing'));
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ state: 'resolved', count: 1 }]);
    hours(4);
    await send('grafana', told('firing'));
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ state: 'resolved' }, { state: 'firing', count: 1 }]);
    hours(4);
    await send('grafana', told('firing'));
    await send('grafana', told('resolved'));
    await desk.receiver.workDue();
    hours(4);
    await send('grafana', told('firing'));
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ state: 'resolved' }, { state: 'resolved', count: 1 }]);
  });

  test('after the clock was set back, what a sender says is neither kept waiting nor taken for older than what came before', async () => {
    await send('generic-hmac', { title: 'Disk full', detail: '91 %' });
    await desk.receiver.workDue();
    await ended();
    await send('generic-hmac', { title: 'Queue full' });
    hours(-1);
    desk.runtime.clock.jump(20 * 60_000);
    expect(await desk.receiver.workDue()).toBe(1);
    expect(await alerts()).toMatchObject([{ state: 'resolved' }, { title: 'Queue full', state: 'firing' }]);
    await ended();
    desk.runtime.clock.jump(11 * 60_000);
    await send('generic-hmac', { title: 'Disk full', detail: '97 %' });
    await send('generic-hmac', { title: 'Queue full' });
    await desk.receiver.workDue();
    expect((await alerts()).filter(({ state }) => state === 'firing').map(({ title }) => title)).toEqual([
      'Disk full',
      'Queue full',
    ]);
  });

  test('a sender whose words are always the same: again after it ended is a new alert, within minutes a repeat', async () => {
    const event = { title: 'Payment webhook silent', severity: 'critical' };
    await send('generic-hmac', event);
    await desk.receiver.workDue();
    hours(1);
    await send('generic-hmac', event);
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ state: 'firing', count: 1 }]);
    await send('generic-hmac', { ...event, status: 'resolved' });
    await desk.receiver.workDue();
    hours(1);
    await send('generic-hmac', event);
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ state: 'resolved' }, { state: 'firing', count: 1 }]);
  });

  test('the same words after the opposite are news, of the end as of the beginning; their own second tries are not', async () => {
    const event = { title: 'Payment webhook silent', severity: 'critical' };
    const over = { ...event, status: 'resolved' };
    const said = async (one: object) => {
      desk.runtime.clock.jump(60_000);
      await send('generic-hmac', one);
      await desk.receiver.workDue();
      await send('generic-hmac', one);
      await desk.receiver.workDue();
      const [last] = (await alerts()).slice(-1);
      return last?.state;
    };
    const states: unknown[] = [];
    for (let round = 0; round < 2; round++) for (const one of [event, over]) states.push(await said(one));
    hours(1);
    for (const one of [event, over]) states.push(await said(one));
    expect(states).toEqual(['firing', 'resolved', 'firing', 'resolved', 'firing', 'resolved']);
    expect((await alerts()).map(({ count }) => count)).toEqual([2, 1]);
  });

  test('tried again after the opposite with the time it was signed with, it is the same request and no news', async () => {
    const event = { title: 'Payment webhook silent', severity: 'critical' };
    const over = { ...event, status: 'resolved' };
    const signedAt = now();
    const again = () => send('generic-hmac', event, undefined, '', signedAt);
    await again();
    await desk.receiver.workDue();
    desk.runtime.clock.jump(60_000);
    await send('generic-hmac', over);
    await desk.receiver.workDue();
    await again();
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ state: 'resolved', count: 1 }]);
    // Signed anew it may be a second failure, which nobody may miss.
    desk.runtime.clock.jump(1_000);
    await send('generic-hmac', event);
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ state: 'firing' }]);
  });

  test('a sender whose clock was ahead is heard when it is right again, and one without a zone in the hour that comes twice', async () => {
    const event = (timestamp: string, status = 'firing') => ({
      key: 'pay',
      title: 'Payments silent',
      status,
      timestamp,
    });
    const said = async (one: object) => {
      desk.runtime.clock.jump(60_000);
      await send('generic-hmac', one);
      await desk.receiver.workDue();
      return (await alerts())[0]?.state;
    };
    expect(await said(event(iso(now() + 7_200_000)))).toBe('firing');
    expect(await said(event(iso(now() + 7_200_000), 'resolved'))).toBe('resolved');
    expect(await said(event(iso(now() + 60_000)))).toBe('firing');
    const local = (minutes: number) => new Date(now() + minutes * 60_000).toISOString().slice(0, 19);
    expect(await said(event(local(0), 'resolved'))).toBe('resolved');
    expect(await said(event(local(-50)))).toBe('firing');
  });

  test('without a key, the same title of another system or venue is an alert of its own, and ends by itself', async () => {
    const events = [
      { title: 'Disk full', source: 'gallery' },
      { title: 'Disk full', source: 'payments' },
      { title: 'Network down', venue: 'The Barn' },
      { title: 'Network down', venue: 'Hall Farm' },
    ];
    for (const event of events) await send('generic-hmac', event);
    await send('generic-hmac', { ...events[1], status: 'resolved' });
    await desk.receiver.workDue();
    expect((await alerts()).map(({ state }) => state)).toEqual(['firing', 'resolved', 'firing', 'firing']);
  });

  test('a sender that gives the time it began may still say that it got worse', async () => {
    const event = { key: 'pay', title: 'Payments', timestamp: iso(now()) };
    await send('generic-hmac', { ...event, severity: 'warning' });
    await send('generic-hmac', { ...event, severity: 'emergency' });
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ count: 2, reported_severity: 'emergency' }]);
    await send('generic-hmac', { ...event, status: 'resolved' });
    await send('generic-hmac', { ...event, severity: 'critical' });
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ state: 'resolved' }]);
  });

  test('names beyond every length and blank ones are alerts, each by itself', async () => {
    const long = 'monitor/'.repeat(60);
    await send('generic-hmac', { title: 'a', source: `kubernetes://${long}`, key: `${long}payments` });
    await send('generic-hmac', { title: 'b', source: '  ', key: `${long}gallery` });
    const blank = { status: 'firing', fingerprint: 'f', startsAt: iso(now()), labels: { alertname: 'Slow' } };
    await send('grafana', { alerts: [{ ...blank, annotations: { summary: ' ' } }] });
    await send('datadog', { id: '1', cycle: `${long}1`, title: ' ', transition: 'Triggered' });
    await send('datadog', { id: '2', cycle: `${long}2`, title: 'c', transition: 'Triggered' });
    await desk.receiver.workDue();
    expect((await alerts()).map(({ title }) => title).sort()).toEqual(['Datadog alert', 'Slow', 'a', 'b', 'c']);
    await send('generic-hmac', { key: `${long}gallery`, status: 'resolved' });
    await desk.receiver.workDue();
    expect((await alerts()).filter(({ state }) => state === 'resolved')).toMatchObject([{ title: 'b' }]);
  });

  test('of a very large group every alert counts', async () => {
    const one = (index: number) => ({ status: 'firing', fingerprint: `f${index}`, startsAt: iso(now()), labels: {} });
    await send('grafana', { alerts: Array.from({ length: 1_100 }, (_, index) => one(index)) });
    await desk.receiver.workDue();
    expect(await alerts()).toHaveLength(1_100);
  });

  test.each(['resolved', 'Resolved', 'OK', 'recovered'])('any sender: status "%s" ends the alert', async (status) => {
    await send('generic-hmac', { key: 'pay', title: 'Payments' });
    await send('generic-hmac', { key: 'pay', title: 'Payments', status });
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([{ state: 'resolved', count: 1 }]);
  });

  test('Twilio by GET: each message’s status is an event of its own', async () => {
    expect(await ask('MessageSid=SM1&MessageStatus=sent')).toBe(204);
    expect(await ask('MessageSid=SM2&MessageStatus=delivered')).toBe(204);
    const { rows } = await desk.receiver.log.list(organisationId, { source: 'twilio' }, null);
    expect(rows.map(({ eventKey }) => eventKey).sort()).toEqual(['SM1|sent', 'SM2|delivered']);
    await desk.receiver.workDue();
    const after = await desk.receiver.log.list(organisationId, { source: 'twilio' }, null);
    expect(after.rows.map(({ outcome }) => outcome).sort()).toEqual([
      'its message is not known yet',
      'sent: on its way',
    ]);
  });

  test('Grafana: an alert each, ended one by one', async () => {
    const one = (fingerprint: string, status: string) => ({
      ...{ status, fingerprint, startsAt: iso(now()), annotations: { summary: `Slow ${fingerprint}` } },
      labels: { severity: 'critical' },
    });
    expect(await twice('grafana', { alerts: [one('a', 'firing'), one('b', 'firing')] })).toEqual([200, 200]);
    expect(await alerts()).toMatchObject([{ title: 'Slow a' }, { title: 'Slow b' }]);
    await send('grafana', { alerts: [one('a', 'resolved'), one('b', 'firing')] });
    await desk.receiver.workDue();
    expect(await alerts()).toMatchObject([
      { state: 'resolved', count: 1 },
      { state: 'firing', count: 1 },
    ]);
  });

  test.each(['standard-webhooks', 'generic-hmac'] as const)('%s: an alert', async (source) => {
    const taken = source === 'generic-hmac' ? 202 : 200;
    const event = { title: 'Payments silent', key: 'pay', severity: 'emergency' };
    expect(await twice(source, event)).toEqual([taken, taken]);
    expect(await alerts()).toMatchObject([{ title: 'Payments silent', count: 1, reported_severity: 'emergency' }]);
  });

  test('PagerDuty: an acknowledgement of the alert it is about', async () => {
    await send('generic-hmac', { title: 'Gallery down', severity: 'critical' });
    await desk.receiver.workDue();
    const { id } = await desk.store.read.selectFrom('alert').select('id').executeTakeFirstOrThrow();
    const event = {
      ...{ id: 'p', event_type: 'incident.acknowledged', occurred_at: iso(now()), agent: { summary: 'Duty' } },
      data: { incident_key: `wedsync:alert:${id}` },
    };
    expect(await twice('pagerduty', { event }, 'w1')).toEqual([202, 202]);
    expect(await alerts()).toMatchObject([{ state: 'acknowledged' }]);
    const timeline = await desk.store.read.selectFrom('alert_timeline').select('kind').execute();
    expect(timeline.filter(({ kind }) => kind === 'acknowledged')).toHaveLength(1);
  });

  test('Slack: the press of a person we know acknowledges', async () => {
    await send('generic-hmac', { title: 'Gallery down', severity: 'critical' });
    await desk.receiver.workDue();
    const { id } = await desk.store.read.selectFrom('alert').select('id').executeTakeFirstOrThrow();
    const press = {
      ...{ type: 'block_actions', user: { id: 'UALEX' }, container: { message_ts: '1' } },
      actions: [{ action_id: 'alert_ack', value: id, action_ts: '1.1' }],
    };
    expect(await twice('slack', `payload=${encodeURIComponent(JSON.stringify(press))}`)).toEqual([200, 200]);
    expect(await alerts()).toMatchObject([{ state: 'acknowledged' }]);
  });

  test('Twilio: the message arrived, or did not; its answer has no body', async () => {
    await desk.store.transaction((tx) =>
      tx
        .insertInto('outbox_job')
        .values({
          ...{ id: 'job', organisation_id: organisationId, connection_id: `${organisationId}/sms`, system: 'sms' },
          ...{ action: 'send-alert', delivery_class: 'never-miss', priority: 1, payload: '{}', payload_version: 1 },
          ...{ idempotency_key: 'k', order_key: null, state: 'delivered', attempts: 1, run_at: 1, created_at: 1 },
          ...{ settled_at: 1, receipt: '{"vendorId":"SM1"}' },
        })
        .execute(),
    );
    const status = (word: string) => `MessageSid=SM1&MessageStatus=${word}&To=%2B447700900123`;
    expect(await send('twilio', status('sent'))).toBe(204);
    await desk.receiver.workDue();
    expect([await send('twilio', status('delivered')), await send('twilio', status('delivered'))]).toEqual([204, 204]);
    await desk.receiver.workDue();
    const attempts = await desk.store.read.selectFrom('outbox_attempt').select(['job_id', 'receipt']).execute();
    expect(attempts).toEqual([{ job_id: 'job', receipt: 'arrived' }]);
  });

  test.each([
    [
      'Xero',
      'xero',
      'xero',
      (at: string) => ({
        events: [
          {
            ...{ tenantId: 't', resourceId: 'bill-7', eventCategory: 'INVOICE', eventType: 'UPDATE' },
            eventDateUtc: at.slice(0, 19),
          },
        ],
      }),
      'changed',
    ],
    [
      'Intuit, as CloudEvents',
      'intuit',
      'quickbooks',
      (at: string) => [
        {
          ...{ specversion: '1.0', id: 'ce1', source: 'intuit.x', type: 'qbo.bill.deleted.v1', time: at },
          ...{ intuitentityid: 'bill-7', intuitaccountid: '9' },
        },
      ],
      'deleted',
    ],
    [
      'Intuit, in the older form',
      'intuit',
      'quickbooks',
      (at: string) => ({
        eventNotifications: [
          {
            realmId: '9',
            dataChangeEvent: { entities: [{ name: 'Bill', id: 'bill-7', operation: 'Update', lastUpdated: at }] },
          },
        ],
      }),
      'changed',
    ],
  ] as const)('%s: a document changed after it was posted is flagged', async (_name, source, target, event, what) => {
    const posted = now() - 3_600_000;
    const batch = {
      ...{ organisation_id: organisationId, id: 'b', period: '2026-10', target, state: 'verified' as const },
      ...{ prepared_by: 'alex', prepared_at: 1, lines: 1, net_gbp_minor: 1, vat_gbp_minor: 0, gross_gbp_minor: 1 },
      ...{ by_treatment: '[]', blocked: '[]', updated_at: 1 },
    };
    const document = {
      ...{ organisation_id: organisationId, id: 'd', batch_id: 'b', position: 0, reference: 'WS-1', supplier: 'S' },
      ...{ invoice_number: 'I', document_date: '2026-10-01', currency: 'GBP', net: '1', vat: '0', gross: '1' },
      ...{ gross_gbp_minor: 1, lines: 1, frozen: '{}', state: 'verified' as const, vendor_id: 'bill-7' },
      job_id: null,
      problem: null,
      read_back: null,
      differences: '[]',
      updated_at: posted,
    };
    await desk.store.transaction(async (tx) => {
      await tx.insertInto('export_batch').values(batch).execute();
      await tx.insertInto('export_document').values(document).execute();
    });
    const flag = () =>
      desk.store.read.selectFrom('export_document').select(['changed_after_posting', 'problem']).executeTakeFirst();
    // Our own posting comes back as an event too.
    if (what === 'changed') {
      await send(source, event(iso(posted + 5_000)));
      await desk.receiver.workDue();
      expect(await flag()).toMatchObject({ changed_after_posting: null });
      await desk.runtime.clock.advance(1_000);
      await desk.store.transaction((tx) => tx.deleteFrom('inbound_event').execute());
    }
    expect(await twice(source, event(iso(now() - 60_000)))).toEqual([200, 200]);
    expect((await flag())?.problem).toContain(what);
    expect((await flag())?.changed_after_posting).toBeGreaterThan(posted);
  });

  test.each([
    ['tave', { event: 'client.created', id: '9' }],
    ['honeybook', { event: 'client_created', event_id: '9', vendor: 'vnd_204' }],
  ] as const)('%s: a new client makes the figures of that vendor anew (V7)', async (source, event) => {
    expect(await twice(source, event, 'e1', source === 'tave' ? '&vendor=vnd_204' : '')).toEqual([200, 200]);
    expect(desk.newClients).toEqual(['vnd_204']);
  });
});
