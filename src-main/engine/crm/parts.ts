import type { Change } from '../../../src-shared/contract/app.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import type { FileHandles } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { SecretStore } from '../../ports/secrets.ts';
import type { Store, Tx } from '../../ports/store.ts';
import type { CrmName } from '../../store/repositories/crm.ts';
import type { VendorRow } from '../../store/repositories/usage.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { AnyContext } from '../connections/contexts.ts';
import type { Enqueue, Enqueued } from '../outbox/enqueue.ts';

/** Who did something, through what. */
export interface Actor {
  /** e.g. `person:alex`, `automatic`. */
  readonly actor: string;
  /** As shown, e.g. `Alex Morgan`. */
  readonly name: string;
  readonly channel: string;
  readonly correlationId: string;
}

/** What the CRM capability needs of its neighbours; `capabilities` hands it in. */
export interface CrmParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly publish: (change: Change) => void;
  readonly enqueue: (tx: Tx, job: Enqueue) => Promise<Enqueued>;
  /** CRMs of this program, in the order of the systems list. */
  readonly adapters: readonly AnyAdapter[];
  /** Throws IntegrationError when the connection cannot be used. */
  readonly contextOf: (organisationId: string, system: string, signal: AbortSignal) => Promise<AnyContext>;
  readonly secretsOf: (organisationId: string) => Promise<SecretStore>;
  readonly connected: (organisationId: string, system: string) => Promise<boolean>;
  /** Where a CRM is to call when there is a new client, token included; null: nothing can reach us. */
  readonly hookAddress: (organisationId: string, system: string) => Promise<string | null>;
  readonly files: FileHandles;
  readonly temporaryFolder: string;
}

/** The one action every CRM adapter has. */
export const pushAction = 'push-value';
export const crmNames: readonly CrmName[] = ['tave', 'honeybook', 'lightblue'];

export function adapterOf(parts: Pick<CrmParts, 'adapters'>, crm: string): AnyAdapter | undefined {
  return parts.adapters.find(({ manifest }) => manifest.id === crm);
}

/** Known as one of their own, and nobody said that there is nothing to tell them. */
export const isPushedFor = (vendor: Pick<VendorRow, 'state' | 'same_as'> | undefined): boolean =>
  vendor?.state === 'confirmed' && vendor.same_as === null;
