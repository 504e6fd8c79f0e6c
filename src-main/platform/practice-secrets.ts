import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { SecretAddress, SecretStore } from '../ports/secrets.ts';
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

  function save(): void {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const draft = `${file}.draft`;
    const handle = openSync(draft, 'w', 0o600);
    try {
      writeSync(handle, JSON.stringify(kept));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, file);
  }

  return {
    ...memory,
    async write({ organisationId, system, name }, value) {
      const address = { organisationId, system, name };
      await memory.write(address, value);
      kept = [...kept.filter((one) => !same(one, address)), { ...address, value }];
      save();
    },
    async forget(address) {
      await memory.forget(address);
      kept = kept.filter((one) => !same(one, address));
      save();
    },
  };
}
