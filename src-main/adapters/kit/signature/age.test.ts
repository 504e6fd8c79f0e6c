import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import type { SchemeOptions, SignedSource } from './signed-request.ts';
import { verifySignature } from './verify.ts';

const text = '{"a":1}';
const now = 1_795_348_800;
const secret = 'a2V5';
const hmac = (key: string | Buffer, signed: string, form: 'hex' | 'base64') =>
  createHmac('sha256', key).update(signed).digest(form);

/** Each scheme that signs its time, as its sender writes it. */
const timed: readonly [SignedSource, (at: string) => Record<string, string>, SchemeOptions?][] = [
  [
    'slack',
    (at) => ({
      'X-Slack-Request-Timestamp': at,
      'X-Slack-Signature': `v0=${hmac(secret, `v0:${at}:${text}`, 'hex')}`,
    }),
  ],
  [
    'standard-webhooks',
    (at) => ({
      'webhook-id': 'm',
      'webhook-timestamp': at,
      'webhook-signature': `v1,${hmac(Buffer.from(secret, 'base64'), `m.${at}.${text}`, 'base64')}`,
    }),
  ],
  [
    'generic-hmac',
    (at) => ({ 'X-Time': at, 'X-Signature-256': hmac(secret, `${at}.${text}`, 'hex') }),
    { timestampHeader: 'X-Time' },
  ],
  [
    'grafana',
    (at) => ({ 'X-Time': at, 'X-Grafana-Alerting-Signature': hmac(secret, `${at}:${text}`, 'hex') }),
    { timestampHeader: 'X-Time' },
  ],
];

test.each(timed)(
  '%s: five minutes old or ahead is in time, a second more is not, however well signed (FT-67)',
  (source, sign, options) => {
    const verdict = (headers: Record<string, string>) =>
      verifySignature(
        {
          source,
          options,
          headers: { 'Content-Type': 'application/json', ...headers },
          rawBody: Buffer.from(text),
          now,
        },
        secret,
      );
    const at = (seconds: number) => verdict(sign(String(now + seconds)));
    for (const seconds of [0, -300, 300]) expect(at(seconds), `${seconds}`).toEqual({ ok: true });
    for (const seconds of [-301, -86_400]) expect(at(seconds), `${seconds}`).toMatchObject({ code: 'stale' });
    for (const seconds of [301, 86_400]) expect(at(seconds), `${seconds}`).toMatchObject({ code: 'future' });
  },
);

test.each(timed)(
  '%s: a header that is missing, or there twice as a proxy joins them, is refused (FT-67)',
  (source, sign, options) => {
    const headers = sign(String(now));
    for (const name of Object.keys(headers)) {
      const { [name]: value, ...others } = headers;
      // The signatures of Standard Webhooks are a list, of which one has to fit.
      const twice = name === 'webhook-signature' ? [] : [{ ...others, [name]: `${value}, ${value}` }];
      for (const changed of [others, ...twice]) {
        const request = { source, options, headers: changed, rawBody: Buffer.from(text), now };
        expect(verifySignature(request, secret).ok, JSON.stringify(changed)).toBe(false);
      }
    }
  },
);
