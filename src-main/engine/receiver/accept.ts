import { verifyWithAny } from '../../adapters/kit/signature/verify.ts';
import type { Logger, Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { countDuplicate, insertInbound, type NewInbound, noteOldSecret } from '../../store/repositories/inbound.ts';
import { createPace } from './pace.ts';
import { mediaType, readBody, typeIsTaken } from './read-body.ts';
import { dedupeOf, type Headers, senders } from './senders.ts';
import type { createSources, LiveSource } from './sources.ts';

export interface IncomingRequest {
  readonly headers: Headers;
  /** Path and query as received. */
  readonly url: string;
  readonly rawBody: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What holds for an organisation's senders now. */
export interface Season {
  /** Requests a minute and sender (W3). */
  readonly perMinute: number;
  /** Wedding-day mode: what comes now is worked first (W7). */
  readonly weddingDay: boolean;
}

export interface AcceptDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly sources: ReturnType<typeof createSources>;
  /** False: nothing can be kept now. */
  readonly takes: () => boolean;
  readonly season: (organisationId: string) => Promise<Season>;
  /** After the commit of something new. */
  readonly stored: (organisationId: string, id: string) => void;
}

/** Only names that say something about the event and carry no secret are kept. */
const keptHeaders = [
  'content-type',
  'user-agent',
  'x-webhook-id',
  'x-webhook-subscription',
  'webhook-id',
  'webhook-timestamp',
  'x-slack-request-timestamp',
  'x-slack-retry-num',
  'x-slack-retry-reason',
  'i-twilio-idempotency-token',
];
const hourMs = 3_600_000;
const refusalsLoggedPerMinute = 10;

/**
 * From raw bytes to the answer, in the order of SEC-25: signature and time window, the sender's share of requests, the form
 * of the body, durably stored, answered. Size, path and Host are the listener's, before this. Trouble of our own is 503
 * and nothing else, since senders give up on other statuses.
 */
export function createAccept(deps: AcceptDeps) {
  const { store, runtime, sources } = deps;
  const pace = createPace(runtime.clock);
  const log = createRefusalLog(runtime);

  async function store2xx(one: LiveSource, event: NewInbound): Promise<'new' | 'known'> {
    const [inserted] = await store.batch([insertInbound(event)]);
    if (inserted?.rows.length === 1) {
      deps.stored(event.organisationId, event.id);
      return 'new';
    }
    store
      .batch([countDuplicate(event)])
      .catch((thrown: unknown) =>
        runtime.log.warn('webhook.duplicate-uncounted', { source: one.source, error: String(thrown) }),
      );
    return 'known';
  }

  function noteOld(one: LiveSource, at: number): void {
    if (one.oldUsedAt !== null && at - one.oldUsedAt < hourMs) return;
    one.oldUsedAt = at;
    store
      .transaction((tx) => noteOldSecret(tx, one.organisationId, one.source, at))
      .catch((thrown: unknown) => runtime.log.warn('webhook.old-secret-unnoted', { error: String(thrown) }));
  }

  async function judged(one: LiveSource, request: IncomingRequest): Promise<Answer> {
    const { organisationId, source, options } = one;
    const { headers, rawBody } = request;
    const sender = senders[source];
    const at = runtime.clock.now();
    const verdict = verifyWithAny(
      { source, options, headers, rawBody, url: signedUrl(one, request), now: Math.floor(at / 1_000) },
      one.secrets ?? (await sources.secretsFor(one)),
    );
    if (!verdict.ok) {
      // Our own missing secret is our own trouble; a 401 would make senders give up.
      if (verdict.code === 'secret-unusable' || verdict.code === 'options-unusable')
        return { status: 503, headers: retryLater };
      one.refused += 1;
      one.lastRefusal = { at, reason: verdict.code, detail: verdict.detail };
      log.refused(one, verdict.code);
      return { status: sender.notAuthentic };
    }
    if (verdict.key === 1) noteOld(one, at);

    const { perMinute, weddingDay } = await deps.season(organisationId);
    const waitMs = pace.take(`${organisationId}/${source}`, perMinute);
    if (waitMs > 0) return { status: 429, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } };

    const body = readBody(sender, headers, rawBody, queryOf(request.url));
    if (body === null && !sender.keepsMalformed) return { status: 400 };
    const read = body ?? { json: undefined, form: null };
    if (source === 'slack' && typeOf(read.json) === 'url_verification') {
      return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: challengeOf(read.json) };
    }
    const dedupe = dedupeOf(sender, read, headers, rawBody, options.dedupePointer ?? null);
    const signedAt = options.timestampHeader ? (headers[options.timestampHeader.toLowerCase()] ?? null) : null;
    await store2xx(one, {
      id: runtime.ids.next(),
      organisationId,
      source,
      dedupeKey: dedupe.key,
      keepMs: dedupe.keepMs,
      priority: (weddingDay ? 0 : 10) + sender.rank,
      at,
      headers: JSON.stringify(kept(headers, request.url, options.param ?? 'token', signedAt)),
      signedAt,
      body: rawBody,
      keyUsed: verdict.key,
    });
    return { status: sender.taken };
  }

  async function answered(one: LiveSource, request: IncomingRequest): Promise<Answer> {
    if (!deps.takes()) return { status: 503, headers: retryLater };
    try {
      return await judged(one, request);
    } catch (thrown) {
      runtime.log.error('webhook.failed', {
        organisation: one.organisationId,
        source: one.source,
        error: thrown instanceof Error ? thrown.message : String(thrown),
      });
      return { status: 503, headers: retryLater };
    }
  }

  return {
    /** Whether the type of the body is one that is taken at all: 415 otherwise, before the body is read. */
    takesType: (headers: Headers) =>
      typeIsTaken(mediaType(headers)) &&
      (headers['content-encoding'] ?? 'identity').trim().toLowerCase() === 'identity',

    async receive(one: LiveSource, request: IncomingRequest): Promise<Answer> {
      const answer = await answered(one, request);
      one.answers.set(answer.status, (one.answers.get(answer.status) ?? 0) + 1);
      return answer;
    },
  };
}

