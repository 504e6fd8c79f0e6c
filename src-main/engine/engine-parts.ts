import type { AnyAdapter } from '../adapters/kit/adapter.ts';
import type { WireSources } from '../adapters/kit/cost-source.ts';
import type { Backups } from '../ports/backups.ts';
import type { DiskRoom } from '../ports/disk-room.ts';
import type { DatasetStore, EvidenceStore } from '../ports/evidence.ts';
import type { FileHandles } from '../ports/files.ts';
import type { Network } from '../ports/network.ts';
import type { OAuthReturn } from '../ports/oauth-return.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { Seat } from '../ports/seat.ts';
import type { Entropy, Redactor } from '../ports/secrets.ts';
import type { Store } from '../ports/store.ts';
import type { CheckpointFile } from './audit/checkpoints.ts';
import type { World } from './connections/contexts.ts';
import type { NoticePort } from './engine.ts';
import type { Rehearse } from './handlers/weekend.ts';

/** What an engine needs from outside: ports, worlds and the words of its host. */
export interface EngineParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly adapters: readonly AnyAdapter[];
  readonly wireSources: WireSources;
  readonly worlds: { readonly real: World; readonly practice: World };
  readonly entropy: Entropy;
  readonly redactor: Redactor;
  readonly evidence: EvidenceStore;
  readonly datasets: DatasetStore;
  readonly oauthReturn: OAuthReturn;
  /** The way out of this computer, for the real world. */
  readonly network: Network;
  readonly files: FileHandles;
  readonly backups: Backups;
  readonly seat: Seat;
  readonly checkpoints: CheckpointFile;
  /** Seals the audit chain; null: not at hand. */
  readonly auditKey: string | null;
  /** Native notifications; the desktop has them. */
  readonly notices?: NoticePort;
  /** Plays a Saturday in a console of its own (A18); absent inside a rehearsal. */
  readonly rehearse?: Rehearse;
  readonly temporaryFolder: string;
  readonly host: 'desktop' | 'agent' | 'cli';
  readonly version: string;
  readonly dataFolder: string;
  /** R49: shown on every screen; the host starts nothing that sends, receives or runs by itself. */
  readonly safeMode: boolean;
  /** Null: nobody watches the disk. */
  readonly room: DiskRoom | null;
  /** How far this machine's clock is ahead of the systems that answered lately, ms; null: none has. */
  readonly clockAhead: () => number | null;
  /** How many times faster the practice organisation waits and paces its sending; real ones never do. */
  readonly practiceSpeed?: number;
}
