import { expect, test } from 'vitest';
import { createEnvironmentSecrets } from '../../platform/environment-secrets.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { organisationId, signed, testDesk } from '../../testing/receiver-desk.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { senderVariables } from './sources.ts';

const by = { personId: 'alex', channel: 'window', correlationId: 'c' };

test('the secret of a sender comes from the environment of an agent, before the keychain, and is taken out of it (X4)', async () => {
  const environment: Record<string, string | undefined> = {
    WEBHOOK_SECRET_PAGERDUTY: 'from the environment',
    WEBHOOK_SECRET_GENERIC_HMAC__OAK_HALL: 'of another organisation',
    PATH: '/bin',
  };
  const secrets = createEnvironmentSecrets({
    environment,
    variables: senderVariables,
    organisationId,
    behind: createMemorySecrets(),
  });
  expect(environment).toEqual({ PATH: '/bin' });
  const desk = await testDesk('2026-11-24T13:50:00Z', testRuntime('2026-11-24T13:50:00Z'), secrets, ['pagerduty']);
  const answer = async (source: 'pagerduty' | 'generic-hmac', secret: string) => {
    const found = (await desk.receiver.door.senders()).find(organisationId, source);
    const body = '{"event":{"id":"e"}}';
    const headers = signed(source, body, desk.runtime.clock.now(), secret);
    return found && (await desk.receiver.door.receive(found, { headers, url: '/', rawBody: Buffer.from(body) })).status;
  };
  try {
    // Nothing is taken before a person switched the sender on; no secret is asked of them for that.
    expect((await desk.receiver.door.senders()).find(organisationId, 'pagerduty')).toBeNull();
    const saved = await desk.receiver.sources.save(
      organisationId,
      { source: 'pagerduty', on: true, forgetOldSecret: false },
      by,
    );
    expect(saved).toMatchObject({ on: true, secretPresent: true });
    expect(await answer('pagerduty', 'from the environment')).toBe(202);
    expect(await answer('pagerduty', 'another one')).toBe(401);
    expect(await answer('generic-hmac', 'of another organisation')).toBe(401);
    const wish = { source: 'pagerduty', secret: 'typed by a person', forgetOldSecret: false };
    await expect(desk.receiver.sources.save(organisationId, wish, by)).rejects.toThrow(/environment/);
    expect(await answer('pagerduty', 'from the environment')).toBe(202);
  } finally {
    await desk.store.close();
  }
});
