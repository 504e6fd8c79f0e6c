import type { SecretAddress, SecretStore } from '../ports/secrets.ts';

/**
 * Secrets of practice mode: fixed sample values that open nothing but the sandbox. Everything is forgotten when the
 * process ends, and `durability` says so wherever the console shows it.
 */
export function createMemorySecrets(
  samples: readonly (SecretAddress & { readonly value: string })[] = [],
): SecretStore {
  const values = new Map<string, SecretAddress & { readonly value: string }>();
  for (const sample of samples) values.set(keyOf(sample), sample);

  return {
    durability: 'memory',
    state: async () => 'ready',
    read: async (address) => values.get(keyOf(address))?.value ?? null,
    async write({ organisationId, system, name }, value) {
      values.set(keyOf({ organisationId, system, name }), { organisationId, system, name, value });
    },
    async forget(address) {
      values.delete(keyOf(address));
    },
    async list(organisationId) {
      return [...values.values()]
        .filter((entry) => entry.organisationId === organisationId)
        .map(({ system, name }) => ({ organisationId, system, name }));
    },
  };
}

function keyOf({ organisationId, system, name }: SecretAddress): string {
  return JSON.stringify([organisationId, system, name]);
}
