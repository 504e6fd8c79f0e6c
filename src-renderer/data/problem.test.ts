import { ORPCError } from '@orpc/client';
import { describe, expect, test } from 'vitest';
import { problemOf } from './problem.ts';

describe('a fault of the engine that brings no words of its own', () => {
  const parts = ['happened', 'means', 'doing', 'remedy'] as const;

  test.each([
    ['with the reference it is logged under', { correlationId: 'c-42' }, 'c-42'],
    ['without one, as a host answers it', null, undefined],
    ['with something that is no reference', { correlationId: { secret: 'x' }, stack: 'at /home' }, undefined],
  ])('is told in four parts, %s', (_what, data, reference) => {
    const shown = problemOf(new ORPCError('INTERNAL_SERVER_ERROR', { status: 500, data }));
    for (const part of parts) expect(shown[part]?.length, part).toBeGreaterThan(20);
    expect(shown.reference).toBe(reference);
    expect(JSON.stringify(shown)).not.toMatch(/Internal Server Error|secret|stack/);
  });

  test('shows nothing of the text it came with', () => {
    const shown = problemOf(new ORPCError('BAD_GATEWAY', { status: 502, message: 'connect /run/secret.sock failed' }));
    expect(JSON.stringify(shown)).not.toContain('secret.sock');
  });
});
