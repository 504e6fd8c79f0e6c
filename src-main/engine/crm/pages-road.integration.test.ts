import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { TOKEN_HEADER } from '../../../src-shared/contract/host-bridge.ts';
import { ended, started, wedops } from '../../hosts/testing/wedops.ts';

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
const usageFile = (month: string) =>
  fileURLToPath(new URL(`../../../resources/practice/usage/usage-${month}.csv`, import.meta.url));

interface Push {
  readonly state: string;
  readonly problem: string | null;
  readonly fields: readonly { name: string; next: string }[];
}

test('by command to Light Blue’s pages: prepared, approved, written inside our block and read back; an altered page gets nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pages-road-'));
  const { child, ready } = await started<{ url: string; token: string; sandboxUrl: string }>(
    ...['agent', '--practice', '--empty', '--data', folder],
  );
  onTestFinished(async () => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  });
  const call = async (path: string, input: object) => {
    const reply = await fetch(`${ready.url}/rpc/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [TOKEN_HEADER]: ready.token },
      body: JSON.stringify({ json: { organisationId: 'bluebell', ...input } }),
    });
    expect(reply.status).toBe(200);
  };
  const notes = async () => {
    const reply = await fetch(`${ready.sandboxUrl}/online.lightbluesoftware.com/account/notes`, {
      headers: { cookie: `lb=${who}` },
    });
    return /<textarea id="notes"[^>]*>\n([^<]*)</.exec(await reply.text())?.[1] ?? '';
  };
  const run = <T>(...words: string[]) => wedops<T>(...words, '--data', folder, '--quiet');
  const pushed = async (period: string) => {
    await run('import', 'usage', usageFile(period));
    const mine = ['--period', period, '--vendor', 'barn-photo', '--crm', 'lightblue'];
    const [preview] = await run<(Push & { id: string })[]>('crm', 'preview', ...mine);
    await run('crm', 'approve', preview?.id ?? '');
    const { pushes } = await run<{ pushes: Push[] }>('crm', 'send', '--period', period);
    return { preview, push: pushes[0] };
  };

  await call('settings/saveConnection', { system: 'lightblue', settings: { mode: 'pages', termsAccepted: true } });
  await call('crm/map', {
    vendorId: 'barn-photo',
    crm: 'lightblue',
    key: JSON.stringify({ cookies: [cookie], origins: [] }),
  });
  const before = await notes();
  const first = await pushed('2026-09');
  expect(first.push).toMatchObject({ state: 'verified', problem: null });
  const written = await notes();
  expect(written.startsWith(before.trimEnd())).toBe(true);
  for (const { name, next } of first.preview?.fields ?? []) expect(written).toContain(`${name}: ${next}`);

  await fetch(`${ready.sandboxUrl}/_misbehave`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ system: 'lightblue', fault: 'page', value: 'label-on-address' }),
  });
  const second = await pushed('2026-10');
  expect(second.push).toMatchObject({ state: 'refused', problem: expect.stringContaining('stopped before writing') });
  await fetch(`${ready.sandboxUrl}/_misbehave`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ system: 'lightblue', fault: 'page', value: '' }),
  });
  expect(await notes()).toBe(written);
}, 180_000);
