import { expect, onTestFinished, test } from 'vitest';
import { systemEntropy } from '../../platform/entropy.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { authorization, createTokenSource, exchangeCode, tokensName } from '../kit/oauth.ts';
import { type Bench, openBench, timePasses } from '../testing/bench.ts';
import { xero } from './index.ts';
import { xeroBench } from './testing/samples.ts';

/** A sign-in with its tokens in a store of its own, over the bench's sandbox. */
async function signedIn(opened: Bench) {
  const spec = xero.oauth;
  if (!spec || !xeroBench.consent) throw new Error('no sign-in');
  const client = { id: 'PRACTICECLIENTID0001', secret: null };
  const redirectUri = `http://localhost:${spec.redirectPorts[0]}${spec.redirectPath ?? '/callback'}`;
  const { plain: http, clock } = opened;
  const { url, verifier } = authorization(spec, client, redirectUri, 's', systemEntropy);
  const expected = { state: 's', redirectUri, verifier };
  const tokens = await exchangeCode({ http, clock }, spec, client, await xeroBench.consent(http, url), expected);
  const secrets = createMemorySecrets();
  const address = { organisationId: 'bluebell', system: 'xero' };
  await secrets.write({ ...address, name: tokensName }, JSON.stringify(tokens));
  const source = () =>
    createTokenSource({ spec, client: async () => client, secrets, address, http, clock, know: () => undefined });
  const renewals = () => opened.sandbox.received('xero').filter((one) => one.path.includes('/connect/token')).length;
  return { source, renewals };
}

async function bench(): Promise<Bench> {
  const opened = await openBench(xero, xeroBench);
  onTestFinished(() => opened.close());
  return opened;
}

test('the answer to a renewal is lost: reconnect needed, no loop, no second try with a used token (FT-54)', async () => {
  const opened = await bench();
  const { source, renewals } = await signedIn(opened);
  await opened.clock.advance(40 * 60_000);
  opened.sandbox.misbehave({ system: 'xero', fault: 'reset-after', path: '/connect/token' });
  const before = renewals();
  await expect(timePasses(opened.clock, source().access())).rejects.toMatchObject({ code: 'auth' });
  await expect(source().access()).rejects.toMatchObject({ code: 'auth' });
  expect(renewals() - before).toBe(1);
});

test('two renewals at once are one request (FT-55)', async () => {
  const opened = await bench();
  const { source, renewals } = await signedIn(opened);
  await opened.clock.advance(40 * 60_000);
  const before = renewals();
  const one = source();
  const [a, b] = await Promise.all([one.access(), one.access()]);
  expect(a).toBe(b);
  expect(renewals() - before).toBe(1);
});
