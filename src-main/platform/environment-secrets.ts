import { NeedsAttentionError } from '../../src-shared/domain/failure.ts';
import type { SecretAddress, SecretStore } from '../ports/secrets.ts';

export interface EnvironmentVariable {
  /** E.g. `XERO_CLIENT_ID`. */
  readonly variable: string;
  readonly system: string;
  readonly name: string;
}

/**
 * The agent's secrets from its environment (SEC-31). Each variable is read once, here, and removed, so no child process
 * and no crash file inherits it. `XERO_CLIENT_ID` serves the organisation the agent was started for;
 * `XERO_CLIENT_ID__OAK_HALL` serves `oak-hall` alone. What the environment does not name, and everything written (tokens
 * above all), lives in `behind`.
 */
export function createEnvironmentSecrets(options: {
  readonly environment: Record<string, string | undefined>;
  readonly variables: readonly EnvironmentVariable[];
  /** The organisation plain names are for; null: plain names are for nobody. */
  readonly organisationId: string | null;
  readonly behind: SecretStore;
}): SecretStore {
  const { environment, variables, organisationId, behind } = options;
  const given: {
    readonly owner: string | null;
    readonly system: string;
    readonly name: string;
    readonly value: string;
  }[] = [];

  for (const { variable, system, name } of variables) {
    for (const [key, value] of Object.entries(environment)) {
      const [plain, owner] = key.split('__', 2);
      if (plain !== variable || value === undefined || value === '') continue;
      given.push({ owner: owner ?? null, system, name, value });
      delete environment[key];
    }
  }

  function fromEnvironment({ organisationId: organisation, system, name }: SecretAddress): string | null {
    const candidates = given.filter((entry) => entry.system === system && entry.name === name);
    const own = candidates.find(({ owner }) => owner === variablePart(organisation));
    const plain = organisation === organisationId ? candidates.find(({ owner }) => owner === null) : undefined;
    return (own ?? plain)?.value ?? null;
  }

  return {
    durability: 'environment',
    async state() {
      const state = await behind.state();
      // Without a keychain the environment alone is enough to read; writing will say what is missing.
      return given.length > 0 && (state === 'missing' || state === 'headless') ? 'ready' : state;
    },
    async read(address) {
      const value = fromEnvironment(address);
      if (value !== null) return value;
      const state = await behind.state();
      return given.length > 0 && (state === 'missing' || state === 'headless') ? null : behind.read(address);
    },
    async write(address, value) {
      if (fromEnvironment(address) !== null) throw setOutside(address);
      await behind.write(address, value);
    },
    async forget(address) {
      if (fromEnvironment(address) !== null) throw setOutside(address);
      await behind.forget(address);
    },
    async list(organisation) {
      const names = given
        .map(({ system, name }) => ({ organisationId: organisation, system, name }))
        .filter((address) => fromEnvironment(address) !== null);
      const state = await behind.state();
      // Locked or changed: what lies there is not known, which is not the same as nothing.
      const stored = state === 'missing' || state === 'headless' ? [] : await behind.list(organisation);
      const all = new Map([...stored, ...names].map((address) => [`${address.system}/${address.name}`, address]));
      return [...all.values()];
    },
    acceptChanged: async () => behind.acceptChanged?.(),
  };
}

/** `oak-hall` -> `OAK_HALL`, as it stands in a variable's name. */
function variablePart(organisationId: string): string {
  return organisationId.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

function setOutside({ system, name }: SecretAddress): NeedsAttentionError {
  return new NeedsAttentionError('misconfigured', `${system}/${name} comes from the environment of this agent`, {
    hint: 'Change the variable where the agent is started, then restart it',
  });
}
