import { oc } from '@orpc/contract';
import { call } from '@orpc/server';
import { expect, test } from 'vitest';
import { testLog } from '../../testing/runtime.ts';
import { type CallContext, implementGuarded } from './base.ts';

test('a call that names no access level is refused to everybody', async () => {
  // @ts-expect-error -- a contract without levels does not compile either
  const open = implementGuarded({ anything: { atAll: oc.route({}) } }).anything.atAll.handler(() => 'in');
  const context: CallContext = {
    caller: { via: 'window', access: 'admin', personId: null },
    correlationId: 'c-1',
    log: testLog(),
  };
  await expect(call(open, undefined, { context })).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
});
