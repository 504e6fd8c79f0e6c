import type { KeyObject } from 'node:crypto';
import type { Logger } from '../../ports/runtime.ts';
import type { Entropy, Redactor, SecretAddress, SecretStore } from '../../ports/secrets.ts';
import { keyNameOf, privateKeyOf, publicTextOf } from './personal.ts';

/** Stands in the key's place once it is forgotten, so that a backup from before the erasure is known again. */
const FORGOTTEN = 'erased';

export type PersonKeys = ReturnType<typeof createPersonKeys>;

/**
 * The keys that open what lies aside, one entry of the secret store a person. They are single entries and not one key over
 * a table of wrapped ones, since that table would be in every copy of the data folder. Opened ones stay in memory.
 */
export function createPersonKeys(deps: {
  readonly secretsOf: (organisationId: string) => Promise<SecretStore>;
  readonly entropy: Entropy;
  readonly redactor: Pick<Redactor, 'know'>;
  readonly log: Logger;
}) {
  const { secretsOf, entropy, redactor, log } = deps;
  const opened = new Map<string, KeyObject>();

  return {
    /** A new pair; its public half. null: the secret store keeps nothing now. */
    async make(organisationId: string): Promise<string | null> {
      try {
        const secrets = await secretsOf(organisationId);
        if ((await secrets.state()) !== 'ready') return null;
        const seed = entropy.text(32);
        redactor.know(seed);
        const key = privateKeyOf(seed);
        const publicKey = publicTextOf(key);
        await secrets.write(addressOf(publicKey), seed);
        opened.set(publicKey, key);
        return publicKey;
      } catch (thrown) {
        log.warn('audit.no-person-key', { organisationId, error: String(thrown) });
        return null;
      }
    },

    /** `lost`: the secret store has never had it. Throws SecretsNotReady while the store cannot say. */
    async state(organisationId: string, publicKey: string): Promise<'there' | 'forgotten' | 'lost'> {
      const found = await (await secretsOf(organisationId)).read(addressOf(publicKey));
      return found === null ? 'lost' : found === FORGOTTEN ? 'forgotten' : 'there';
    },

    /** null: it cannot be read here, now or ever. */
    async open(organisationId: string, publicKey: string): Promise<KeyObject | null> {
      const known = opened.get(publicKey);
      if (known) return known;
      const seed = await secretsOf(organisationId)
        .then((secrets) => secrets.read(addressOf(publicKey)))
        .catch(() => null);
      if (seed === null || seed === FORGOTTEN) return null;
      redactor.know(seed);
      const key = privateKeyOf(seed);
      opened.set(publicKey, key);
      return key;
    },

    /** For good. Throws SecretsNotReady with nothing changed. */
    async forget(organisationId: string, publicKey: string): Promise<void> {
      await (await secretsOf(organisationId)).write(addressOf(publicKey), FORGOTTEN);
      opened.delete(publicKey);
    },
  };
}

/** By the key and not by the person: data folders of one user share a keychain, and `admin` is in each. */
function addressOf(publicKey: string): SecretAddress {
  return { organisationId: 'system', system: 'person-key', name: keyNameOf(publicKey) };
}
