import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeCaptures } from '../src-main/adapters/kit/signature/judge.ts';
import type { ReasonCode } from '../src-main/adapters/kit/signature/signed-request.ts';

const file = new URL('../../shared/contracts/webhook-vectors.json', import.meta.url);
const present = existsSync(file);
if (!present) process.stdout.write('Webhook vectors: not here, so nothing was compared\n');

interface Vector {
  readonly id: string;
  readonly valid: boolean;
  readonly why: string;
}

/** What each invalid vector must be refused for: the code, and words of the explanation where there is one to find. */
const unexplained = 'wrong key, or the body was changed';
const due: Readonly<Record<string, readonly [ReasonCode, string]>> = {
  'slack-03': ['mismatch', unexplained],
  'slack-04': ['stale', '301 s old'],
  'slack-06': ['future', '301 s ahead'],
  'slack-07': ['mismatch', unexplained],
  'slack-08': ['header-missing', 'X-Slack-Signature'],
  'slack-09': ['header-missing', 'X-Slack-Request-Timestamp'],
  'slack-10': ['form', 'v1=, v0= is due'],
  'slack-11': ['form', 'no prefix, v0= is due'],
  'slack-12': ['form', 'upper-case hex'],
  'slack-14': ['mismatch', 'a line end was added'],
  'slack-16': ['form', 'base64 where lower-case hex is due'],
  'slack-18': ['mismatch', 'the timestamp was changed after signing'],
  'slack-19': ['form', 'several signatures'],
  'slack-20': ['form', 'something follows it'],
  'slack-21': ['timestamp-malformed', 'milliseconds'],
  'pagerduty-05': ['version', 'other than v1'],
  'pagerduty-06': ['form', 'no prefix, v1= is due'],
  'pagerduty-07': ['mismatch', unexplained],
  'pagerduty-08': ['mismatch', unexplained],
  'pagerduty-09': ['header-missing', 'X-PagerDuty-Signature'],
  'pagerduty-10': ['form', 'base64 where lower-case hex is due'],
  'pagerduty-11': ['form', 'upper-case hex'],
  'pagerduty-12': ['mismatch', 'read and written again'],
  'pagerduty-13': ['mismatch', 'escaped as \\u'],
  'twilio-03': ['mismatch', 'wrong key, or the body or the address was changed'],
  'twilio-04': ['mismatch', 'configured with http, https was called'],
  'twilio-05': ['mismatch', 'wrong key, or the body or the address was changed'],
  'twilio-06': ['mismatch', 'in another order'],
  'twilio-09': ['mismatch', 'wrong key, or the body or the address was changed'],
  'twilio-10': ['mismatch', 'the field ErrorCode was added'],
  'twilio-12': ['mismatch', 'the blanks around Body were trimmed'],
  'twilio-14': ['header-missing', 'X-Twilio-Signature'],
  'twilio-15': ['form', 'HMAC-SHA256 where HMAC-SHA1 is due'],
  'twilio-16': ['form', 'hex where base64 is due'],
  'twilio-19': ['body-hash-wrong', 'the body was changed'],
  'twilio-20': ['body-hash-missing', 'no bodySHA256'],
  'twilio-21': ['mismatch', 'wrong key, or the body or the address was changed'],
  'xero-02': ['mismatch', unexplained],
  'xero-04': ['mismatch', 'decoded from base64 first'],
  'xero-05': ['form', 'hex where base64 is due'],
  'xero-06': ['header-missing', 'x-xero-signature'],
  'xero-07': ['mismatch', 'read and written again'],
  'xero-08': ['mismatch', 'a line end was added'],
  'xero-09': ['form', 'base64url where base64 is due'],
  'intuit-03': ['mismatch', unexplained],
  'intuit-04': ['mismatch', unexplained],
  'intuit-05': ['header-missing', 'intuit-signature'],
  'intuit-06': ['form', 'hex where base64 is due'],
  'intuit-08': ['mismatch', 'that of an empty body'],
  'datadog-03': ['token-wrong', 'letter case'],
  'datadog-04': ['token-wrong', 'only the beginning'],
  'datadog-05': ['header-missing', 'X-WedSync-Token'],
  'datadog-06': ['header-empty', 'X-WedSync-Token'],
  'datadog-07': ['header-missing', 'in the header DD-API-KEY'],
  'datadog-09': ['token-wrong', 'letter case'],
  'grafana-03': ['mismatch', 'covers the body only'],
  'grafana-04': ['mismatch', '"." between timestamp and body'],
  'grafana-05': ['stale', '301 s old'],
  'grafana-06': ['header-missing', 'X-Grafana-Alerting-Timestamp'],
  'grafana-08': ['form', 'a prefix where none is due'],
  'grafana-09': ['form', 'base64 where lower-case hex is due'],
  'grafana-10': ['mismatch', unexplained],
  'grafana-11': ['mismatch', 'letter case'],
  'standard-webhooks-05': ['form', 'joined with commas'],
  'standard-webhooks-06': ['mismatch', 'decodes to from base64'],
  'standard-webhooks-07': ['mismatch', 'the whole whsec_ text'],
  'standard-webhooks-09': ['form', 'hex where base64 is due'],
  'standard-webhooks-10': ['form', 'does not begin with v1,'],
  'standard-webhooks-11': ['header-missing', 'webhook-id'],
  'standard-webhooks-12': ['header-missing', 'webhook-timestamp'],
  'standard-webhooks-13': ['header-missing', 'webhook-signature'],
  'standard-webhooks-14': ['stale', '301 s old'],
  'standard-webhooks-15': ['future', '301 s ahead'],
  'standard-webhooks-17': ['mismatch', unexplained],
  'standard-webhooks-18': ['mismatch', 'the timestamp was changed after signing, by 1 s'],
  'standard-webhooks-19': ['timestamp-malformed', 'whole unix seconds'],
  'standard-webhooks-21': ['mismatch', 'a line end was added'],
  'standard-webhooks-25': ['mismatch', unexplained],
  'standard-webhooks-26': ['version', 'v1a'],
  'generic-hmac-02': ['mismatch', 'last line end was removed'],
  'generic-hmac-04': ['form', 'hex where base64 is due'],
  'generic-hmac-06': ['stale', '301 s old'],
  'generic-hmac-07': ['header-empty', 'X-Timestamp'],
  'generic-hmac-08': ['form', 'sha1=, sha256= is due'],
  'generic-hmac-09': ['mismatch', 'LF became CRLF'],
  'generic-hmac-10': ['mismatch', unexplained],
  'generic-hmac-11': ['header-missing', 'X-Signature-256'],
  'honeybook-02': ['token-wrong', 'blanks around the token'],
  'honeybook-03': ['header-missing', 'X-WedSync-Token'],
  'tave-02': ['token-wrong', 'letter case'],
  'tave-03': ['token-missing', 'token'],
  'tave-04': ['token-doubled', '2 times'],
};

describe.skipIf(!present)('the webhook vectors', () => {
  const vectors = (present ? JSON.parse(readFileSync(file, 'utf8')) : []) as Vector[];
  const judged = judgeCaptures(vectors);

  test('are all judged', () => {
    expect(judged).toHaveLength(139);
    expect(vectors.filter(({ valid }) => !valid).map(({ id }) => id)).toEqual(Object.keys(due));
  });

  test.each(vectors.map((vector, index) => ({ ...vector, index })))('$id: $why', ({ id, index, valid }) => {
    expect(judged[index]?.valid).toBe(valid);
    const [code, words] = due[id] ?? [null, ''];
    if (code === null) return expect(judged[index]?.reason).toBeNull();
    expect(judged[index]?.reason).toMatch(new RegExp(`^${code}: `));
    expect(judged[index]?.reason).toContain(words);
  });
});
