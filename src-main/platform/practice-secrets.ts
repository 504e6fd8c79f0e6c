import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { SecretAddress, SecretStore } from '../ports/secrets.ts';
import { writeFileAtomically } from './files.ts';
import { createMemorySecrets } from './memory-secrets.ts';

const Kept = z.array(z.object({ organisationId: z.string(), system: z.string(), name: z.string(), value: z.string() }));

/**
 * Secrets of the practice organisation, kept in a file so that a sign-in at the sandbox outlives the process, as the
 * sandbox's own state does. They open nothing outside this machine; no real secret ever comes here, because only the
 * practice world is given this store.
 */
export function createPracticeSecrets(file: string): SecretStore {
  let kept: z.infer<typeof Kept> = [];
  try {
    kept = Kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Missing or unreadable: practice signs in again.
  }
  const memory = createMemorySecrets(kept);
  const same = (a: SecretAddress, b: SecretAddress) =>
    a.organisationId === b.organisationId && a.system === b.system && a.name === b.name;

  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  /** One at a time. Whoever writes during one shares the next: a first start signs in to every system at once. */
  function saved(): Promise<void> {
    next ??= last
      .catch(() => undefined)
      .then(async () => {
        next = null;
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await writeFileAtomically(file, Buffer.from(JSON.stringify(kept)));
      });
    last = next;
    return next;
  }

  return {
    ...memory,
    async write({ organisationId, system, name }, value) {
      const address = { organisationId, system, name };
      await memory.write(address, value);
      kept = [...kept.filter((one) => !same(one, address)), { ...address, value }];
      await saved();
    },
    async forget(address) {
      await memory.forget(address);
      kept = kept.filter((one) => !same(one, address));
      await saved();
    },
  };
}
