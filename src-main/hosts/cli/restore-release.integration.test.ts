import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wedopsProgram } from '../../testing/wedops-program.ts';

const passphrase = 'four quiet barns by the sea';
const title = 'Gallery slow before the restore';
let folder: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-restore-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function started<T>(...words: string[]): Promise<{ child: ChildProcess; ready: T }> {
  const child = spawn(process.execPath, [wedopsProgram, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ready: JSON.parse(line) as T };
}

function wedops<T>(
  words: readonly string[],
  stdin = '',
  data = join(folder, 'data'),
): Promise<{ exit: number; value: T }> {
  return new Promise((resolve) => {
    const all = [wedopsProgram, ...words, '--data', data, '--json'];
    const child = execFile(process.execPath, all, { timeout: 60_000 }, (error, stdout) => {
      resolve({ exit: error ? Number(error.code ?? 99) : 0, value: (stdout ? JSON.parse(stdout) : null) as T });
    });
    child.stdin?.end(stdin);
  });
}

interface Job {
  readonly id: string;
  readonly system: string;
  readonly state: string;
}

test('backup, restore, nothing sent until a person releases it, then sent once (X12, BAK-04, BAK-07)', async () => {
  const { ready: sandbox } = await started<{ url: string }>('sandbox', '--data', join(folder, 'vendor'));
  const agent = () =>
    started('agent', '--practice', '--empty', '--sandbox', sandbox.url, '--data', join(folder, 'data'));
  const sent = async () => {
    const reply = await fetch(`${sandbox.url}/_received?system=slack`);
    const received = (await reply.json()) as readonly { path: string; body: unknown }[];
    return received.filter(
      ({ path, body }) => path.includes('chat.postMessage') && JSON.stringify(body).includes(title),
    ).length;
  };
  const slackJobs = async (state: string) =>
    (await wedops<Job[]>(['queue', 'list', '--state', state])).value.filter(({ system }) => system === 'slack');

  let { child } = await agent();
  expect((await wedops(['connect', 'slack', 'pause', '--reason', 'To keep one waiting'])).exit).toBe(0);
  await wedops(['alert', 'raise', '--severity', 'info', '--title', title, '--no-wait']);
  await expect.poll(() => slackJobs('queued'), { timeout: 20_000 }).toHaveLength(1);

  const planned = await wedops<{ sealed: boolean; folder: string; newCode: string }>(
    ['backup', 'plan', '--on', '--sealed', '--new-passphrase'],
    passphrase,
  );
  expect(planned).toMatchObject({ exit: 0, value: { sealed: true } });
  const made = await wedops<{ name: string }>(['backup', 'now']);
  expect(made.exit).toBe(0);
  expect(await wedops(['backup', 'drill'])).toMatchObject({ exit: 0, value: { ok: true, held: 1 } });
  const backups = planned.value.folder;
  expect(await readdir(backups)).toEqual([made.value.name]);

  // What was waiting in the backup has since been sent.
  expect((await wedops(['connect', 'slack', 'resume'])).exit).toBe(0);
  await expect.poll(sent, { timeout: 20_000 }).toBe(1);
  let exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;

  const file = join(backups, made.value.name);
  expect((await wedops(['restore', file])).exit).toBe(2);
  expect((await wedops(['restore', file], 'another passphrase')).exit).toBe(3);
  expect(await wedops(['restore', file], passphrase)).toMatchObject({ exit: 0, value: { ok: true, held: 1 } });

  // The same file on another computer: neither its keychain nor anybody who knows the passphrase, but the paper.
  const elsewhere = join(folder, 'elsewhere');
  const code = planned.value.newCode;
  const slip = `${code.slice(0, -1)}${code.endsWith('7') ? '8' : '7'}`;
  const mistyped = await wedops<{ error: { happened: string } }>(['restore', file], slip, elsewhere);
  expect(mistyped).toMatchObject({ exit: 3, value: { error: { happened: expect.stringContaining('typing error') } } });
  const onPaper = code.toLowerCase().replaceAll('-', ' ');
  expect(await wedops(['restore', file], onPaper, elsewhere)).toMatchObject({ exit: 0, value: { ok: true, held: 1 } });
  expect(await wedops(['audit', 'verify'], '', elsewhere)).toMatchObject({ exit: 0, value: { ok: true } });

  ({ child } = await agent());
  expect((await wedops(['connect', 'slack', 'resume'])).exit).toBe(0);
  const [held, ...more] = await slackJobs('held');
  expect(more).toEqual([]);
  await wait(3_000);
  expect(await sent()).toBe(1);
  expect(await slackJobs('held')).toHaveLength(1);

  expect((await wedops(['queue', 'retry', held?.id ?? ''])).exit).toBe(0);
  await expect.poll(sent, { timeout: 20_000 }).toBe(2);
  await wait(2_000);
  expect(await sent()).toBe(2);
  expect(await slackJobs('held')).toEqual([]);
  // The alert itself was open in the backup: it rests until somebody says that it is still there.
  const open = async () =>
    (await wedops<{ title: string; fromBackup: string | null; next: unknown }[]>(['alert', 'list'])).value.find(
      (alert) => alert.title === title,
    );
  expect(await open()).toMatchObject({ fromBackup: expect.stringMatching(/^20/), next: null });
  expect((await wedops(['alert', 'release'])).exit).toBe(2);
  expect((await wedops(['alert', 'release', 'A-9999'])).exit).not.toBe(0);
  expect(await wedops(['alert', 'release', '--all'])).toMatchObject({ exit: 0, value: { released: 1 } });
  expect(await open()).toMatchObject({ fromBackup: null });
  expect(await wedops(['audit', 'verify'])).toMatchObject({ exit: 0, value: { ok: true } });
  exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}, 120_000);
