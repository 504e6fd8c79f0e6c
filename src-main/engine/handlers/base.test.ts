import { call, os } from '@orpc/server';
import { expect, test } from 'vitest';
import { testLog } from '../../testing/runtime.ts';
import { type CallContext, guarded } from './base.ts';

test('a call that names no access level is refused to everybody', async () => {
  const open = os
    .$context<CallContext>()
    .use(guarded)
    .handler(() => 'in');
  const context: CallContext = {
    caller: { via: 'window', access: 'admin', personId: null },
    correlationId: 'c-1',
    log: testLog(),
  };
  await expect(call(open, undefined, { context })).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
});
