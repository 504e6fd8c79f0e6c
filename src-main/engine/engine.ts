import type { z } from 'zod';
import type { app } from '../../src-shared/contract/app.ts';
import type { ConsoleRouter } from './handlers/index.ts';
import type { Leaving } from './leaving.ts';
import type { ReceiverDoor } from './receiver/index.ts';

/** Counts of one organisation, as the status bar and the tray show them. */
export type Counts = z.infer<NonNullable<(typeof app.counts)['~orpc']['outputSchema']>>;

/** One open alert as the tray offers it. */
export interface AlertInTray {
  readonly organisationId: string;
  readonly id: string;
  /** `A-1042` */
  readonly reference: string;
  readonly severity: string;
  readonly title: string;
}

export interface TraySummary {
  readonly practice: boolean;
  readonly waiting: number;
  readonly inDoubt: number;
  /** Work that needs a person now. */
  readonly needsPerson: number;
  /** Open alerts among it (U33). */
  readonly alerts: number;
  readonly sending: boolean;
  /** Wedding-day mode is on in one of the organisations that are sent for from here. */
  readonly weddingDay: boolean;
  /** The worst of those alerts, at most five. */
  readonly worst: readonly AlertInTray[];
  /** Why nothing leaves this computer; null while it sends. */
  readonly notSending: 'safe mode' | 'keychain' | 'other computer' | 'paused' | null;
}

/** A native notification; its address is navigated to when it is opened (SEC-18). */
export interface Notice {
  /** The same key replaces the one before. */
  readonly key: string;
  readonly title: string;
  readonly body: string;
  readonly urgent: boolean;
  readonly address: string;
  /** Offers *Acknowledge* (U38). */
  readonly alert?: { readonly organisationId: string; readonly id: string };
}

/** Where the engine tells a person at this machine something; the agent and the commands have none. */
export interface NoticePort {
  show(notice: Notice): void;
  remove(key: string): void;
  /** Whether the operating system shows them (U42). */
  allowed?(): boolean;
  /** Whether this machine is kept from sleeping on wedding days (U43). */
  staysAwake?(): 'yes' | 'not on battery' | 'switched off';
}

/** A running engine as a host sees it. */
export interface Engine {
  readonly router: ConsoleRouter;
  /** Webhooks in; the host's listener hands them over raw. */
  readonly webhooks: ReceiverDoor;
  /** The host's listener stands there, e.g. `http://127.0.0.1:4100`; screens show it to whoever sets up a sender. */
  listensAt(url: string): void;
  /**
   * The host could not open its listener, and why; null: it is open. Everything else goes on: screens and webhooks in cannot
   * be reached meanwhile, which is an alert of the console itself (FT-72).
   */
  doorShut(why: string | null): Promise<void>;
  /** R49: nothing is sent or received, no schedule runs; screens and commands work. */
  readonly safeMode: boolean;
  tray(): Promise<TraySummary>;
  /** The person at this machine has it (A6); their name. Rejects with the reason when they may not, or it is too late. */
  acknowledge(via: 'tray' | 'notification', organisationId: string, alertId: string): Promise<string>;
  readonly leaving: Leaving;
  /** The metrics page: slugs and numbers of every organisation, in Prometheus' text form (SEC-26). */
  metricsText(): Promise<string>;
  /** Calls back after every commit that changed something; returns its own "stop". */
  onChange(listener: () => void): () => void;
  /**
   * A person looks at the screens: the practice organisation gets its sample costs, in the background, once. Commands
   * and a headless agent never ask for it, so that they find only what they brought.
   */
  showSamples(): void;
  /** After sleep, or when work was added: looks at everything due at once. */
  wake(): void;
  /** R51: stop leasing, wait up to 5 s for what is in flight, store, checkpoint. */
  stop(): Promise<void>;
}
