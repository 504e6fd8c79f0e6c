import { expect, test } from 'vitest';
import type { HttpClient, HttpReply } from '../ports/http.ts';
import { testRuntime } from '../testing/runtime.ts';
import { createClockOffset } from './clock-offset.ts';

test('the clock is compared with what providers say; one that is wrong decides nothing, a slow answer says nothing', async () => {
  const { clock } = testRuntime('2026-11-20T17:30:00Z');
  const dates: Record<string, string> = {};
  let takesMs = 100;
  const http: HttpClient = {
    async send({ url }) {
      await clock.advance(takesMs);
      return { status: 200, headers: { date: dates[new URL(url).host] ?? '' } } as unknown as HttpReply;
    },
  };
  const offset = createClockOffset(clock);
  const listening = offset.listenTo(http);
  const ask = (host: string, date: string) => {
    dates[host] = date;
    return listening.send({ method: 'GET', url: `https://${host}/x` });
  };
  expect(offset.ahead()).toBeNull();
  await ask('slack.com', 'Fri, 20 Nov 2026 17:30:00 GMT');
  expect(Math.abs(offset.ahead() ?? 9_999)).toBeLessThan(1_000);

  await ask('api.twilio.com', 'Fri, 20 Nov 2026 17:29:50 GMT');
  await ask('wrong.example', 'Fri, 20 Nov 2026 12:00:00 GMT');
  const ahead = offset.ahead() ?? 0;
  expect(ahead).toBeGreaterThan(8_000);
  expect(ahead).toBeLessThan(12_000);

  takesMs = 20_000;
  await ask('slack.com', 'Fri, 20 Nov 2020 12:00:00 GMT');
  expect(offset.ahead()).toBe(ahead);

  await clock.advance(16 * 60_000);
  expect(offset.ahead()).toBeNull();
});
