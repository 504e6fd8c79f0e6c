import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { slack } from '../src-main/adapters/slack/index.ts';
import { practiceSlack, slackSandbox } from '../src-main/adapters/slack/sandbox.ts';
import { aBundle, acknowledged, aNotice, anAlert, sampleTime } from '../src-main/adapters/testing/alert-samples.ts';
import { type Bench, openBench } from '../src-main/adapters/testing/bench.ts';
import type { AlertMessage } from '../src-shared/domain/alert/message.ts';
import { Instant } from '../src-shared/domain/time-and-ids.ts';
import { opened, watchedHttp } from './exchanges.ts';
import { openApiValidator } from './openapi-validator.ts';

const file = new URL('../../shared/contracts/openapi/slack.json', import.meta.url);
const present = existsSync(file);
if (!present) process.stdout.write('Skipped: the vendor description of Slack is not beside this repository\n');

const base = 'https://slack.com/api';

describe.skipIf(!present)('Slack’s own description', () => {
  const document = present ? opened(JSON.parse(readFileSync(file, 'utf8')), []) : {};
  const validator = present ? openApiValidator(document, { base }) : null;
  const problems: string[] = [];
  let bench: Bench;
  let http: Bench['http'];

  beforeAll(async () => {
    bench = await openBench(slack, {
      systems: [slackSandbox],
      settings: { consoleAddress: 'https://console.bluebell.example' },
      secrets: { botToken: practiceSlack.botToken, appToken: practiceSlack.appToken },
      now: sampleTime,
    });
    http = watchedHttp(bench.http, (exchange) => {
      if (exchange.url.startsWith(base)) problems.push(...(validator?.check(exchange) ?? []));
    });
  });
  afterAll(() => bench.close());

  async function tell(message: AlertMessage, root: string | null = null, address = 'C0WEDDAY') {
    const action = slack.actions['send-alert'];
    const stamp = { idempotencyKey: 'k', at: Instant.parse(Date.parse(sampleTime)), attempt: 2 };
    const ctx = bench.context({ http, earlier: async () => (root === null ? [] : [{ vendorId: root }]) });
    const plan = action?.plan({ message, to: { id: 'd', name: '#wedding-ops', address } }, ctx.settings, stamp);
    return action?.deliver(plan as never, stamp, ctx);
  }

  test('every request the adapter makes, and every answer it gets, is as described', async () => {
    const posted = await tell(anAlert());
    await tell(acknowledged(), posted?.vendorId);
    await tell(acknowledged({ kind: 'resolved', state: 'resolved' }), posted?.vendorId);
    await tell(anAlert(), 'C0WEDDAY:1.000');
    await tell(anAlert({ kind: 'test' }));
    await tell(aBundle);
    await tell(aNotice);
    await expect(tell(anAlert(), null, 'C0NOBODY')).rejects.toThrow('no such channel');
    await slack.checkHealth(bench.context({ http }));
    const stop = new AbortController();
    const line = slack.listener?.run(
      bench.context({ http, signal: stop.signal }),
      async () => ({ say: null }),
      () => undefined,
    );
    await expect.poll(() => bench.log.lines.some(({ event }) => event === 'slack.listening')).toBe(true);
    stop.abort();
    await line;
    bench.sandbox.misbehave({ system: 'slack', fault: 'revoke' });
    await expect(tell(anAlert())).rejects.toThrow('token');
    expect(problems.splice(0)).toEqual([]);
    expect(validator?.operations()).toEqual(['apps_connections_open', 'auth_test', 'chat_postMessage', 'chat_update']);
  });

  test('the check itself sees a misspelt field and a message of the wrong type', () => {
    const exchange = {
      method: 'POST',
      url: `${base}/chat.postMessage`,
      requestHeaders: { 'content-type': 'application/json' },
      requestBody: { channel: 'C1', txt: 'x', blocks: 'none' },
      status: 200,
      responseHeaders: { 'content-type': 'application/json' },
      responseBody: { ok: false, error: 'no_text' },
    };
    expect(validator?.check(exchange)).toEqual([
      expect.stringContaining('additional properties (txt)'),
      expect.stringContaining('/blocks must be array'),
    ]);
  });
});
