import { createHmac } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignedSource } from '../adapters/kit/signature/signed-request.ts';
import { createAlerts } from '../engine/alerts/index.ts';
import { createEvents } from '../engine/events.ts';
import { createOutbox } from '../engine/outbox/outbox.ts';
import { createReceiver } from '../engine/receiver/index.ts';
import { createWeekend } from '../engine/weekend/weekend.ts';
import { createMemorySecrets } from '../platform/memory-secrets.ts';
import type { SecretStore } from '../ports/secrets.ts';
import { openStore } from './open-store.ts';
import { testRuntime } from './runtime.ts';

export const organisationId = 'org';
export const secretOf = (source: string) =>
  source === 'standard-webhooks'
    ? `whsec_${Buffer.from('a secret of 24 bytes, ok').toString('base64')}`
    : `secret-of-${source}`;

/** A receiver over the real store, alerts and outbox; what leaves is accepted at once. */
export async function testDesk(
  at = '2026-11-24T13:50:00Z',
  runtime = testRuntime(at),
  secrets: SecretStore = createMemorySecrets(),
  /** Senders that are not set up. */
  without: readonly SignedSource[] = [],
) {
  const store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'receiver-')), runtime });
  const events = createEvents();
  const audit = async () => undefined as never;
  const outbox = createOutbox({
    store,
    runtime,
    events,
    deliverer: {
      limits: () => ({ concurrency: 8 }),
      idempotency: () => 'none',
      deliver: async () => ({ vendorId: 'v' }),
      find: async () => null,
    },
  });
  const weekend = createWeekend({ store, runtime, audit, publish: events.publish });
  const alerts = createAlerts({
    store,
    runtime,
    audit,
    publish: events.publish,
    weekend,
    enqueue: outbox.enqueue,
    notices: null,
    probes: [],
    planned: false,
    ping: null,
  });
  for (const system of alerts.systems) outbox.onSettled({ system, action: alerts.action }, alerts.onSettled);
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: organisationId, name: 'Bluebell', created_at: 0 }).execute();
    for (const system of [...alerts.systems, 'xero']) {
      const row = {
        id: `${organisationId}/${system}`,
        organisation_id: organisationId,
        system,
        created_at: 0,
        updated_at: 0,
      };
      await tx.insertInto('connection').values(row).execute();
    }
  });
  const newClients: string[] = [];
  const alex = {
    id: 'alex',
    name: 'Alex Morgan',
    roles: ['admin' as const],
    hasPin: false,
    ownPin: false,
    firstPinBy: null,
    current: true,
  };
  const receiver = createReceiver({
    store,
    runtime,
    redactor: { know() {}, redact: (text) => text },
    weekend,
    organisations: { requireRole: async () => alex, get: async () => ({}) as never },
    audit,
    events,
    alerts,
    secretsOf: async () => secrets,
    newClient: async (_organisation, vendor) => void newClients.push(vendor),
    slackPerson: async (_organisation, user) => (user === 'UALEX' ? alex : null),
  });
  for (const source of SignedSource.options.filter((each) => !without.includes(each))) {
    const options = source === 'generic-hmac' ? { timestampHeader: 'X-Timestamp', prefix: 'sha256=' } : {};
    await receiver.sources.seed(organisationId, source, secretOf(source), options);
  }
  return { store, runtime, outbox, alerts, receiver, newClients, secrets };
}
export type TestDesk = Awaited<ReturnType<typeof testDesk>>;

/** Headers of an authentic request of a sender that signs with one HMAC. */
export function signed(
  source: 'generic-hmac' | 'pagerduty' | 'xero' | 'slack',
  body: string | Buffer,
  atMs: number,
  secret = secretOf(source),
) {
  const ts = String(Math.floor(atMs / 1_000));
  const hmac = (before: string) => createHmac('sha256', secret).update(before).update(body);
  const json = { 'content-type': 'application/json' };
  switch (source) {
    case 'generic-hmac':
      return { ...json, 'x-timestamp': ts, 'x-signature-256': `sha256=${hmac(`${ts}.`).digest('hex')}` };
    case 'pagerduty':
      return { ...json, 'x-pagerduty-signature': `v1=${hmac('').digest('hex')}` };
    case 'xero':
      return { ...json, 'x-xero-signature': hmac('').digest('base64') };
    case 'slack':
      return {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': ts,
        'x-slack-signature': `v0=${hmac(`v0:${ts}:`).digest('hex')}`,
      };
  }
}
