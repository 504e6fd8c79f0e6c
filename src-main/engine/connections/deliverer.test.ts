import { expect, test } from 'vitest';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { aJob } from '../../../src-shared/domain/delivery/testing/a-job.ts';
import { practiceOrganisationId as org } from '../organisations/seed-practice.ts';
import {
  booksDesk,
  connections,
  failure,
  machine,
  memory,
  never,
  runtime,
  save,
  signIn,
  vendor,
} from './testing/books-desk.ts';

booksDesk();
const job = (payload: OutboxJob['payload'] = { number: 'INV-1' }) => aJob({ action: 'bill', payload });

test('delivery carries the token, the account and the settings, and renews after a 401 once', async () => {
  await signIn();
  vendor.seen = [];
  vendor.valid = 'access-2';
  const receipt = await connections.deliverer.deliver(job(), never);
  expect(receipt.vendorId).toBe('t-1');
  expect(vendor.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/bills', 'Bearer access-1'],
    ['/token', undefined],
    ['/bills', 'Bearer access-2'],
  ]);
  expect(vendor.seen[2]).toMatchObject({ body: '{"number":"INV-1","days":30}' });
  expect(connections.deliverer.limits(`${org}/xero`).perMinute).toBe(60);
  expect(connections.deliverer.idempotency(job())).toBe('native-key');
});

test('every way delivery can stop is named', async () => {
  const { deliverer } = connections;
  expect(await failure(deliverer.deliver(job(), never))).toMatchObject({ code: 'misconfigured', scope: 'connection' });
  await save({});
  expect(await failure(deliverer.deliver(job(), never))).toMatchObject({ code: 'auth', scope: 'connection' });
  await signIn();
  expect(await failure(deliverer.deliver(job({ nothing: 1 }), never))).toMatchObject({ code: 'defect' });
  expect(await failure(deliverer.deliver({ ...job(), action: 'gone' }, never))).toMatchObject({ code: 'unsupported' });
  expect(await failure(deliverer.deliver({ ...job(), payloadVersion: 2 }, never))).toMatchObject({
    code: 'unsupported',
  });
  const elsewhere = await failure(deliverer.deliver(job({ number: 'x', host: 'evil.example' }), never));
  expect(elsewhere).toMatchObject({ code: 'misconfigured', message: 'evil.example is not a host of this system' });
  machine.keychain = 'locked';
  expect(await failure(deliverer.deliver(job(), never))).toMatchObject({ code: 'auth', scope: 'connection' });
});

test('a secret deleted while it is in use stops the next delivery, and a person sees what is missing (FT-79)', async () => {
  const { deliverer } = connections;
  await signIn();
  await deliverer.deliver(job(), never);
  await memory.forget({ organisationId: org, system: 'xero', name: 'tokens' });
  expect(await failure(deliverer.deliver(job(), never))).toMatchObject({ code: 'auth', scope: 'connection' });
  expect((await connections.get(org, 'xero')).state).not.toBe('connected');
  await signIn();
  await memory.forget({ organisationId: org, system: 'xero', name: 'clientId' });
  expect(await failure(deliverer.deliver(job(), never))).toMatchObject({ scope: 'connection' });
  expect((await connections.get(org, 'xero')).secretsPresent).toEqual([]);
});

test('a mistake of ours inside an adapter holds the job and its log line carries no secret', async () => {
  await signIn();
  expect(await failure(connections.deliverer.deliver(job({ number: 'BUG' }), never))).toMatchObject({
    code: 'defect',
    scope: 'job',
  });
  expect(runtime.log.lines.at(-1)).toMatchObject({
    event: 'adapter.defect',
    fields: { error: 'TypeError: undefined is not [secret]' },
  });
});
