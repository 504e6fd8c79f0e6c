import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { workedMs } from '../../../testing/work-time.ts';
import { judgeCaptures } from './judge.ts';
import { type SchemeOptions, SignedSource } from './signed-request.ts';
import { verifySignature, verifyWithAny } from './verify.ts';

/** Body and time of the worked examples; each result was computed by hand beforehand. */
const rawBody = Buffer.from('{"a":"£"}');
const now = 1_795_348_800;
const ts = String(now);
const json = { 'Content-Type': 'application/json' };

describe('signatures computed by hand', () => {
  test.each<[SignedSource, string, Record<string, string>, SchemeOptions?]>([
    [
      'slack',
      'slack-signing-secret',
      {
        'X-Slack-Request-Timestamp': ts,
        'X-Slack-Signature': 'v0=a5226275af4f7f8aa58f68555fa0241108e4510a69d3b3ba21432100e6225d9b',
      },
    ],
    [
      'pagerduty',
      'pd-secret',
      { 'X-PagerDuty-Signature': 'v1=2eb719eca69ff70e0b47e9307987f2e4db8dad844bd09803359e6306f9f94985' },
    ],
    ['xero', 'eGVyby1rZXk=', { 'x-xero-signature': 'K+zxqxdQEogWSrrXHcwPRzUNZf2r57lYLSqxrfxTYOQ=' }],
    ['intuit', 'verifier-token', { 'intuit-signature': 'xyABmzJS4xdg7oJxuZKfVxeck8fXZnGfRasamnrrKjs=' }],
    [
      'grafana',
      'graf-secret',
      { 'X-Grafana-Alerting-Signature': '6f283a2ca180452830c45a23426a8ff524843c0e5cf67e7b419595cf65e0a84f' },
    ],
    [
      'grafana',
      'graf-secret',
      {
        'X-Ts': ts,
        'X-Grafana-Alerting-Signature': '697e0534010d95ae0292c07b53f66c01c9cc47a80f21c80211eb47252ed6a09d',
      },
      { timestampHeader: 'X-Ts' },
    ],
    [
      'standard-webhooks',
      'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3',
      {
        'webhook-id': 'msg_1',
        'webhook-timestamp': ts,
        'webhook-signature': 'v1,lpsVl2AHpyFGdqqxOeSZNK08eLogk2xcGuHc0r94Fj4=',
      },
    ],
    [
      'generic-hmac',
      'shared',
      { 'X-Sig': 'sha256=cc39b5476782b5a154a27420a3e26c8d44c575627e7299e5f0398475381df097' },
      { signatureHeader: 'X-Sig', prefix: 'sha256=', encoding: 'hex' },
    ],
  ])('%s', (source, secret, headers, options) => {
    const request = { source, options, headers: { ...json, ...headers }, rawBody, now };
    expect(verifySignature(request, secret)).toEqual({ ok: true });
    expect(verifySignature(request, `${secret}x`).ok).toBe(false);
    expect(verifySignature({ ...request, rawBody: Buffer.from('{"a":"$"}') }, secret).ok).toBe(false);
    expect(verifySignature(request, '').ok).toBe(false);
  });

  test('twilio, form and JSON', () => {
    const form = {
      source: 'twilio' as const,
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature': 'ZT2O8U9ZLIi/rsJq1jllBU0Q808=',
      },
      rawBody: Buffer.from('Body=%C2%A3ok&MessageSid=SM1'),
      url: 'https://hooks.wedsync.example/in/twilio/status?x=1',
      now,
    };
    expect(verifySignature(form, 'auth-token')).toEqual({ ok: true });
    const hash = 'edce123c9fa9153cdfeb70d2fe30f9e316763cf019da083ce520177af993ec59';
    const events = {
      source: 'twilio' as const,
      headers: { ...json, 'X-Twilio-Signature': 'Lwk5jKsJZRKMGBe+rwx5YVQP29c=' },
      rawBody,
      url: `https://hooks.wedsync.example/in/twilio/events?bodySHA256=${hash}`,
      now,
    };
    expect(verifySignature(events, 'auth-token')).toEqual({ ok: true });
    expect(verifySignature({ ...events, rawBody: Buffer.from('{}') }, 'auth-token')).toMatchObject({
      code: 'body-hash-wrong',
    });
  });
});

