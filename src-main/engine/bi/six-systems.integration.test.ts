import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRouterClient } from '@orpc/server';
import { afterEach, describe, expect, test } from 'vitest';
import { adapters } from '../../adapters/registry.ts';
import { type Composed, compose } from '../../compose.ts';
import { createFileHandles } from '../../hosts/file-handles.ts';
import { createRedactor } from '../../platform/redactor.ts';
import { systemClock, systemIds, systemRandom } from '../../platform/runtime.ts';
import type { FaultInput } from '../../sandbox/faults.ts';
import { testLog } from '../../testing/runtime.ts';

const organisationId = 'bluebell';
/** Whatever monitors or reports: a new adapter joins by being in the registry. */
const systems = adapters
  .filter((adapter) => adapter.manifest.category === 'monitoring' || adapter.bi !== undefined)
  .map(({ manifest }) => manifest.id);

let folder: string;
let running: Composed | null = null;
afterEach(async () => {
  await running?.engine.stop();
  running = null;
  await rm(folder, { recursive: true, force: true });
});

/** A whole practice console, real adapters over real http to the sandbox, that does nothing unless it is asked. */
async function begin() {
  folder = await mkdtemp(join(tmpdir(), 'six-'));
  // A clock of its own: what adapters remember of a vendor they remember by clock.
  const clock = { ...systemClock };
  const runtime = { clock, ids: systemIds, random: systemRandom, log: testLog() };
  running = await compose({
    dataFolder: folder,
    host: 'cli',
    practice: true,
    empty: false,
    safeMode: 'off',
    runtime,
    redactor: createRedactor(),
    files: createFileHandles(clock),
    resourcesFolder: fileURLToPath(new URL('../../../resources', import.meta.url)),
    version: '0.0.0',
    environment: {},
  });
  const client = createRouterClient(running.engine.router, {
    context: { caller: { via: 'window', access: 'admin', personId: null }, correlationId: 'c', log: runtime.log },
  });
  const { sandboxUrl } = running;
  async function misbehave(fault: FaultInput): Promise<void> {
    const reply = await fetch(`${sandboxUrl}/_misbehave`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    expect(reply.status).toBeLessThan(300);
  }
  /** Both at once, as the clock would. */
  async function everything() {
    const before = performance.now();
    const results = (
      await Promise.all([client.kpis.push({ organisationId }), client.kpis.syncBi({ organisationId })])
    ).flat();
    return { ms: performance.now() - before, of: new Map(results.map((one) => [one.system, one])) };
  }
  return { client, misbehave, everything };
}

/** Delay of a slow one; far above what any of the others takes. */
const slowMs = 2_500;
const faults: readonly (readonly [string, Omit<FaultInput, 'system'>])[] = [
  ['down', { fault: 'reset-before', times: 0 }],
  ['slow', { delayMs: slowMs, times: 0 }],
  ['lying', { fault: 'html', times: 0 }],
  ['refusing', { status: 403, body: { message: 'Forbidden' }, times: 0 }],
];

describe.each(systems)('with %s in trouble', (system) => {
  test.each(faults)('%s: the others are told as ever, and the screen says what happened', async (how, fault) => {
    const { client, misbehave, everything } = await begin();
    await misbehave({ system, ...fault });
    const { of } = await everything();
    expect([...of.keys()].sort()).toEqual([...systems].sort());
    for (const [other, result] of of) {
      if (other === system) continue;
      expect(result, `${other} beside ${system}`).toMatchObject({ ok: true, error: null });
      expect(result.ms, `${other} beside ${system}`).toBeLessThan(slowMs);
    }
    const own = of.get(system);
    const shown = (await client.kpis.view({ organisationId })).sync.find((row) => row.system === system);
    if (how === 'slow') {
      expect(own?.ms).toBeGreaterThanOrEqual(slowMs);
      expect(shown).toMatchObject({ ok: true });
    } else if (how !== 'lying' || system !== 'grafana') {
      // Remote write has no answer but its status: a proxy's page with 200 is what it cannot be told from.
      expect(own).toMatchObject({ ok: false, error: expect.stringMatching(/\w{4}/) });
      expect(shown).toMatchObject({ ok: false, detail: expect.stringMatching(/\w{4}/) });
    }
  });
});

test('all in parallel take no longer than the slowest and a tenth', async () => {
  const { misbehave, everything } = await begin();
  for (const [i, system] of systems.entries()) await misbehave({ system, delayMs: 500 + 300 * i, times: 0 });
  const { ms, of } = await everything();
  const each = [...of.values()].map((one) => one.ms);
  expect([...of.values()].every(({ ok }) => ok)).toBe(true);
  const slowest = Math.max(...each);
  const sum = each.reduce((total, one) => total + one, 0);
  process.stdout.write(
    `${systems.length} systems in parallel: ${Math.round(ms)} ms, slowest ${slowest} ms, one after another ${sum} ms\n`,
  );
  expect(ms).toBeLessThanOrEqual(slowest * 1.1);
});
