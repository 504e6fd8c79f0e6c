import type { BackupPlan, Backups, SealKeys } from '../../ports/backups.ts';
import type { Redactor, SecretStore } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';

const addressOf = (name: string) => ({ organisationId: 'system', system: 'backup', name });
const passphraseAddress = addressOf('passphrase');
/** What the recovery code stands for. The code itself is kept nowhere. */
const recoveryAddress = addressOf('recovery-key');

/** What sealed backups are opened with, in the secret store: the passphrase, and the key of the recovery code (BAK-04). */
export function createSealing(deps: {
  readonly store: Store;
  readonly backups: Pick<Backups, 'newRecoveryCode'>;
  /** The keychain; practice alone has its own. */
  readonly secrets: { readonly real: SecretStore; readonly practice: SecretStore };
  readonly redactor: Pick<Redactor, 'know'>;
}) {
  async function secretStore(): Promise<SecretStore> {
    const all = await listOrganisations(deps.store.read);
    return all.every((one) => one.practice === 1) ? deps.secrets.practice : deps.secrets.real;
  }
  const readOf = async (address: ReturnType<typeof addressOf>) => {
    const kept = await (await secretStore()).read(address);
    if (kept !== null) deps.redactor.know(kept);
    return kept;
  };
  const isThere = (address: ReturnType<typeof addressOf>) =>
    readOf(address).then(
      (kept) => kept !== null,
      () => false,
    );

  return {
    /** null: the plan is to write them plain. Never plain because the keychain is not at hand. */
    async keysOf({ sealed }: Pick<BackupPlan, 'sealed'>): Promise<SealKeys | null> {
      if (!sealed) return null;
      const passphrase = await readOf(passphraseAddress);
      if (passphrase === null) throw new Error('The passphrase is not in the keychain of this computer.');
      return { passphrase, recoveryKey: await readOf(recoveryAddress) };
    },
    hasPassphrase: () => isThere(passphraseAddress),
    hasRecoveryCode: () => isThere(recoveryAddress),
    async keepPassphrase(passphrase: string): Promise<void> {
      deps.redactor.know(passphrase);
      await (await secretStore()).write(passphraseAddress, passphrase);
    },
    /** A fresh code in the place of the one before, which opens older backups only. Shown to a person now or never. */
    async renewRecoveryCode(): Promise<string> {
      const { code, key } = deps.backups.newRecoveryCode();
      deps.redactor.know(code);
      deps.redactor.know(key);
      await (await secretStore()).write(recoveryAddress, key);
      return code;
    },
  };
}
export type Sealing = ReturnType<typeof createSealing>;
