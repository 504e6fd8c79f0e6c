import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wedops } from '../command.ts';
import { type Desktop, isBuilt, startDesktop, until } from './desktop.ts';

interface State {
  windows: { visible: boolean; destroyed: boolean }[];
  trays: unknown[];
  notifications: unknown[];
  errors: string[];
}

if (!isBuilt()) throw new Error('Run "npm run build" first: the journey runs what was built');

let folder: string;
let desktop: Desktop;
const state = () => desktop.ask<State>('state');
const text = () => desktop.evaluate<string>('document.body.innerText').catch(() => '');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-no-tray-'));
  // Started with the computer, which elsewhere means: waiting in the tray.
  desktop = startDesktop(folder, ['--empty', '--practice', '--hidden'], ['tray', 'notifications']);
  await until(text, (seen) => seen.includes('Bluebell & Co (sample)'));
});
afterAll(async () => {
  desktop.kill();
  await rm(folder, { recursive: true, force: true });
});

test('on a desktop without a tray the window is never hidden, not even when it starts with the computer (FT-91, U34)', async () => {
  expect(await state()).toMatchObject({ windows: [{ visible: true, destroyed: false }], trays: [], errors: [] });
});

test('without notifications the worst alert rings in the window (FT-91, U42)', async () => {
  await desktop.evaluate(`(location.hash = '/exports', null)`);
  await wedops(folder, 'alert', 'raise', '--severity', 'emergency', '--title', 'Gallery uploads stuck', '--no-wait');
  const alarm = `document.querySelector('[aria-label=Alarm]')?.innerText ?? ''`;
  await until(
    () => desktop.evaluate<string>(alarm),
    (seen) => seen.includes('Gallery uploads stuck'),
  );
  expect((await state()).notifications).toEqual([]);
});

test('closing the window ends the console in good order: nothing goes on unseen', async () => {
  void desktop.ask('closeWindow').catch(() => undefined);
  expect(await desktop.exited).toBe(0);
});