const retryLater = { 'retry-after': '10' };

/** The configured address word for word, with the query of this request: status addresses carry one a message. */
function signedUrl({ publicUrl }: LiveSource, { headers, url }: IncomingRequest): string {
  if (publicUrl === '') return `http://${headers.host ?? ''}${url}`;
  return url.includes('?') ? `${publicUrl.replace(/[?#].*$/s, '')}?${queryOf(url)}` : publicUrl;
}

function queryOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

function kept(headers: Headers, url: string, tokenParameter: string, signedAt: string | null): Record<string, string> {
  const some: Record<string, string> = signedAt === null ? {} : { ':signed-at': signedAt };
  for (const name of keptHeaders) {
    const value = headers[name];
    if (value !== undefined) some[name] = value.slice(0, 300);
  }
  const parameters = new URLSearchParams(queryOf(url));
  parameters.delete(tokenParameter);
  const rest = parameters.toString();
  if (rest !== '') some[':query'] = rest.slice(0, 1_000);
  return some;
}

const typeOf = (json: unknown) => (typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined);

function challengeOf(json: unknown): string {
  const challenge = typeof json === 'object' && json !== null && 'challenge' in json ? json.challenge : '';
  return typeof challenge === 'string' ? challenge.slice(0, 500) : '';
}

/** A flood of refusals must not fill the log either. */
function createRefusalLog({ clock, log }: { readonly clock: Runtime['clock']; readonly log: Logger }) {
  let minute = 0;
  let count = 0;
  return {
    refused({ organisationId, source }: LiveSource, code: string): void {
      const now = Math.floor(clock.monotonicMs() / 60_000);
      if (now !== minute) {
        if (count > refusalsLoggedPerMinute)
          log.warn('webhook.more-refused', { count: count - refusalsLoggedPerMinute });
        minute = now;
        count = 0;
      }
      count += 1;
      if (count <= refusalsLoggedPerMinute)
        log.info('webhook.refused', { organisation: organisationId, source, reason: code });
    },
  };
}
