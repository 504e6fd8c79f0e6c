import { expect, test } from 'vitest';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import { failureOf } from './classify.ts';

const reply = (status: number, retryAfterMs?: number) => ({
  status,
  excerpt: `said ${status}`,
  json: undefined,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

test.each([
  [400, 'permanent', 'rejected', 'job'],
  [401, 'needs-attention', 'auth', 'connection'],
  [402, 'needs-attention', 'quota', 'connection'],
  [403, 'needs-attention', 'forbidden', 'connection'],
  [404, 'permanent', 'gone', 'job'],
  [408, 'retryable', 'timeout', 'job'],
  [409, 'permanent', 'rejected', 'job'],
  [410, 'permanent', 'gone', 'job'],
  [413, 'permanent', 'too-large', 'job'],
  [415, 'permanent', 'rejected', 'job'],
  [422, 'permanent', 'rejected', 'job'],
  [425, 'retryable', 'timeout', 'job'],
  [429, 'retryable', 'rate-limited', 'connection'],
  [500, 'retryable', 'vendor-down', 'job'],
  [501, 'permanent', 'unsupported', 'job'],
  [502, 'retryable', 'vendor-down', 'job'],
  [503, 'retryable', 'vendor-down', 'job'],
  [504, 'retryable', 'vendor-down', 'job'],
  [301, 'needs-attention', 'misconfigured', 'connection'],
  [302, 'needs-attention', 'misconfigured', 'connection'],
  [308, 'needs-attention', 'misconfigured', 'connection'],
] as const)('%i is %s %s for the %s', (status, kind, code, scope) => {
  expect(failureOf(reply(status)).toFailure()).toMatchObject({ kind, code, scope });
});

test('503 with a time to come back was not executed, so never-twice work may wait for it', () => {
  expect(failureOf(reply(503, 7_000)).toFailure()).toMatchObject({ code: 'busy', retryAfterMs: 7_000 });
});

test('the time asked for by a 429 is carried along', () => {
  expect(failureOf(reply(429, 30_000)).toFailure().retryAfterMs).toBe(30_000);
});

test('a vendor may mean something else by a status', () => {
  const quirks = { 404: () => new NeedsAttentionError('misconfigured', 'no such workspace', { scope: 'connection' }) };
  expect(failureOf(reply(404), quirks).toFailure()).toMatchObject({ code: 'misconfigured', scope: 'connection' });
  expect(failureOf(reply(410), quirks).toFailure().code).toBe('gone');
});

test('an empty answer still says something', () => {
  expect(failureOf({ status: 500, excerpt: '', json: undefined }).message).toContain('500');
});
