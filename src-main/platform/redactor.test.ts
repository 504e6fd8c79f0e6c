import fc from 'fast-check';
import { expect, test } from 'vitest';
import { workedMs } from '../testing/work-time.ts';
import { createRedactor } from './redactor.ts';

const secret = 'p@ss "wörd"/+canary';

test.each([
  ['as it is', secret],
  ['percent-encoded', encodeURIComponent(secret)],
  ['as a form field', new URLSearchParams({ k: secret }).toString()],
  ['in JSON', JSON.stringify({ k: secret })],
  ['in JSON inside JSON', JSON.stringify({ body: JSON.stringify({ k: secret }) })],
  ['in base64', Buffer.from(secret).toString('base64')],
  ['in base64url', Buffer.from(secret).toString('base64url')],
  ['in Basic auth', Buffer.from(`me:${secret}`).toString('base64')],
  ['in Basic auth, other alignment', Buffer.from(`user:${secret}`).toString('base64')],
  ['in base64 with something behind', Buffer.from(`u:${secret}:more text`).toString('base64')],
])('a known secret %s is gone', (_how, text) => {
  const redactor = createRedactor();
  redactor.know(secret);
  const clean = redactor.redact(`x ${text} y`);
  expect(clean).not.toContain(text);
  expect(clean).toContain('[secret]');
  expect(Buffer.from(clean.replaceAll('[secret]', ''), 'base64').toString()).not.toContain('canary');
});

test.each([
  'Authorization: Bearer abcdefgh12345678',
  'authorization=Basic dXNlcjpwYXNzd29yZA==',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  'xoxb-1234-5678-abcdefgh',
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  '{"access_token":"abcd1234","expires_in":1800}',
  '{\\"refresh_token\\":\\"abcd1234\\"}',
  'grant_type=refresh_token&refresh_token=rrrr1234&client_id=x',
  'https://hooks.slack.com/services/T000/B000/XXXXXXXX',
  'https://user:hunter22@example.com/',
  'routing_key: 0123456789abcdef0123456789abcdef',
])('something that looks like a secret is gone: %s', (text) => {
  const clean = createRedactor().redact(text);
  expect(clean).toContain('[secret]');
  expect(clean).not.toMatch(
    /abcdefgh12345678|dXNlcj|c2lnbm|5678-abc|MfKQ|abcd1234|rrrr1234|XXXXXXXX|hunter22|0123456789abcdef/,
  );
});

test('the error code of a vendor stays readable, an authorisation code does not', () => {
  const { redact } = createRedactor();
  expect(redact('{"code":"InvalidTaxType"}')).toBe('{"code":"InvalidTaxType"}');
  expect(redact('http://localhost:41731/callback?code=abcd-efgh&state=ijkl-mnop')).not.toMatch(/abcd|ijkl/);
});

test('ordinary text is left alone', () => {
  const text =
    'Invoice INV-0042 of OpenAI, LLC: £1,204.50 net, 20% VAT. Contact id 6d42f03b-181f-43e3-93fb-2025c012de92';
  expect(createRedactor().redact(text)).toBe(text);
});

test('no known secret of four or more characters survives, wherever it stands', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4, maxLength: 40 }), fc.string(), fc.string(), (value, before, after) => {
      const redactor = createRedactor();
      redactor.know(value);
      fc.pre(!'[secret]'.includes(value));
      const clean = redactor.redact(`${before}${value}${after}`).replaceAll('[secret]', '\u0000');
      expect(clean).not.toContain(value);
    }),
  );
});

test('a long hostile text takes no long time', () => {
  const started = workedMs();
  createRedactor().redact(`${'code=code:'.repeat(20_000)}${'a'.repeat(100_000)}`);
  expect(workedMs() - started).toBeLessThan(500);
});
