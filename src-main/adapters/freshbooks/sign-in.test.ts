import { expect, test } from 'vitest';
import { timePasses } from '../testing/bench.ts';
import { ledgerDesk } from '../testing/ledger.ts';
import { signIn } from '../testing/sign-in.ts';
import { freshbooks } from './index.ts';
import { freshbooksBench } from './testing/samples.ts';

const { bench } = ledgerDesk(freshbooks, freshbooksBench);

test('a refresh token works once: the new pair is stored before it is used, twice over', async () => {
  const opened = await bench();
  const { tokens, read, source } = await signIn(freshbooks, freshbooksBench, {
    http: opened.plain,
    clock: opened.clock,
  });
  const seen = [tokens.refreshToken];
  for (let i = 0; i < 2; i++) {
    await opened.clock.advance(13 * 3_600_000);
    const access = await source().access();
    expect(await read()).toMatchObject({ accessToken: access, spent: false });
    seen.push((await read()).refreshToken);
  }
  expect(new Set(seen).size).toBe(3);
});

test('the answer to a renewal is lost: reconnect needed, and the used token is never sent again (FT-54)', async () => {
  const opened = await bench();
  const { read, source } = await signIn(freshbooks, freshbooksBench, { http: opened.plain, clock: opened.clock });
  await opened.clock.advance(13 * 3_600_000);
  opened.sandbox.misbehave({ system: 'freshbooks', fault: 'swallow', path: '/auth/oauth/token' });
  const before = opened.sandbox.received('freshbooks').length;
  await expect(timePasses(opened.clock, source().access())).rejects.toMatchObject({ code: 'auth' });
  await expect(source().access()).rejects.toMatchObject({ code: 'auth' });
  expect(await read()).toMatchObject({ spent: true });
  expect(opened.sandbox.received('freshbooks').length - before).toBe(1);
});

test('two renewals at once are one request (FT-55)', async () => {
  const opened = await bench();
  const { source } = await signIn(freshbooks, freshbooksBench, { http: opened.plain, clock: opened.clock });
  await opened.clock.advance(13 * 3_600_000);
  const before = opened.sandbox.received('freshbooks').length;
  const one = source();
  const [a, b] = await Promise.all([one.access(), one.access()]);
  expect(a).toBe(b);
  expect(opened.sandbox.received('freshbooks').length - before).toBe(1);
});
