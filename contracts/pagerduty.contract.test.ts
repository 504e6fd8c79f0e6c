import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pagerduty } from '../src-main/adapters/pagerduty/index.ts';
import { pagerdutySandbox, practicePagerDuty } from '../src-main/adapters/pagerduty/sandbox.ts';
import { aBundle, acknowledged, anAlert, sampleTime } from '../src-main/adapters/testing/alert-samples.ts';
import { type Bench, openBench } from '../src-main/adapters/testing/bench.ts';
import type { AlertMessage } from '../src-shared/domain/alert/message.ts';
import { Instant } from '../src-shared/domain/time-and-ids.ts';
import { opened, watchedHttp } from './exchanges.ts';
import { openApiValidator } from './openapi-validator.ts';

const file = new URL('../../shared/contracts/openapi/pagerduty.json', import.meta.url);
const present = existsSync(file);
if (!present) process.stdout.write('Skipped: the vendor description of PagerDuty is not beside this repository\n');

const events = 'https://events.pagerduty.com';
const rest = 'https://api.pagerduty.com';

describe.skipIf(!present)('PagerDuty’s own description', () => {
  const document = present ? opened(JSON.parse(readFileSync(file, 'utf8')), ['EventsV2Payload', 'EventsV2Links']) : {};
  const validators: Readonly<Record<string, ReturnType<typeof openApiValidator>>> = present
    ? { [events]: openApiValidator(document, { base: events }), [rest]: openApiValidator(document, { base: rest }) }
    : {};
  const problems: string[] = [];
  let bench: Bench;
  let http: Bench['http'];

  beforeAll(async () => {
    bench = await openBench(pagerduty, {
      systems: [pagerdutySandbox],
      settings: { consoleAddress: 'https://console.bluebell.example' },
      secrets: practicePagerDuty,
      now: sampleTime,
    });
    http = watchedHttp(bench.http, (exchange) => {
      problems.push(
        ...(validators[new URL(exchange.url).origin]?.check(exchange) ?? [`unknown host: ${exchange.url}`]),
      );
    });
  });
  afterAll(() => bench.close());

  async function tell(message: AlertMessage, secrets: object = practicePagerDuty) {
    const action = pagerduty.actions['send-alert'];
    const stamp = { idempotencyKey: 'k', at: Instant.parse(Date.parse(sampleTime)), attempt: 1 };
    const ctx = bench.context({ http, secrets: secrets as never });
    const plan = action?.plan({ message, to: { id: 'd', name: 'ops', address: 'default' } }, ctx.settings, stamp);
    return action?.deliver(plan as never, stamp, ctx);
  }

  test('every request the adapter makes, and every answer it gets, is as described', async () => {
    for (const kind of ['firing', 'fires_again', 'escalated', 'unacknowledged', 'test'] as const)
      await tell(anAlert({ kind }));
    await tell(anAlert({ alertId: 'second', dedupKey: 'wedsync:alert:second' }));
    await tell(acknowledged());
    await tell(acknowledged({ kind: 'resolved', state: 'resolved' }));
    await tell(aBundle);
    await expect(tell(anAlert(), { routingKeys: 'x'.repeat(32) })).rejects.toThrow('Invalid routing key');
    await pagerduty.checkHealth(bench.context({ http }));
    await fetch(`${bench.sandbox.url}/_press?system=pagerduty`, {
      method: 'POST',
      body: '{"dedupKey":"wedsync:alert:second"}',
    });
    const stop = new AbortController();
    const heard: string[] = [];
    const looking = pagerduty.listener?.run(
      bench.context({ http, signal: stop.signal }),
      async (each) => {
        if (each.kind === 'state') heard.push(each.alertId);
        return { say: null };
      },
      () => undefined,
    );
    await expect.poll(() => heard).toEqual(['second']);
    stop.abort();
    // The end may cut a look in flight; whoever runs a listener takes that for the end it asked for.
    await looking?.catch(() => undefined);
    expect(problems.splice(0)).toEqual([]);
    expect(validators[events]?.operations()).toEqual(['createV2Event']);
    expect(validators[rest]?.operations()).toEqual(['listAbilities', 'listIncidentAlerts', 'listIncidents']);
  });

  test('the check itself sees a summary that is too long and a severity nobody knows', () => {
    const exchange = {
      method: 'POST',
      url: `${events}/v2/enqueue`,
      requestHeaders: { 'content-type': 'application/json' },
      requestBody: {
        routing_key: 'k',
        event_action: 'trigger',
        payload: { summary: 'x'.repeat(1_025), source: 's', severity: 'emergency' },
      },
      status: 202,
      responseHeaders: { 'content-type': 'application/json' },
      responseBody: { status: 'success', message: 'Event processed', dedup_key: 'd' },
    };
    expect(validators[events]?.check(exchange)).toEqual([
      expect.stringContaining('/payload/summary must NOT have more than 1024 characters'),
      expect.stringContaining('/payload/severity must be equal to one of the allowed values'),
    ]);
  });
});
