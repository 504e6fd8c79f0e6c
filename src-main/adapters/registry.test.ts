import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AnyAdapter } from './kit/adapter.ts';
import { adapters, registryOf } from './registry.ts';
import { xero } from './xero/index.ts';

const folder = new URL('.', import.meta.url);

test('every adapter folder is registered under its own name, and plays its vendor', () => {
  const shared = ['kit', 'sources', 'testing'];
  const folders = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !shared.includes(entry.name))
    .map((entry) => entry.name);
  expect([...registryOf().keys()].sort()).toEqual(folders.sort());
  // The warehouse is no vendor: practice plays it behind its port, with a file.
  const vendors = folders.filter((name) => name !== 'warehouse');
  for (const name of vendors) expect(existsSync(new URL(`${name}/sandbox.ts`, folder)), name).toBe(true);
});

test.each(adapters.map((adapter) => [adapter.manifest.id, adapter] as const))(
  '%s has its help page',
  (_id, adapter) => {
    expect(existsSync(new URL(`../../resources/help/${adapter.manifest.helpPage}`, folder))).toBe(true);
  },
);

test.each<[string, Partial<AnyAdapter>, string]>([
  [
    'posts without looking up',
    { actions: { post: { ...xero.actions['post-bill'], find: undefined } } } as never,
    'cannot look up',
  ],
  [
    'upserts without a key',
    { actions: { read: { ...xero.actions['read-back'], idempotency: 'none' } } } as never,
    'without a key',
  ],
  ['cannot upgrade old settings', { settings: { ...xero.settings, version: 3 } }, 'gaps'],
  ['signs in to nowhere', { oauth: undefined } as never, 'OAuth'],
])('an adapter that %s stops the start', (_what, change, reason) => {
  expect(() => registryOf([{ ...xero, ...change }])).toThrow(reason);
});

test('two adapters of one name stop the start', () => {
  expect(() => registryOf([xero, xero])).toThrow('Two adapters are called xero');
});
