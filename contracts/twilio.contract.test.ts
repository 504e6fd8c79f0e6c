import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sms } from '../src-main/adapters/sms/index.ts';
import { practiceSms, smsSandbox } from '../src-main/adapters/sms/sandbox.ts';
import { anAlert, sampleTime } from '../src-main/adapters/testing/alert-samples.ts';
import { type Bench, openBench } from '../src-main/adapters/testing/bench.ts';
import { Instant } from '../src-shared/domain/time-and-ids.ts';
import { watchedHttp } from './exchanges.ts';
import { openApiValidator } from './openapi-validator.ts';

const file = new URL('../../shared/contracts/openapi/twilio.json', import.meta.url);
const present = existsSync(file);
if (!present) process.stdout.write('Skipped: the vendor description of Twilio is not beside this repository\n');

const base = 'https://api.twilio.com';
const now = Instant.parse(Date.parse(sampleTime));
/** A form is text; these are numbers in the description. */
const numbers = new Set(['ValidityPeriod']);

describe.skipIf(!present)('Twilio’s own description', () => {
  const document = present ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
  const validator = present ? openApiValidator(document, { base }) : null;
  const problems: string[] = [];
  let bench: Bench;
  let http: Bench['http'];

  beforeAll(async () => {
    const { accountSid, service, key, keySecret } = practiceSms;
    bench = await openBench(sms, {
      systems: [smsSandbox],
      settings: { accountSid, sender: service, statusCallback: 'https://relay.bluebell.example/twilio' },
      secrets: { key, keySecret },
      now: sampleTime,
    });
    http = watchedHttp(
      bench.http,
      (exchange) => problems.push(...(validator?.check(exchange) ?? [])),
      (name, value) => (numbers.has(name) ? Number(value) : value),
    );
  });
  afterAll(() => bench.close());

  async function run(name: 'send-alert' | 'poll-status', payload: unknown) {
    const action = sms.actions[name];
    const stamp = { idempotencyKey: 'k', at: now, attempt: 1 };
    const ctx = bench.context({ http, clock: bench.clock });
    const plan = action?.plan(action.payload.parse(payload), ctx.settings, stamp);
    return action?.deliver(plan as never, stamp, ctx);
  }
  const send = (address: string) => run('send-alert', { message: anAlert(), to: { id: 'd', name: 'Alex', address } });

  test('every request the adapter makes, and every answer it gets, is as described', async () => {
    const sent = await send('+447700900123');
    const ask = () => run('poll-status', { sid: sent?.vendorId, jobId: 'j', sentAt: now });
    await expect(ask()).rejects.toThrow('accepted');
    bench.clock.jump(2_500);
    await expect(ask()).rejects.toThrow('sent');
    bench.clock.jump(1_000);
    await ask();
    bench.sandbox.misbehave({ system: 'sms', fault: 'undelivered', value: '30005' });
    const lost = await send('+447700900456');
    bench.clock.jump(5_000);
    await run('poll-status', { sid: lost?.vendorId, jobId: 'j', sentAt: now });
    await expect(send('+442079460000')).rejects.toThrow('21614');
    await expect(run('poll-status', { sid: `SM${'0'.repeat(32)}`, jobId: 'j', sentAt: now })).rejects.toThrow();
    await sms.checkHealth(bench.context({ http }));
    const wrong = { key: practiceSms.key, keySecret: 'wrong-secret-of-16' };
    await sms.checkHealth(bench.context({ http, secrets: wrong as never }));
    // Twilio's lists really name their pages by path alone, whatever the description calls it.
    expect(
      problems.splice(0).filter((problem) => !/\/(first_page_)?uri must match format "uri"/.test(problem)),
    ).toEqual([]);
    expect(validator?.operations()).toEqual(['CreateMessage', 'FetchMessage', 'ListMessage']);
  });

  test('the check itself sees a field Twilio does not take', () => {
    const exchange = {
      method: 'POST',
      url: `${base}/2010-04-01/Accounts/${practiceSms.accountSid}/Messages.json`,
      requestHeaders: { 'content-type': 'application/x-www-form-urlencoded' },
      requestBody: { To: '+447700900123', Text: 'x', ValidityPeriod: 'long' },
      status: 201,
      responseHeaders: { 'content-type': 'application/json' },
      responseBody: { sid: 'SM1', status: 'gone' },
    };
    const found = validator?.check(exchange).join('\n');
    for (const words of [
      '(Text)',
      '/ValidityPeriod must be integer',
      '/sid must match pattern',
      '/status must be equal',
    ]) {
      expect(found).toContain(words);
    }
  });
});
