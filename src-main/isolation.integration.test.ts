import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compose } from './compose.ts';
import type { Engine } from './engine/engine.ts';
import { createFileHandles } from './hosts/file-handles.ts';
import { resourcesFolder } from './hosts/resources.ts';
import { createMemorySecrets } from './platform/memory-secrets.ts';
import { createRedactor } from './platform/redactor.ts';
import { systemClock, systemIds, systemRandom } from './platform/runtime.ts';
import { testLog } from './testing/runtime.ts';

const clientOf = (engine: Engine, personId: string | null) =>
  createRouterClient(engine.router, {
    context: { caller: { via: 'window', access: 'admin', personId }, correlationId: 'c', log: testLog() },
  });

let folder: string;
let engine: Engine;
const secrets = createMemorySecrets();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isolation-'));
  ({ engine } = await compose({
    ...{ dataFolder: folder, host: 'agent', practice: true, empty: true, safeMode: 'off', rehearsal: true, secrets },
    runtime: { clock: systemClock, ids: systemIds, random: systemRandom, log: testLog() },
    redactor: createRedactor(),
    files: createFileHandles(systemClock),
    resourcesFolder,
    version: 'test',
    environment: {},
  }));
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a second organisation has settings, secrets, switches, queues and people of its own (X5)', async () => {
  const first = 'bluebell';
  const mine = clientOf(engine, 'alex');
  const { id: second } = await mine.settings.createOrganisation({
    organisationId: first,
    name: 'Oak Hall',
    timeZone: 'Europe/Paris',
  });
  const theirs = clientOf(engine, null);
  const [person] = await theirs.settings.people({ organisationId: second });
  const by = clientOf(engine, person?.id ?? null);

  // Nothing of practice is there.
  const states = await by.settings.connections({ organisationId: second });
  expect(new Set(states.map(({ state }) => state))).toEqual(new Set(['not_connected']));
  expect(states.flatMap(({ secretsPresent }) => secretsPresent)).toEqual([]);
  expect((await by.systems.sources({ organisationId: second })).map(({ on }) => on)).not.toContain(true);
  expect((await by.alerts.list({ organisationId: second, filter: 'open' })).rows).toEqual([]);

  // Its settings and secrets stay its own.
  const before = await mine.settings.connection({ organisationId: first, system: 'webhook' });
  await by.settings.saveConnection({
    organisationId: second,
    system: 'webhook',
    settings: before.settings,
    secrets: { signingKeys: 'whsec_b3duIGtleSBvZiBPYWsgSGFsbCBhbG9uZQ==' },
  });
  expect(await mine.settings.connection({ organisationId: first, system: 'webhook' })).toEqual(before);
  expect((await secrets.list(second)).map(({ organisationId, system }) => [organisationId, system])).toEqual([
    [second, 'webhook'],
  ]);
  expect(await secrets.list(first)).toEqual([]);

  // Its switches and queues stop nothing elsewhere, and nobody else's stop its own.
  await mine.systems.setMode({ organisationId: first, system: 'slack', mode: 'paused', reason: 'Only in the first' });
  expect((await by.settings.connection({ organisationId: second, system: 'slack' })).mode).toBe('on');
  const report = { severity: 'info' as const, title: 'Gallery slow', detail: '', key: 'k', source: 'test' };
  const { id: alertId } = await mine.alerts.raise({ organisationId: first, ...report });
  const { id: other } = await by.alerts.raise({ organisationId: second, ...report });
  expect(other).not.toBe(alertId);
  await expect
    .poll(async () => (await mine.deliveries.list({ organisationId: first, system: 'slack' })).rows.length)
    .toBeGreaterThan(0);
  const queued = await mine.deliveries.list({ organisationId: first, system: 'slack' });
  const ids = queued.rows.map(({ id }) => id);
  const others = (await by.deliveries.list({ organisationId: second })).rows.map(({ id }) => id);
  expect(others.filter((id) => ids.includes(id))).toEqual([]);

  // What belongs to one is not there for the other, by its id either, and nobody of one acts in the other.
  await expect(by.alerts.get({ organisationId: second, alertId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(by.deliveries.detail({ organisationId: second, id: ids[0] ?? '' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await expect(by.alerts.acknowledge({ organisationId: first, alertId, note: '' })).rejects.toMatchObject({
    code: 'NOT_ALLOWED',
  });
  expect((await mine.alerts.get({ organisationId: first, alertId })).state).toBe('firing');
  const trail = await by.audit.list({ organisationId: second });
  expect(JSON.stringify(trail)).not.toContain('Only in the first');
});
