import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterEach, expect } from 'vitest';
import { adapters } from '../adapters/registry.ts';
import { type Composed, compose } from '../compose.ts';
import { createFileHandles } from '../hosts/file-handles.ts';
import { resourcesFolder } from '../hosts/resources.ts';
import { createRedactor } from '../platform/redactor.ts';
import { systemClock, systemIds, systemRandom } from '../platform/runtime.ts';
import type { FaultInput } from '../sandbox/faults.ts';
import { testLog } from './runtime.ts';

const organisationId = 'bluebell';
/** Whatever monitors or reports: a new adapter joins by being in the registry. */
export const systems = adapters
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
export async function begin() {
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
    resourcesFolder,
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
