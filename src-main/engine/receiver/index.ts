import { SignedSource } from '../../adapters/kit/signature/signed-request.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Redactor, SecretStore } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Events } from '../events.ts';
import type { Organisations } from '../organisations/organisations.ts';
import type { Weekend } from '../weekend/weekend.ts';
import { type Answer, createAccept, type IncomingRequest, type Season } from './accept.ts';
import { createInboundLog } from './log.ts';
import { senders } from './senders.ts';
import { createSources, type LiveSource, type Senders, type SourceOptions } from './sources.ts';
import { createWork, type WorkDeps } from './work.ts';

export type { Answer, IncomingRequest } from './accept.ts';
export type { LiveSource, Senders } from './sources.ts';

const momentMs = 1_000;
/** Requests a minute and sender, ten times as many in the peak season (W3). */
const perMinute = { usual: 100, peak: 1_000 } as const;

export interface ReceiverDeps extends Omit<WorkDeps, 'events'> {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly redactor: Redactor;
  readonly weekend: Pick<Weekend, 'calendar'>;
  readonly organisations: Pick<Organisations, 'requireRole' | 'get'>;
  readonly audit: AppendAudit;
  readonly events: Events;
  readonly secretsOf: (organisationId: string) => Promise<SecretStore>;
  /** False: there is no room to keep anything; senders are asked to come back. Always true when left out. */
  readonly takes?: () => boolean;
  /** Replaces W3's figures; the benchmark lifts them. */
  readonly perMinute?: number;
}

/** What a host's listener needs to take webhooks in. */
export interface ReceiverDoor {
  senders(): Senders | Promise<Senders>;
  methodsOf(source: LiveSource): readonly string[];
  takesType(headers: IncomingRequest['headers']): boolean;
  receive(source: LiveSource, request: IncomingRequest): Promise<Answer>;
}

export type Receiver = ReturnType<typeof createReceiver>;

/** Webhooks in: who may send, what came, what it does. */
export function createReceiver(deps: ReceiverDeps) {
  const { store, runtime, weekend } = deps;
  const seasons = new Map<string, { readonly until: number; readonly season: Season }>();
  /** Local time costs more than the rest of a request, and says the same for a second. */
  async function season(organisationId: string): Promise<Season> {
    const now = runtime.clock.now();
    const known = seasons.get(organisationId);
    if (known && now < known.until && now >= known.until - momentMs) return known.season;
    const facts = (await weekend.calendar(organisationId)).at(now);
    const next = {
      perMinute: deps.perMinute ?? (facts.season === 'peak' ? perMinute.peak : perMinute.usual),
      weddingDay: facts.weddingDay.active,
    };
    seasons.set(organisationId, { until: now + momentMs, season: next });
    return next;
  }
  const sources = createSources({
    ...deps,
    clock: runtime.clock,
    perMinute: async (organisationId) => (await season(organisationId)).perMinute,
  });
  const work = createWork(deps);
  const accept = createAccept({
    store,
    runtime,
    sources,
    takes: deps.takes ?? (() => true),
    season,
    stored: () => work.wake(),
  });
  const log = createInboundLog({ ...deps, workDue: work.workDue });

  const door: ReceiverDoor = {
    senders: sources.senders,
    methodsOf: ({ source }) => senders[source].methods,
    takesType: accept.takesType,
    receive: accept.receive,
  };

  return {
    door,
    sources,
    log,
    workDue: work.workDue,
    wake: work.wake,
    start: work.start,
    stop: work.stop,

    /** The practice organisation takes every sender's webhooks, with secrets that are printed in the help. */
    async seedPractice(organisationId: string): Promise<void> {
      for (const source of SignedSource.options) {
        await sources.seed(organisationId, source, practiceSecret(source), practiceOptions[source] ?? {});
      }
    },
  };
}

const practiceOptions: Partial<Record<SignedSource, SourceOptions>> = {
  grafana: { timestampHeader: 'X-Grafana-Alerting-Timestamp' },
  'generic-hmac': {
    signatureHeader: 'X-Signature-256',
    prefix: 'sha256=',
    encoding: 'hex',
    timestampHeader: 'X-Timestamp',
  },
  datadog: { mode: 'header', header: 'X-WedSync-Token' },
  honeybook: { mode: 'header', header: 'X-WedSync-Token' },
  tave: { mode: 'url-token', param: 'token' },
};

/** Opens nothing but the practice organisation on this machine. */
function practiceSecret(source: SignedSource): string {
  const secret = `practice-${source}-secret`;
  return source === 'standard-webhooks' ? `whsec_${Buffer.from(secret).toString('base64')}` : secret;
}
