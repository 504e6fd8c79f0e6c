import { NeedsAttentionError } from '../../src-shared/domain/failure.ts';

/** The keychain's named states, each with its way out (X14). `missing`: no keychain service or driver on this machine. */
export type SecretStoreState = 'ready' | 'locked' | 'changed' | 'missing' | 'headless';

/** Where one secret lives: `wedsync-ops/<organisation>/<system>/<name>` in the keychain. */
export interface SecretAddress {
  readonly organisationId: string;
  readonly system: string;
  readonly name: string;
}

export interface SecretStore {
  /** Shown in the console, so nobody mistakes memory or the environment for the keychain. */
  readonly durability: 'os-keychain' | 'environment' | 'memory';
  state(): Promise<SecretStoreState>;
  /** null: never stored. Throws SecretsNotReady while the store is not ready. */
  read(address: SecretAddress): Promise<string | null>;
  write(address: SecretAddress, value: string): Promise<void>;
  forget(address: SecretAddress): Promise<void>;
  /** Names only. */
  list(organisationId: string): Promise<readonly SecretAddress[]>;
  /** After *changed*, on a person's word: the store as it is now is the right one. Nothing while it is not *changed*. */
  acceptChanged?(): Promise<void>;
}

/** The secret store cannot be used now: no fault of any outside system, so callers tell it apart (exit status 3). */
export class SecretsNotReady extends NeedsAttentionError {}

/** Unguessable text from the machine's cryptographic source: states, verifiers, salts. Never `Random`. */
export interface Entropy {
  /** base64url, `bytes` bytes of randomness. */
  text(bytes: number): string;
}

/** Removes every known secret, in whatever form, from text a person or a file will see (SEC-32). */
export interface Redactor {
  /** Told of every secret as soon as it is read or written; short values (under 4 characters) are ignored. */
  know(value: string): void;
  redact(text: string): string;
}
