import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { openStore } from '../../store/open.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createProbes } from './probes.ts';

const SUNDAY = Instant.parse(Date.parse('2026-11-22T23:00:00Z'));

test('the pre-flight asks for room, a clean queue and sign-ins that outlast the window', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'probes-'));
  const store = await openStore({ folder: dataFolder, runtime: testRuntime() });
  const ask = async (endsAt: string | null) => {
    const probes = createProbes({ store, dataFolder, signIns: async () => [{ name: 'Xero', endsAt }] });
    return (await Promise.all(probes.map((probe) => probe('org', SUNDAY)))).flat();
  };
  const lasting = await ask('2026-11-23T00:00:00.000Z');
  expect(lasting.map(({ check }) => check)).toEqual([
    'Nothing dead or in doubt',
    'Room on disk',
    'Sign-ins outlast the window',
  ]);
  expect(lasting[0]?.ok).toBe(true);
  expect(lasting[1]?.detail).toMatch(/free$/);
  expect(lasting[2]?.ok).toBe(true);
  expect((await ask(null))[2]?.ok).toBe(true);
  const ending = (await ask('2026-11-22T22:59:00.000Z'))[2];
  expect(ending).toMatchObject({
    ok: false,
    detail: '1 sign-in ends before: Xero',
    fix: 'Reconnect them in Settings.',
  });
  await store.close();
});
