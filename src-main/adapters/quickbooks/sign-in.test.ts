import { expect, test } from 'vitest';
import type { Bench } from '../testing/bench.ts';
import { signIn } from '../testing/sign-in.ts';
import { quickbooks } from './index.ts';
import { desk } from './testing/desk.ts';
import { aBill, quickbooksBench } from './testing/samples.ts';

const { account, bench, deliver } = desk;

async function signedIn({ plain: http, clock }: Bench) {
  const made = await signIn(quickbooks, quickbooksBench, { http, clock });
  expect(made.answer).toMatchObject({ realmId: account });
  return made;
}

test('the refresh token changes its value within a day, and the new one is stored before it is used', async () => {
  const opened = await bench();
  const { tokens, read, source } = await signedIn(opened);
  expect(tokens.endsAt).toBe(opened.clock.now() + 8_726_400_000);
  await opened.clock.advance(25 * 3_600_000);
  const access = await source().access();
  expect(await read()).toMatchObject({ accessToken: access, spent: false });
  expect((await read()).refreshToken).not.toBe(tokens.refreshToken);
  await opened.clock.advance(2 * 3_600_000);
  expect(await source().access()).not.toBe(access);
});

test('the answer to a renewal is lost: reconnect needed, no loop, no second try with a used token (FT-54)', async () => {
  const opened = await bench();
  const { read, source } = await signedIn(opened);
  await opened.clock.advance(25 * 3_600_000);
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'reset-after', path: '/tokens/bearer' });
  const before = opened.sandbox.received('quickbooks').length;
  await expect(source().access()).rejects.toMatchObject({ code: 'auth' });
  await expect(source().access()).rejects.toMatchObject({ code: 'auth' });
  expect(await read()).toMatchObject({ spent: true });
  expect(opened.sandbox.received('quickbooks').length - before).toBe(1);
});

test('two renewals at once are one request (FT-55)', async () => {
  const opened = await bench();
  const { source } = await signedIn(opened);
  await opened.clock.advance(2 * 3_600_000);
  const before = opened.sandbox.received('quickbooks').length;
  const one = source();
  const [a, b] = await Promise.all([one.access(), one.access()]);
  expect(a).toBe(b);
  expect(opened.sandbox.received('quickbooks').length - before).toBe(1);
});

test('a revoked sign-in parks the connection after one renewal (FT-53)', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'revoke' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({
    kind: 'needs-attention',
    code: 'auth',
    detail: { scope: 'connection' },
  });
  const renewals = opened.sandbox.received('quickbooks').filter((one) => one.path.includes('/tokens/bearer'));
  expect(renewals).toHaveLength(2); // the sign-in itself, and one renewal
});
