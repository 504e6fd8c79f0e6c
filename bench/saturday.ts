import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { compose } from '../src-main/compose.ts';
import { createSkippingClock } from '../src-main/engine/rehearsal/skipping-clock.ts';
import { createFileHandles } from '../src-main/hosts/file-handles.ts';
import { resourcesFolder } from '../src-main/hosts/resources.ts';
import { createMemorySecrets } from '../src-main/platform/memory-secrets.ts';
import { createRedactor } from '../src-main/platform/redactor.ts';
import { systemClock, systemIds, systemRandom } from '../src-main/platform/runtime.ts';
import type { Logger } from '../src-main/ports/runtime.ts';
import type { AlertView } from '../src-shared/contract/alerts.ts';
import { Instant } from '../src-shared/domain/time-and-ids.ts';

export const organisationId = 'bluebell';
export const SATURDAY = Instant.parse(Date.parse('2026-11-21T13:50:00Z'));
const PATIENCE_MS = 20_000;

const quiet: Logger = { debug() {}, info() {}, warn() {}, error: console.error, with: () => quiet };

/** The whole console in practice mode on a Saturday, its sandbox in the same process. */
export async function saturday() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-alerts-'));
  const clock = createSkippingClock(systemClock, SATURDAY);
  const { engine, sandboxUrl } = await compose({
    dataFolder: folder,
    host: 'agent',
    practice: true,
    empty: true,
    safeMode: 'off',
    rehearsal: true,
    secrets: createMemorySecrets(),
    runtime: { clock, ids: systemIds, random: systemRandom, log: quiet },
    redactor: createRedactor(),
    files: createFileHandles(clock),
    resourcesFolder,
    version: 'bench',
    environment: {},
  });
  const client = createRouterClient(engine.router, {
    context: { caller: { via: 'window', access: 'admin', personId: 'alex' }, correlationId: 'bench', log: quiet },
  });
  async function until(alertId: string, so: (alert: AlertView) => boolean): Promise<AlertView> {
    const deadline = systemClock.monotonicMs() + PATIENCE_MS;
    for (;;) {
      const alert = await client.alerts.get({ organisationId, alertId });
      if (so(alert)) return alert;
      if (systemClock.monotonicMs() > deadline) throw new Error(`${alert.reference} never came to that`);
      await systemClock.sleep(10);
    }
  }
  return {
    clock,
    client,
    sandboxUrl,
    until,
    async end() {
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Of fewer than a hundred values: the worst. */
export const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * part) - 1)] ?? Number.NaN;
