import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { FileHandles } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Redactor } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { appliedMigrations } from '../../store/repositories/health.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import { countJobs } from '../../store/repositories/outbox.ts';
import type { Receiver } from '../receiver/index.ts';
import type { Health } from './index.ts';

const logLines = 500;

export interface DiagnosticFile {
  readonly name: string;
  readonly bytes: number;
  readonly text: string;
}

/**
 * What somebody who helps needs to see, and nothing that is nobody's business: no names of organisations, people, venues
 * or couples, no amounts, no bodies, no secret. A person reads it before it leaves.
 */
export function createDiagnostics(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly redactor: Pick<Redactor, 'redact'>;
  readonly health: Pick<Health, 'list'>;
  readonly receiver: Pick<Receiver, 'sources'>;
  readonly files: FileHandles;
  readonly temporaryFolder: string;
  readonly about: { readonly version: string; readonly host: string };
  readonly logFolder: string;
}) {
  const { store, runtime, redactor, health, receiver, about } = deps;

  async function parts(): Promise<Record<string, string>> {
    const organisations = await listOrganisations(store.read);
    // Numbered, not named.
    const each = await Promise.all(
      organisations.map(async ({ id, practice }, index) => ({
        organisation: index + 1,
        practice: practice === 1,
        queue: await countJobs(store.read, id),
        systems: (await health.list(id)).map(({ account: _account, ...line }) => line),
        senders: (await receiver.sources.list(id)).map(({ path: _path, publicUrl, ...source }) => ({
          ...source,
          publicUrlSet: publicUrl !== '',
        })),
      })),
    );
    const log = await readFile(join(deps.logFolder, 'console.log'), 'utf8').catch(() => '');
    return {
      'about.json': JSON.stringify(
        {
          ...about,
          made: isoOf(runtime.clock.now()),
          node: process.versions.node,
          platform: `${process.platform} ${process.arch}`,
          memoryMb: Math.round(process.memoryUsage().rss / 2 ** 20),
          upForSeconds: Math.round(process.uptime()),
          store: store.stats(),
        },
        null,
        2,
      ),
      'systems.json': JSON.stringify(each, null, 2),
      'schema.json': JSON.stringify(await appliedMigrations(store.read), null, 2),
      'log.jsonl': log.split('\n').slice(-logLines).join('\n'),
    };
  }

  async function preview(): Promise<DiagnosticFile[]> {
    return Object.entries(await parts()).map(([name, content]) => {
      const text = redactor.redact(content);
      return { name, bytes: Buffer.byteLength(text), text };
    });
  }

  return {
    preview,
    async save(): Promise<{ handle: string; name: string; bytes: number }> {
      const { strToU8, zipSync } = await import('fflate');
      const entries = Object.fromEntries((await preview()).map(({ name, text }) => [name, strToU8(text)]));
      const zip = zipSync(entries, { level: 6 });
      const name = `ops-console-diagnostics-${isoOf(runtime.clock.now()).slice(0, 10)}.zip`;
      const path = join(deps.temporaryFolder, `${runtime.ids.next()}.zip`);
      await writeFile(path, zip, { mode: 0o600 });
      return { handle: await deps.files.offer(path, name, { temporary: true }), name, bytes: zip.length };
    },
  };
}
export type Diagnostics = ReturnType<typeof createDiagnostics>;
