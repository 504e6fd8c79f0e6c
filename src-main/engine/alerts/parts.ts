import type { Change } from '../../../src-shared/contract/app.ts';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Notice, NoticePort } from '../engine.ts';
import type { Enqueue } from '../outbox/enqueue.ts';
import type { Actor, Weekend } from '../weekend/weekend.ts';

export type { Actor } from '../weekend/weekend.ts';

/** One line of the weekend pre-flight sheet (A17). */
export interface PreflightCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do when it is not. */
  readonly fix: string;
}

/** A neighbour's part of the sheet: tokens, disk, clock, backup. `until`: the end of the weekend it must last for. */
export type PreflightProbe = (organisationId: string, until: Instant) => Promise<readonly PreflightCheck[]>;

/** What the alert capability needs from its neighbours; `capabilities` hands it in. */
export interface AlertParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly publish: (change: Change) => void;
  readonly weekend: Weekend;
  readonly enqueue: (tx: Tx, job: Enqueue) => Promise<{ readonly id: string; readonly state: OutboxJob['state'] }>;
  /** Native notifications of the host that sends; none in an agent or a command. */
  readonly notices: NoticePort | null;
  readonly probes: readonly PreflightProbe[];
  /** False in a command: its life is too short for planned work. */
  readonly planned: boolean;
  /** Where another computer sends, time alone makes nothing happen here (R52). Always here when left out. */
  readonly sendsHere?: (organisationId: string) => boolean;
  /**
   * Calls the organisation's heartbeat address (A10); rejects when it does not answer. null: safe mode, where its
   * silence is on purpose (R49), or no way out from here. */
  readonly ping: ((organisationId: string, url: string) => Promise<void>) | null;
}

/** The console's alerts about itself. */
export interface OwnAlerts {
  readonly raise: (organisationId: string, report: unknown, actor: Actor) => Promise<unknown>;
  readonly resolveKey: (organisationId: string, key: string, actor: Actor) => Promise<void>;
}

/** What the alert capability's own parts need besides. */
export interface InnerParts extends AlertParts {
  /** No channel took an alert; called after the commit that found it. */
  readonly channelsDead: (organisationId: string) => void;
  /** A channel took a message; called after that commit. */
  readonly channelAccepted: (organisationId: string) => void;
}

export const engineActor: Actor = { personId: null, name: 'console', channel: 'engine', correlationId: '' };

export type { Notice };