test('during a rotation the new secret is tried first, then the old', () => {
  const headers = { 'X-PagerDuty-Signature': 'v1=2eb719eca69ff70e0b47e9307987f2e4db8dad844bd09803359e6306f9f94985' };
  const request = { source: 'pagerduty' as const, headers, rawBody, now };
  expect(verifyWithAny(request, ['pd-secret', 'old'])).toEqual({ ok: true, key: 0 });
  expect(verifyWithAny(request, ['new', 'pd-secret'])).toEqual({ ok: true, key: 1 });
  expect(verifyWithAny(request, ['new', 'newer']).ok).toBe(false);
  expect(verifyWithAny(request, []).ok).toBe(false);
});

test('nothing that is thrown at it makes it throw', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.constantFrom('', '%', 'v1,', 'v0=', 'whsec_', 'whpk_', 'v1a,AAAA', '__proto__'),
  );
  const options = fc.option(
    fc.record({
      mode: fc.constantFrom<'header' | 'basic' | 'bearer' | 'url-token'>('header', 'basic', 'bearer', 'url-token'),
      timestampHeader: fc.constantFrom('', 'x-ts'),
    }),
    { nil: undefined },
  );
  const name = fc.constantFrom(
    'x-slack-signature',
    'x-slack-request-timestamp',
    'x-pagerduty-signature',
    'x-twilio-signature',
    'x-xero-signature',
    'content-type',
    'webhook-id',
    'webhook-timestamp',
    'webhook-signature',
    'authorization',
    'x-grafana-alerting-signature',
    'x-ts',
    'x-signature-256',
    'x-wedsync-token',
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...SignedSource.options),
      text,
      options,
      fc.dictionary(name, text),
      fc.uint8Array(),
      text,
      (source, secret, chosen, headers, body, url) => {
        const verdict = verifySignature(
          { source, options: chosen, headers, rawBody: Buffer.from(body), url, now },
          secret,
        );
        expect(typeof verdict.ok).toBe('boolean');
      },
    ),
    { numRuns: 3_000 },
  );
  expect(
    judgeCaptures([null, 7, {}, { source: 'slack' }, []]).every(({ valid, reason }) => !valid && reason !== null),
  ).toBe(true);
});

