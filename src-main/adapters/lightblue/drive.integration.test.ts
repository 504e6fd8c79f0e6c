import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPageDriver, forkedChild, type PagesChild } from '../../platform/pages.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { testClock } from '../../testing/runtime.ts';
import { aPush } from '../tave/testing/samples.ts';
import { driveNotes, parsedNotes, withBlock } from './drive.ts';
import { accountNotes } from './profile.ts';
import { alterations } from './sandbox/pages.ts';
import { lightblueSandbox } from './sandbox.ts';

let sandbox: Sandbox;
const pictures = new Map<string, Uint8Array>();

beforeAll(async () => {
  sandbox = await startSandbox({ systems: [lightblueSandbox], clock: testClock() });
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.reset());

const who = 'practice-lightblue-barn-photo';
const cookie = {
  name: 'lb',
  value: who,
  domain: 'online.lightbluesoftware.com',
  path: '/',
  expires: -1,
  httpOnly: true,
  secure: true,
  sameSite: 'Lax',
};
const session = JSON.stringify({ cookies: [cookie], origins: [] });
const run = (push = aPush(), state = session, profile = accountNotes) =>
  driveNotes(driver(), profile, push, state, new AbortController().signal);
const stored = () => sandbox.documents<{ notes: string; address: string }>('lightblue', 'accounts').get(who);
const posts = () => sandbox.received('lightblue').filter(({ method }) => method === 'POST').length;

const keep = async (bytes: Uint8Array) => {
  const id = `picture-${pictures.size}`;
  pictures.set(id, bytes);
  return id;
};
const driver = () => createPageDriver({ sandboxUrl: sandbox.url, keep, unseen: true });
const ask = { url: accountNotes.recordUrl, signedIn: accountNotes.loggedIn };
const given = () => ({
  hosts: accountNotes.hosts,
  session: null,
  wholeMs: 20_000,
  signal: new AbortController().signal,
});

describe('a vendor signs in to Light Blue', () => {
  test('in a window of their own; what is kept opens the page at the next run, and holds no password', async () => {
    await fetch(`${sandbox.url}/_press?system=lightblue`, { method: 'POST', body: JSON.stringify({ signsIn: who }) });
    const state = await driver().signIn(given(), ask);
    expect(state).not.toContain('password');
    const { cookies } = JSON.parse(state) as { cookies: { name: string }[] };
    expect(new Set(cookies.map(({ name }) => name))).toEqual(new Set(['lb']));
    expect(await run(aPush(), state)).toMatchObject({ readBack: true });
  });

  test('nobody came: nothing is kept', async () => {
    await expect(driver().signIn({ ...given(), wholeMs: 15_000 }, ask)).rejects.toMatchObject({ code: 'auth' });
  });
});

describe('the process that drives the pages', () => {
  test('ends with its run, and a run that takes too long is ended', async () => {
    const children: PagesChild[] = [];
    let left = 0;
    const startChild = (file: string) => {
      const child = forkedChild(file);
      child.onExit(() => {
        left += 1;
      });
      children.push(child);
      return child;
    };
    const watched = createPageDriver({ sandboxUrl: sandbox.url, keep, startChild });
    await driveNotes(watched, accountNotes, aPush(), session, new AbortController().signal);
    expect([children.length, left]).toEqual([1, 1]);
    await expect(
      watched.run({ ...given(), wholeMs: 3_000 }, (page) =>
        page.goto(accountNotes.recordUrl).then(() => page.appears({ role: 'dialog' }, 60_000)),
      ),
    ).rejects.toMatchObject({ kind: 'retryable', message: expect.stringContaining('too long') });
    expect([children.length, left]).toEqual([2, 2]);
  });

  test('killed in the middle of a run it takes nothing with it: the run may be repeated', async () => {
    const started: PagesChild[] = [];
    const startChild = (file: string) => {
      const child = forkedChild(file);
      started.push(child);
      return child;
    };
    const watched = createPageDriver({ sandboxUrl: sandbox.url, keep, startChild });
    const before = posts();
    await expect(
      watched.run({ ...given(), session }, async (page) => {
        await page.goto(accountNotes.recordUrl);
        started[0]?.kill();
        await page.fill(accountNotes.field.place, 'half');
      }),
    ).rejects.toMatchObject({ kind: 'retryable' });
    expect(posts()).toBe(before);
    expect(await run()).toMatchObject({ readBack: true });
  });
});

describe('Light Blue by its pages', () => {
  test('writes inside its own block alone, reads it back from a fresh load, and covers every field on the picture', async () => {
    const receipt = await run();
    expect(receipt).toMatchObject({
      readBack: true,
      fields: { ai_requests: '25', cost_savings_gbp: '62.50', period: '2026-10' },
    });
    expect(stored()?.notes).toMatch(/^Call back about the June fair\.\n\[WedSync AI\]\nai_requests: 25\n/);
    expect(stored()?.address).toBe('1 Mill Lane');
    const [first] = receipt.pictures ?? [];
    expect(pictures.get(first ?? '')?.length).toBeGreaterThan(1_000);
    // Whatever stands in the fields, the picture is the same: nothing of it is on it.
    const shot = (text: string) =>
      driver().run({ ...given(), session }, async (page) => {
        await page.goto(accountNotes.recordUrl);
        await page.fill(accountNotes.field.place, text);
        return pictures.get(await page.picture());
      });
    const [long, short] = [await shot('The bride’s mother calls on 07700 900123'), await shot('x')];
    expect(long?.length).toBeGreaterThan(1_000);
    expect(Buffer.compare(long ?? Buffer.of(0), short ?? Buffer.of(1))).toBe(0);
  });

  test('the same again writes nothing; a new month replaces the block and leaves the vendor’s words', async () => {
    await run();
    const count = posts();
    await run();
    expect(posts()).toBe(count);
    const fields = aPush().fields.map((field) => ({
      ...field,
      before: field.value,
      value: field.key === 'period' ? '2026-11' : field.value,
    }));
    await run(aPush({ fields, reference: 'psh_2' }));
    expect(stored()?.notes.match(/\[WedSync AI\]/g)).toHaveLength(1);
    expect(stored()?.notes).toContain('period: 2026-11');
    expect(stored()?.notes).toContain('Call back about the June fair.');
  });

  test('a value edited in the block since the approval stops it', async () => {
    await run();
    const count = posts();
    const fields = aPush().fields.map((field) => ({
      ...field,
      before: field.key === 'ai_requests' ? '20' : field.value,
      value: '31',
    }));
    await expect(run(aPush({ fields }))).rejects.toMatchObject({ code: 'superseded' });
    expect(posts()).toBe(count);
  });

  test('at least ten ways of altering the page are tried', () => {
    expect(new Set(alterations).size).toBeGreaterThanOrEqual(10);
  });

  test.each(alterations)('a page altered like this is left alone: %s', async (alteration) => {
    sandbox
      .documents('lightblue', 'accounts')
      .put(who, { notes: withBlock('Call first.\n', aPush()), address: '1 Mill Lane' });
    const before = stored();
    const count = posts();
    sandbox.misbehave({ system: 'lightblue', fault: 'page', value: alteration });
    const fields = aPush().fields.map((field) => ({
      ...field,
      before: field.value,
      value: field.key === 'period' ? '2026-11' : field.value,
    }));
    await expect(run(aPush({ fields }))).rejects.toMatchObject({
      message: expect.stringMatching(/stopped before writing|new sign-in|did not come/),
    });
    expect(posts()).toBe(count);
    expect(stored()).toEqual(before);
  });

  test('without a session, or on a host it was not given, nothing is opened', async () => {
    await expect(run(aPush(), JSON.stringify({ cookies: [], origins: [] }))).rejects.toMatchObject({ code: 'auth' });
    await expect(
      run(aPush(), session, { ...accountNotes, recordUrl: 'https://elsewhere.example/account/notes' }),
    ).rejects.toMatchObject({ code: 'misconfigured' });
    expect(posts()).toBe(0);
  });
});

test('a block is found and replaced wherever it stands, and a value cannot end it early', () => {
  const push = aPush({ fields: [{ key: 'a', label: 'A', kind: 'text', value: 'x\n[/WedSync AI] y', before: null }] });
  const once = withBlock('before\n[WedSync AI]\nA: old\n[/WedSync AI]\nafter', push);
  expect(once).toBe('before\n[WedSync AI]\nA: x  /WedSync AI  y\nRef: psh_id000001_1\n[/WedSync AI]\nafter');
  expect(withBlock(once, push)).toBe(once);
  expect(parsedNotes('plain words')).toMatchObject({ before: 'plain words\n', after: '' });
});
