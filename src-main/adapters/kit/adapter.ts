import type { z } from 'zod';
import type { DeliveryClass, Idempotency, Receipt } from '../../../src-shared/domain/delivery/job.ts';
import type { Failure } from '../../../src-shared/domain/failure.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { HttpClient } from '../../ports/http.ts';
import type { PageDriver } from '../../ports/pages.ts';
import type { Clock, Logger, Random } from '../../ports/runtime.ts';
import type { SmtpClient } from '../../ports/smtp.ts';
import type { SocketClient } from '../../ports/socket.ts';
import type { WarehouseClient } from '../../ports/warehouse.ts';
import type { DayWindow, LedgerEntry } from './ledger.ts';

export type Json = z.core.util.JSONType;

export interface Manifest {
  /** Folder name, e.g. `xero`. */
  readonly id: string;
  /** Name on screen, e.g. `Xero`. */
  readonly name: string;
  readonly category: 'monitoring' | 'bi' | 'crm' | 'channel' | 'accounting';
  readonly auth: 'none' | 'api-key' | 'basic' | 'oauth2';
  /** Vendor hosts this adapter may talk to; the http port refuses any other. */
  readonly hosts: readonly string[];
  /** Page under `resources/help/`. */
  readonly helpPage: string;
}

/** Values in force per connection (R21): own queue, own pace. */
export interface Limits {
  readonly concurrency: number;
  readonly perMinute?: number;
  readonly perDay?: number;
}

/** What one call gets. Secrets are resolved for this call only; never logged, never stored. */
export interface Context<Settings, Secrets> {
  readonly organisationId: string;
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** The book, workspace or tenant a person chose among `accounts()`; null until then. */
  readonly account: Account | null;
  /** Adds the access token of an OAuth connection and refreshes it once on 401. */
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Evidence and other files a payload names by content id; absent where the console keeps none. */
  readonly files?: { read(id: string): Promise<Uint8Array> };
  /** Rows of data sets a BI payload names by content id. */
  readonly datasets?: { read(id: string): Promise<Uint8Array> };
  /** The organisation's own database; absent where the host has none. */
  readonly warehouse?: WarehouseClient;
  /** A secret of this system that belongs to one of many accounts, by name: a vendor's own key. null: never stored. */
  readonly secret?: (name: string) => Promise<string | null>;
  /** Lines that are not http; absent where the host has none. */
  readonly smtp?: SmtpClient;
  readonly sockets?: SocketClient;
  /** Drives an installed browser; absent where the host has none. */
  readonly pages?: PageDriver;
  /**
   * Deliveries only: receipts of what was delivered before under the same order key (for alerts: the same alert and
   * destination), newest first. A later state of an alert edits or threads the messages named there.
   */
  readonly earlier?: () => Promise<readonly Receipt[]>;
}

/** One of the books, workspaces or tenants a sign-in reached. */
export interface Account {
  readonly id: string;
  readonly name: string;
  /** What tells it from its neighbours: country, kind, number. */
  readonly detail: string;
}

/**
 * What a ledger offers to post to, read from it now. The engine keeps the answer with the connection, a person confirms
 * the choices once, and every export reads it again and compares (MAP-TAX, MAP-ACCOUNT).
 */
export interface LedgerReference {
  /** Every tax code a purchase may carry there; `rate` is percent as decimal text, e.g. `"20"`. */
  readonly taxes: readonly { readonly code: string; readonly label: string; readonly rate: string }[];
  /** Every active account a purchase may be booked to. */
  readonly accounts: readonly { readonly code: string; readonly label: string }[];
  /** VAT treatment -> the code proposed for it; null where this ledger cannot represent the treatment. */
  readonly proposedTaxes: Readonly<Record<string, string | null>>;
  /** Account proposed where a category has none yet; null: a person must choose. */
  readonly proposedAccount: string | null;
  /** ISO 4217 codes the books accept; the first is their own currency. */
  readonly currencies: readonly string[];
  /** Nothing dated on or before this day can be posted; null when nothing is locked. */
  readonly lockedUntil: string | null;
  /**
   * What these books cannot represent, by VAT treatment, or `credit_note` for the kind of document: the check that blocks
   * such a line, why, and what to do instead. It holds whatever codes were confirmed.
   */
  readonly cannotHold?: Readonly<Record<string, { readonly check: string; readonly reason: string }>>;
  /** Treatments whose VAT is part of the cost here, because these books would claim any VAT shown to them. */
  readonly grossCost?: readonly string[];
}

/** The same value is previewed, stored with the attempt, and sent. It cannot contain a secret. */
export interface Plan {
  readonly summary: string;
  readonly target: string;
  /** In people's words, for the preview. */
  readonly fields: readonly { readonly name: string; readonly next: string }[];
  readonly body: Json;
}

