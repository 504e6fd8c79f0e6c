import { expect, test } from 'vitest';
import { type Bench, timePasses } from '../testing/bench.ts';
import { signIn } from '../testing/sign-in.ts';
import { xero } from './index.ts';
import { desk } from './testing/desk.ts';
import { xeroBench } from './testing/samples.ts';

const { bench } = desk;

async function signedIn({ plain: http, clock, sandbox }: Bench) {
  const { source } = await signIn(xero, xeroBench, { http, clock });
  const renewals = () => sandbox.received('xero').filter((one) => one.path.includes('/connect/token')).length;
  return { source, renewals };
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
