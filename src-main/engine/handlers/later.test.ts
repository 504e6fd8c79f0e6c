import { RPCHandler } from '@orpc/server/fetch';
import { expect, test } from 'vitest';
import { audit } from '../../../src-shared/contract/audit.ts';
import { testLog } from '../../testing/runtime.ts';
import { type CallContext, implementGuarded } from './base.ts';
import { later } from './later.ts';

test('a screen that could not be read is read at the next call, and then never again', async () => {
  const os = implementGuarded({ audit });
  const extract = os.audit.extract.handler(() => ({ fileName: 'a', text: 'b' }));
  let tries = 0;
  const router = {
    audit: later(async () => {
      tries += 1;
      if (tries === 1) throw new Error('EMFILE: too many open files');
      return { extract };
    }),
  };
  const handler = new RPCHandler<CallContext>(router);
  const call = async () => {
    const body = JSON.stringify({ json: { organisationId: 'bluebell' } });
    const headers = { 'content-type': 'application/json' };
    const context: CallContext = {
      caller: { via: 'cli', access: 'admin', personId: null },
      correlationId: 'c',
      log: testLog(),
    };
    const request = new Request('http://localhost/audit/extract', { method: 'POST', headers, body });
    return (await handler.handle(request, { context })).response?.status;
  };
  expect(tries).toBe(0);
  expect(await call()).toBe(500);
  expect(await call()).toBe(200);
  expect(await call()).toBe(200);
  expect(tries).toBe(2);
});