export interface Stamp {
  readonly idempotencyKey: string;
  readonly at: Instant;
  /** 1 for the first try. */
  readonly attempt: number;
  /** The try before may have had its effect, so this one marks its message as a repeat. */
  readonly repeat?: boolean;
  /** Who sends; where a message has room for it, a console that sends as well can see it there (R52). */
  readonly sentBy?: SenderMark;
}

export interface SenderMark {
  readonly seatId: string;
  /** Of this start of the program. */
  readonly startId: string;
  /** The computer, for people. */
  readonly name: string;
}

/** What a look-up by our own reference found. `same: false` is held for a person (R25). */
export interface Found {
  readonly receipt: Receipt;
  readonly same: boolean;
  readonly difference?: string;
  /**
   * Ours beyond doubt, but its later steps are missing (a draft without its evidence, say). `same` is false then: nothing
   * is delivered yet, and nobody needs to look. `deliver` may run at once; it goes on from where the document stands.
   */
  readonly unfinished?: boolean;
}

export interface Action<P extends z.ZodType, Settings, Secrets> {
  readonly label: string;
  readonly payload: P;
  readonly payloadVersion: number;
  /** What we promise about this work. Together with idempotency it decides what a crash means (R7). */
  readonly deliveryClass: DeliveryClass;
  readonly idempotency: Idempotency;
  /** Pure. */
  plan(payload: z.output<P>, settings: Settings, stamp: Stamp): Plan;
  /** Throws IntegrationError and nothing else. */
  deliver(plan: Plan, stamp: Stamp, ctx: Context<Settings, Secrets>): Promise<Receipt>;
  /** Search by our own reference. Required for `lookup-first` and for every never-twice action. */
  find?(plan: Plan, stamp: Stamp, ctx: Context<Settings, Secrets>): Promise<Found | null>;
  /** What the other side holds now, by the plan's field names: the left column of a preview (V6). */
  current?(payload: z.output<P>, ctx: Context<Settings, Secrets>): Promise<Readonly<Record<string, string>>>;
}

export interface InboundRequest {
  readonly rawBody: Uint8Array;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly method: string;
  readonly url: string;
}

export type Verdict = { readonly valid: true } | { readonly valid: false; readonly reason: string };

/** `verify` runs before anything is stored; `read` runs later, from the stored bytes. Both pure. */
export interface Receiver<Settings, Secrets> {
  readonly label: string;
  verify(request: InboundRequest, settings: Settings, secrets: Secrets, at: Instant): Verdict;
  read(request: InboundRequest): readonly { readonly eventId: string; readonly event: Json }[];
}

/** What a person or the other side did there. Ids are the other side's own; nobody has checked yet who may do what. */
export type Heard =
  | {
      readonly kind: 'press';
      /** The same press heard twice has the same id. */
      readonly id: string;
      /** `alert`, or the `bundle` several were told in (A15); its id is in `alertId`. */
      readonly about: 'alert' | 'bundle';
      readonly alertId: string;
      readonly action: 'acknowledge' | 'snooze';
      /** Who pressed, as the other side calls them, and the console's person when the settings name one. */
      readonly user: string;
      readonly personId: string | null;
      readonly at: Instant;
    }
  | {
      readonly kind: 'state';
      readonly id: string;
      /** `alert`, or the `bundle` several were told in (A15). */
      readonly about: 'alert' | 'bundle';
      readonly alertId: string;
      /** Of the incident: which round of the alert it is about; see `incidentKey`. */
      readonly key: string;
      readonly state: 'acknowledged' | 'resolved';
      /** As the other side names them; null: it does not say. */
      readonly by: string | null;
    }
  /** Who sent a message that arrived there at `at`, by that side's clock. */
  | ({ readonly kind: 'mark'; readonly id: string; readonly at: Instant } & SenderMark);

/**
 * Keeps a line open, or asks now and then, where the other side cannot reach a desktop (W0). `run` resolves when the line
 * ended or the signal aborts and throws IntegrationError when it cannot be opened; whoever runs it starts it again.
 * `hear` answers with words for the person who acted, when there is something to say. `stands` is called once the line is
 * known to work; again does no harm.
 */
export interface Listener<Settings, Secrets> {
  readonly label: string;
  /** False: the connection has nothing to listen with. */
  wanted(settings: Settings, secrets: Secrets): boolean;
  run(
    ctx: Context<Settings, Secrets>,
    hear: (heard: Heard) => Promise<{ readonly say: string | null }>,
    stands: () => void,
  ): Promise<void>;
}

export interface HealthCheck {
  readonly id: string;
  readonly label: string;
  /** Names of the actions that stop working when this fails. */
  readonly neededFor: readonly string[];
  readonly failure: Failure | null;
  /** What the other side itself counts, in its own last 24 hours. */
  readonly quota?: { readonly used: number; readonly perDay: number };
}

/**
 * The public half of an OAuth connection; `kit/oauth.ts` runs it. The client id is the field `clientId` of the adapter's
 * settings or secrets, the client secret, where the vendor demands one, the secret `clientSecret`. The tokens are one
 * secret of their own, `tokens`, which no schema lists and no adapter sees.
 */