test('a list of 10,000 signatures over a body of 1 MiB is judged within 50 ms', () => {
  const big = Buffer.alloc(1024 * 1024, 'x');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const good = sign(null, Buffer.from('other'), privateKey).toString('base64');
  const base = { 'webhook-id': 'm', 'webhook-timestamp': ts };
  const cases = [
    {
      source: 'pagerduty' as const,
      secret: 's',
      headers: {
        'X-PagerDuty-Signature': Array(10_000)
          .fill(`v1=${'a'.repeat(64)}`)
          .join(','),
      },
    },
    {
      source: 'standard-webhooks' as const,
      secret: 'whsec_AAAA',
      headers: {
        ...base,
        'webhook-signature': Array(10_000)
          .fill(`v1,${'A'.repeat(43)}=`)
          .join(' '),
      },
    },
    {
      source: 'standard-webhooks' as const,
      secret: `whpk_${raw.toString('base64')}`,
      headers: { ...base, 'webhook-signature': Array(10_000).fill(`v1a,${good}`).join(' ') },
    },
  ];
  for (const { secret, ...request } of cases) {
    verifySignature({ ...request, rawBody: big, now }, secret);
    const times = Array.from({ length: 5 }, () => {
      const from = workedMs();
      expect(verifySignature({ ...request, rawBody: big, now }, secret).ok).toBe(false);
      return workedMs() - from;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  }
});

describe('why a request is not authentic is said in words that lead to the mistake', () => {
  const secret = 'slack-signing-secret';
  const of = (body: string | Buffer, key = secret) =>
    `v0=${createHmac('sha256', key).update(`v0:${now}:`).update(body).digest('hex')}`;
  const slack = (rawBody: string, signature: string, more: object = {}) => ({
    ...{ source: 'slack', secret, rawBody, now },
    headers: { 'X-Slack-Request-Timestamp': String(now), 'X-Slack-Signature': signature },
    ...more,
  });
  const form = 'payload=%7B%22a%22%3A%22b+c%C3%A9%22%7D';
  test.each<[string, object]>([
    ['blanks around the signature', slack('{}', ` ${of('{}')}`)],
    ['blanks around the signature', slack('{}', `${of('{}')} `)],
    ['the form was read and encoded again', slack(form.replace('+', '%20'), of(form))],
    [
      'the form was read and encoded again',
      slack(
        form.replace(/%../g, (sign) => sign.toLowerCase()),
        of(form),
      ),
    ],
    ['read as Latin-1', slack(Buffer.from('{"a":"£é"}').toString('latin1'), of('{"a":"£é"}'))],
    ['Unicode normalisation', slack('{"a":"e\u0301"}', of('{"a":"\u00e9"}'))],
    ['backslash before each slash', slack('{"u":"https://a/b"}', of('{"u":"https:\\/\\/a\\/b"}'))],
    ['written again by a parser', slack('{"a":1,"b":[1,2,{}]}', of('{"a": 1, "b": [1, 2, {}]}'))],
    ['order of its fields', slack('{"a":1,"b":2,"c":3}', of('{"c":3,"a":1,"b":2}'))],
    ['blanks around it were trimmed', slack('{"a":1}', of(' {"a":1} '))],
    ['\\u escapes were decoded', slack('{"a":"é"}', of('{"a":"\\u00E9"}'))],
    ['quotation marks around the secret', slack('{}', of('{}'), { secret: `"${secret}"` })],
    ['it was decoded from hex first', slack('{}', of('{}'), { secret: Buffer.from(secret).toString('hex') })],
    ['wrong key, or the body was changed', slack('{"a":1,"x":2}', of('{"a":1}'))],
    ['SHA-512', slack('{}', `v0=${createHmac('sha512', secret).update(`v0:${now}:{}`).digest('hex')}`)],
    [
      'a prefix where none is due',
      {
        source: 'xero',
        secret: 'k',
        rawBody: '{}',
        now,
        headers: { 'x-xero-signature': `sha256=${createHmac('sha256', 'k').update('{}').digest('base64')}` },
      },
    ],
  ])('%s', (words, capture) => {
    const [judgement] = judgeCaptures([capture]);
    expect(judgement?.valid).toBe(false);
    expect(judgement?.reason).toContain(words);
  });
});

describe('mistakes of real set-ups are named', () => {
  const body = '{"z":{"b":1,"a":2},"y":1}';
  const mac = (text: string, encoding: 'hex' | 'base64', algorithm = 'sha256') =>
    createHmac(algorithm, 'shared-secret').update(text).digest(encoding);
  const xero = (signature: string) => ({ source: 'xero', headers: { 'x-xero-signature': signature } });
  const generic = (signature: string, more: object = {}) => ({
    source: 'generic-hmac',
    options: { signatureHeader: 'X-Sig', encoding: 'hex' },
    headers: { 'X-Sig': signature },
    ...more,
  });
  const twilioUrl = 'https://h.example/in/twilio';
  const twilio = (headers: object, url = twilioUrl) => ({
    source: 'twilio',
    rawBody: 'Body=hello',
    url,
    headers: {
      'X-Twilio-Signature': mac(`${twilioUrl}Bodyhello`, 'base64', 'sha1'),
      'Content-Type': 'application/x-www-form-urlencoded',
      ...headers,
    },
  });
  const standard = (id: string, signed: string) => ({
    source: 'standard-webhooks',
    secret: 'whsec_c2hhcmVkLXNlY3JldA==',
    headers: {
      'webhook-id': id,
      'webhook-timestamp': ts,
      'webhook-signature': `v1,${createHmac('sha256', 'shared-secret').update(signed).digest('base64')}`,
    },
  });

  test.each<[string, object]>([
    ['form: a digest of 20 bytes (SHA-1) where SHA-256', xero(mac(body, 'base64', 'sha1'))],
    ['form: a digest of 64 bytes (SHA-512) where SHA-256', xero(mac(body, 'base64', 'sha512'))],
    ['form: a digest of 20 bytes (SHA-1) where SHA-256', generic(mac(body, 'hex', 'sha1'))],
    ['form: a hex digest was written as base64 once more', xero(Buffer.from(mac(body, 'hex')).toString('base64'))],
    ['mismatch: the signature differs in letter case', xero(mac(body, 'base64').toLowerCase())],
    [
      'mismatch: a plain SHA-256 of the body, without any key',
      generic(createHash('sha256').update(body).digest('hex')),
    ],
    ['changed the order of its fields', generic(mac('{"y":1,"z":{"a":2,"b":1}}', 'hex'))],
    [
      'the header X-Time was signed with the body: name it as the header with the time stamp',
      {
        source: 'grafana',
        headers: { 'X-Time': ts, 'X-Grafana-Alerting-Signature': mac(`${ts}:${body}`, 'hex') },
      },
    ],
    [
      'the signature covers the body only',
      { source: 'slack', headers: { 'X-Slack-Signature': `v0=${mac(body, 'hex')}`, 'X-Slack-Request-Timestamp': ts } },
    ],
    ['the signature covers the body only', standard('m1', body)],
    ['mismatch: the header webhook-id came twice', standard('m1, m1', `m1.${ts}.${body}`)],
    [
      'timestamp-malformed: the header with the timestamp came twice',
      { source: 'slack', headers: { 'X-Slack-Signature': 'v0=', 'X-Slack-Request-Timestamp': `${ts}, ${ts}` } },
    ],
    [
      'timestamp-malformed: the timestamp is in milliseconds',
      { source: 'slack', headers: { 'X-Slack-Signature': 'v0=', 'X-Slack-Request-Timestamp': `${now - 200_000}000` } },
    ],
    [
      'form: the list is joined with ";", commas are due',
      {
        source: 'pagerduty',
        headers: { 'X-PagerDuty-Signature': `v1=${mac('old', 'hex')};v1=${mac(body, 'hex')}` },
      },
    ],
    [
      'form: the list is joined with " ", commas are due',
      {
        source: 'pagerduty',
        headers: { 'X-PagerDuty-Signature': `v1=${mac('old', 'hex')} v1=${mac(body, 'hex')}` },
      },
    ],
    [
      'token-wrong: the token came twice',
      { source: 'datadog', headers: { 'X-WedSync-Token': 'shared-secret, shared-secret' } },
    ],
    [
      'token-missing: the address has no parameter token',
      { source: 'tave', url: 'https://h.example/x#?token=shared-secret' },
    ],
    ['mismatch: the Content-Type of a form is missing', twilio({ 'Content-Type': '' })],
    [
      'another address was signed: the host is configured in other letter case',
      twilio({}, 'https://H.example/in/twilio'),
    ],
  ])('%s', (words, over) => {
    const capture = { secret: 'shared-secret', headers: {}, rawBody: body, now, ...over };
    const [judged] = judgeCaptures([capture]);
    expect(judged?.valid).toBe(false);
    expect(judged?.reason).toContain(words);
  });
});
