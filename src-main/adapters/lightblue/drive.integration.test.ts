import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPageDriver } from '../../platform/pages.ts';
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
  driveNotes(
    createPageDriver({
      sandboxUrl: sandbox.url,
      keep: async (bytes) => {
        const id = `picture-${pictures.size}`;
        pictures.set(id, bytes);
        return id;
      },
    }),
    profile,
    push,
    state,
    new AbortController().signal,
  );
const stored = () => sandbox.documents<{ notes: string; address: string }>('lightblue', 'accounts').get(who);
const posts = () => sandbox.received('lightblue').filter(({ method }) => method === 'POST').length;

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
