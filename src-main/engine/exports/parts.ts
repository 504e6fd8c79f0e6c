import type { Change } from '../../../src-shared/contract/app.ts';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { EvidenceStore } from '../../ports/evidence.ts';
import type { FileHandles } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Organisations } from '../organisations/organisations.ts';
import type { Ledgers } from './ledgers.ts';

/** Who did something, through what. */
export interface Actor {
  readonly personId: string;
  readonly name: string;
  readonly channel: string;
  readonly correlationId: string;
}

/** What the batch capability needs from its neighbours; `capabilities` hands it in. */
export interface ExportParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly publish: (change: Change) => void;
  readonly audit: AppendAudit;
  readonly enqueue: (
    tx: Tx,
    job: {
      readonly organisationId: string;
      readonly system: string;
      readonly action: string;
      readonly deliveryClass: OutboxJob['deliveryClass'];
      readonly priority: number;
      readonly payload: OutboxJob['payload'];
      readonly payloadVersion: number;
      readonly idempotencyKey: string;
      readonly orderKey: string | null;
    },
  ) => Promise<{ readonly id: string }>;
  /** Looks an in-doubt job up now instead of at its next scheduled look-up; tries one anew that was held for a person. */
  readonly checkNow: (organisationId: string, jobId: string) => Promise<void>;
  readonly ledgers: Ledgers;
  readonly people: Pick<Organisations, 'people' | 'verifyPin'>;
  readonly evidence: EvidenceStore;
  readonly files: FileHandles;
  /** Private folder for packs on their way to a person. */
  readonly temporaryFolder: string;
  /** Resolves when no line waits to be judged again after a change of buyer, supplier or rates. */
  readonly linesSettled: (organisationId: string) => Promise<void>;
}