export interface OAuthSpec {
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly revokeUrl?: string;
  readonly scopes: readonly string[];
  readonly pkce: boolean;
  /** Fixed loopback ports registered with the vendor; the first free one is used. None for a `page`. */
  readonly redirectPorts: readonly number[];
  /** The one path registered with the vendor; default `/callback`. */
  readonly redirectPath?: string;
  /** Where the client secret goes; default `none` (a public client with PKCE). */
  readonly clientAuth?: 'none' | 'basic' | 'body';
  /**
   * `page`: the vendor takes no loopback address. It sends the browser to the https page in the setting `redirectUrl`, and
   * a person pastes that page's address back. Default `loopback`.
   */
  readonly redirect?: 'loopback' | 'page';
  /** How the token address takes its fields; `json-with-redirect` repeats the redirect address in a refresh. Default `form`. */
  readonly tokenBody?: 'form' | 'json-with-redirect';
  /** How the revocation address takes the token; default `form`. */
  readonly revokeBody?: 'form' | 'json';
  /** Sent to the token address as well. */
  readonly tokenHeaders?: Readonly<Record<string, string>>;
  /** Field of the answer that names the account the sign-in is for, where the vendor settles that on its own page. */
  readonly accountField?: string;
  /** Checked against `iss` of the answer when the vendor sends one (RFC 9207). */
  readonly issuer?: string;
  /** The addresses were typed in: checked against private ranges at every attempt (SEC-36). */
  readonly untrustedHost?: boolean;
}

/**
 * CRMs that tell of new clients (V7). `url`: where they are to call, token included. Either done again changes nothing.
 */
export interface ClientHooks<C> {
  subscribe(ctx: C, ask: { readonly vendorId: string; readonly url: string }): Promise<void>;
  unsubscribe(ctx: C, ask: { readonly vendorId: string; readonly url: string }): Promise<void>;
}

export interface Adapter<Settings, Secrets> {
  readonly manifest: Manifest;
  readonly limits: Limits;
  readonly settings: {
    readonly version: number;
    readonly schema: z.ZodType<Settings>;
    /** Entry n turns version n+1 into n+2. Plain data in, plain data out. */
    readonly upgrades: readonly ((old: unknown) => unknown)[];
  };
  readonly secrets: z.ZodType<Secrets>;
  readonly oauth?: OAuthSpec;
  /** In place of `oauth` where its addresses are a connection's own settings; null: this one signs in to nothing. */
  oauthFor?(settings: Settings): OAuthSpec | null;
  // biome-ignore lint/suspicious/noExplicitAny: each action has a payload type of its own; parsed before use
  readonly actions: Readonly<Record<string, Action<any, Settings, Secrets>>>;
  readonly receivers: Readonly<Record<string, Receiver<Settings, Secrets>>>;
  readonly listener?: Listener<Settings, Secrets>;
  checkHealth(ctx: Context<Settings, Secrets>): Promise<readonly HealthCheck[]>;
  /** What the sign-in reached; absent where a connection is one account by nature. `ctx.account` may be null. */
  accounts?(ctx: Context<Settings, Secrets>): Promise<readonly Account[]>;
  /** BI systems only: where their rows come from, and how often a planned sync is worth its price there. */
  readonly bi?: {
    /** `warehouse`: told after the rows are loaded there. `files`: handed the rows. */
    source(settings: Settings): 'warehouse' | 'files';
    everyMs(settings: Settings): number;
  };
  /** CRMs reached by pages: a window in which a vendor signs in; gives the state to keep for them, JSON. */
  vendorSignIn?(ctx: Context<Settings, Secrets>): Promise<string>;
  readonly clientHooks?: ClientHooks<Context<Settings, Secrets>>;
  /** A key opens the account of one vendor: two vendors with the same one would be written into it both. */
  readonly oneVendorAKey?: boolean;
  /** Ledgers only. */
  reference?(ctx: Context<Settings, Secrets>): Promise<LedgerReference>;
  /** Ledgers only: every purchase document of those days that counts or is a draft there (F11). */
  entries?(ctx: Context<Settings, Secrets>, days: DayWindow): Promise<readonly LedgerEntry[]>;
}

// biome-ignore lint/suspicious/noExplicitAny: the registry holds adapters of many settings types; parsed before use
export type AnyAdapter = Adapter<any, any>;

/** Fixes the two type parameters once, so an adapter's files need no annotations. */
export function adapterKit<S extends z.ZodObject, K extends z.ZodObject>(_shape: { settings: S; secrets: K }) {
  type Settings = z.output<S>;
  type Secrets = z.output<K>;
  return {
    action: <P extends z.ZodType>(action: Action<P, Settings, Secrets>) => action,
    receiver: (receiver: Receiver<Settings, Secrets>) => receiver,
    listener: (listener: Listener<Settings, Secrets>) => listener,
    adapter: (adapter: Adapter<Settings, Secrets>) => adapter,
  };
}
