import { z } from 'zod';
import type { InboundSource } from '../../../src-shared/contract/systems.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { type ReasonCode, SchemeOptions, SignedSource } from '../../adapters/kit/signature/signed-request.ts';
import { keyOf } from '../../adapters/kit/signature/standard-webhooks.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { Redactor, SecretStore } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import * as rows from '../../store/repositories/inbound.ts';
import * as listed from '../../store/repositories/inbound-list.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Events } from '../events.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { notFound, refused } from '../problem.ts';
import { senders } from './senders.ts';

/** Scheme options and, for senders without an id of their own, where in the body one is. */
export const SourceOptions = SchemeOptions.extend({
  dedupePointer: z
    .string()
    .max(200)
    .regex(/^(?:\/[^/]*)*$/, 'is no JSON pointer')
    .optional(),
});
export type SourceOptions = z.infer<typeof SourceOptions>;

const dayMs = 86_400_000;
/** Where the secrets of senders lie in the secret store: `<organisation>/inbound/<source>`. */
export const secretSystem = 'inbound';
/** `WEBHOOK_SECRET_PAGERDUTY` and its like: an agent's secrets of senders from its environment (X4). */
export const senderVariables = SignedSource.options.map((source) => ({
  variable: `WEBHOOK_SECRET_${source.toUpperCase().replaceAll('-', '_')}`,
  system: secretSystem,
  name: source,
}));
const oldName = (source: string) => `${source}.old`;

/** A sender as the receiving path needs it, kept in memory. */
export interface LiveSource {
  readonly organisationId: string;
  readonly source: SignedSource;
  readonly on: boolean;
  readonly publicUrl: string;
  readonly options: SourceOptions;
  readonly corsOrigins: readonly string[];
  readonly rotatedAt: number | null;
  oldUsedAt: number | null;
  /** New one first; read once, since a keychain is slow. null: not read yet. */
  secrets: readonly string[] | null;
  refused: number;
  /** Only in memory: whoever is not authentic leaves nothing behind (W1). */
  lastRefusal: { readonly at: number; readonly reason: ReasonCode; readonly detail: string } | null;
  /** How many requests were answered with which status since the console started. */
  readonly answers: Map<number, number>;
}

/** Who may send now, and the names a tunnel or proxy may call us by: the hosts of the public addresses that were set (SEC-20). */
export interface Senders {
  /** null: nobody is to send there. */
  find(organisationId: string, source: string): LiveSource | null;
  readonly hosts: ReadonlySet<string>;
}

export interface SourcesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly redactor: Pick<Redactor, 'know'>;
  readonly secretsOf: (organisationId: string) => Promise<SecretStore>;
  readonly organisations: Pick<Organisations, 'requireRole' | 'get'>;
  readonly audit: AppendAudit;
  readonly events: Pick<Events, 'publish'>;
  readonly perMinute: (organisationId: string) => Promise<number>;
}

/** Who may send to which organisation, with what secret. */
export function createSources(deps: SourcesDeps) {
  const { store, clock, redactor, secretsOf, organisations, audit, events } = deps;
  let live: Promise<Map<string, LiveSource>> | null = null;
  let listensAt: string | null = null;
  /** What `live` came to: asking costs no turn of the event loop. */
  let present: Senders | null = null;

  /** Outlives a change of the source: a counter goes up only. */
  const answers = new Map<string, { organisationId: string; source: string; byStatus: Map<number, number> }>();
  function answersOf(organisationId: string, source: string): Map<number, number> {
    const key = `${organisationId}/${source}`;
    const known = answers.get(key) ?? { organisationId, source, byStatus: new Map<number, number>() };
    answers.set(key, known);
    return known.byStatus;
  }

  function liveOf(row: rows.InboundSourceRow): LiveSource[] {
    const source = SignedSource.safeParse(row.source);
    if (!source.success) return [];
    return [
      {
        organisationId: row.organisation_id,
        source: source.data,
        on: row.mode === 'on',
        publicUrl: row.public_url,
        options: SourceOptions.catch({}).parse(JSON.parse(row.options)),
        corsOrigins: z.array(z.string()).catch([]).parse(JSON.parse(row.cors_origins)),
        rotatedAt: row.rotated_at,
        oldUsedAt: row.old_used_at,
        secrets: null,
        refused: 0,
        answers: answersOf(row.organisation_id, row.source),
        lastRefusal: null,
      },
    ];
  }

  function all(): Promise<Map<string, LiveSource>> {
    if (live) return live;
    const loading = rows.everySource(store.read).then((found) => {
      const all = new Map(found.flatMap(liveOf).map((one) => [`${one.organisationId}/${one.source}`, one]));
      if (live === loading) present = sendersOf(all);
      return all;
    });
    live = loading;
    loading.catch(changed);
    return loading;
  }

  /** The next one who asks reads again. */
  function changed(): void {
    live = null;
    present = null;
  }

  async function secretsFor(one: LiveSource): Promise<readonly string[]> {
    if (one.secrets !== null) return one.secrets;
    const secrets = await secretsOf(one.organisationId);
    const read = (name: string) => secrets.read({ organisationId: one.organisationId, system: secretSystem, name });
    const found = [await read(one.source), await read(oldName(one.source))].filter((each) => each !== null);
    for (const each of found) redactor.know(each);
    one.secrets = found;
    return found;
  }

  /** A keychain that is not ready shows no secret as present; it is no error of the page. */
  async function secretNames(organisationId: string): Promise<readonly string[]> {
    try {
      const list = await (await secretsOf(organisationId)).list(organisationId);
      return list.flatMap(({ system, name }) => (system === secretSystem ? [name] : []));
    } catch {
      return [];
    }
  }

  async function view(organisationId: string, source: SignedSource): Promise<InboundSource> {
    const one = (await all()).get(`${organisationId}/${source}`);
    const path = `/webhooks/${encodeURIComponent(organisationId)}/${source}`;
    const names = await secretNames(organisationId);
    const { count, last } = await listed.arrivals(store.read, organisationId, source, clock.now() - dayMs);
    const lingering =
      one && one.rotatedAt !== null && one.oldUsedAt !== null && one.oldUsedAt - one.rotatedAt > 7 * dayMs;
    return {
      source,
      name: senders[source].name,
      on: one?.on === true && names.includes(source),
      path,
      publicUrl: one?.publicUrl ?? '',
      options: z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(one?.options ?? {}))),
      corsOrigins: [...(one?.corsOrigins ?? [])],
      secretPresent: names.includes(source),
      oldSecretPresent: names.includes(oldName(source)),
      oldSecretLastUsedAt: lingering && one.oldUsedAt !== null ? isoOf(Instant.parse(one.oldUsedAt)) : null,
      received24h: count,
      lastReceivedAt: last === null ? null : isoOf(Instant.parse(last)),
      refused: one?.refused ?? 0,
      lastRefusal: one?.lastRefusal ? { ...one.lastRefusal, at: isoOf(Instant.parse(one.lastRefusal.at)) } : null,
      localUrl: listensAt === null ? null : `${listensAt}${path}`,
      perMinute: await deps.perMinute(organisationId),
    };
  }

  return {
    senders: (): Senders | Promise<Senders> => present ?? all().then(sendersOf),
    secretsFor,
    answers: () =>
      [...answers.values()].flatMap(({ byStatus, ...of }) =>
        [...byStatus].map(([status, count]) => ({ ...of, status, count })),
      ),
    /** Where this computer's receiver is, e.g. `http://127.0.0.1:4100`; null: nothing is received. */
    listenAt(url: string | null): void {
      listensAt = url;
    },

    /** Where a sender whose requests carry their token is to call, token included; null: nothing of it can reach us. */
    async addressFor(organisationId: string, source: SignedSource): Promise<string | null> {
      const one = (await all()).get(`${organisationId}/${source}`);
      const [secret] = one?.on === true && one.options.mode === 'url-token' ? await secretsFor(one) : [];
      if (!one || secret === undefined) return null;
      const { practice } = await organisations.get(organisationId);
      const here = practice && listensAt !== null ? `${listensAt}/webhooks/${organisationId}/${source}` : '';
      const base = one.publicUrl || here;
      if (base === '') return null;
      const url = new URL(base);
      url.search = '';
      url.searchParams.set(one.options.param ?? 'token', secret);
      return url.href;
    },

    async list(organisationId: string): Promise<InboundSource[]> {
      await organisations.get(organisationId);
      return Promise.all(SignedSource.options.map((source) => view(organisationId, source)));
    },

    /** A new secret stands before the old one until the old one is forgotten; nobody can send meanwhile with neither. */
    async save(
      organisationId: string,
      wish: {
        readonly source: string;
        readonly on?: boolean | undefined;
        readonly publicUrl?: string | undefined;
        readonly options?: Readonly<Record<string, unknown>> | undefined;
        readonly corsOrigins?: readonly string[] | undefined;
        readonly secret?: string | undefined;
        readonly forgetOldSecret: boolean;
      },
      by: Asker,
    ): Promise<InboundSource> {
      const person = await organisations.requireRole(organisationId, by.personId, ['admin']);
      const source = SignedSource.safeParse(wish.source);
      if (!source.success) throw notFound({ happened: `There is no sender "${wish.source}".` });
      const options = checkedOptions(source.data, wish.options);
      const before = (await all()).get(`${organisationId}/${source.data}`);
      const publicUrl = checkedUrl(wish.publicUrl ?? before?.publicUrl ?? '');
      const corsOrigins = (wish.corsOrigins ?? before?.corsOrigins ?? []).map(checkedOrigin);
      if (wish.secret !== undefined) checkSecret(source.data, wish.secret);
      const secrets = await secretsOf(organisationId);
      const address = { organisationId, system: secretSystem, name: source.data };
      const at = clock.now();
      const old = wish.secret === undefined ? null : await secrets.read(address);
      if (wish.secret !== undefined) {
        redactor.know(wish.secret);
        if (old !== null && old !== wish.secret) await secrets.write({ ...address, name: oldName(source.data) }, old);
        await secrets.write(address, wish.secret);
      }
      if (wish.forgetOldSecret) await secrets.forget({ ...address, name: oldName(source.data) });
      const next = options ?? before?.options ?? {};
      await store.transaction(async (tx) => {
        await rows.saveSource(tx, {
          organisation_id: organisationId,
          source: source.data,
          mode: (wish.on ?? before?.on ?? true) ? 'on' : 'off',
          public_url: publicUrl,
          options: JSON.stringify(next),
          cors_origins: JSON.stringify(corsOrigins),
          rotated_at: old === null ? (before?.rotatedAt ?? null) : at,
          old_used_at: old === null ? (before?.oldUsedAt ?? null) : null,
          updated_at: at,
        });
        await audit(tx, {
          organisationId,
          actor: `person:${person.id}`,
          channel: by.channel,
          action: 'inbound.source-saved',
          object: `inbound:${source.data}`,
          after: {
            on: wish.on ?? before?.on ?? true,
            publicUrl,
            options: next,
            corsOrigins,
            secretReplaced: wish.secret !== undefined,
            oldSecretForgotten: wish.forgetOldSecret,
          },
          correlationId: by.correlationId,
        });
      });
      changed();
      events.publish({ topic: 'inbound', organisationId, ids: [source.data] });
      return view(organisationId, source.data);
    },

    /** Practice only: a sender with a secret everybody may know. */
    async seed(organisationId: string, source: SignedSource, secret: string, options: SourceOptions): Promise<void> {
      const secrets = await secretsOf(organisationId);
      const address = { organisationId, system: secretSystem, name: source };
      if ((await secrets.read(address)) === null) await secrets.write(address, secret);
      if ((await all()).has(`${organisationId}/${source}`)) return;
      await store.transaction((tx) =>
        rows.saveSource(tx, {
          organisation_id: organisationId,
          source,
          mode: 'on',
          public_url: '',
          options: JSON.stringify(options),
          cors_origins: '[]',
          rotated_at: null,
          old_used_at: null,
          updated_at: clock.now(),
        }),
      );
      changed();
    },
  };
}

function sendersOf(all: ReadonlyMap<string, LiveSource>): Senders {
  const hosts = [...all.values()].flatMap(({ publicUrl }) =>
    URL.canParse(publicUrl) ? [new URL(publicUrl).host.toLowerCase()] : [],
  );
  return {
    hosts: new Set(hosts),
    find(organisationId, source) {
      const one = all.get(`${organisationId}/${source}`);
      return one?.on === true ? one : null;
    },
  };
}

function checkedOptions(
  source: SignedSource,
  typed: Readonly<Record<string, unknown>> | undefined,
): SourceOptions | null {
  if (typed === undefined) return null;
  const parsed = SourceOptions.strict().safeParse(typed);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refused({
      happened: `${issue?.path.join('.') || 'The options'}: ${issue?.message ?? 'not accepted'}.`,
      means: 'Nothing was saved.',
    });
  }
  const { timestampHeader, dedupePointer } = parsed.data;
  if (source === 'generic-hmac' && !timestampHeader && !dedupePointer) {
    throw refused({
      happened: 'Nothing would tell a captured request from a new one.',
      means: 'Whoever recorded it could send it again for ever. Nothing was saved.',
      remedy: 'Name the header with the time stamp, or where in the body the id of an event is.',
    });
  }
  return parsed.data;
}

function checkSecret(source: SignedSource, secret: string): void {
  if (source === 'standard-webhooks' && keyOf(secret) === null) {
    throw refused({
      happened: 'The secret must be base64 after whsec_ (or whpk_ for a public key).',
      means: 'Nothing was saved.',
    });
  }
  if (source !== 'standard-webhooks' && secret.length < 8) {
    throw refused({ happened: 'The secret is too short to be one.', means: 'Nothing was saved.' });
  }
}

function checkedUrl(text: string): string {
  if (text === '' || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))) return text;
  throw refused({ happened: 'The public address must begin with https://.', means: 'Nothing was saved.' });
}

function checkedOrigin(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text && text !== 'null') return text;
  throw refused({ happened: `"${text}" is no origin.`, remedy: 'Write it as https://example.co.uk, without a path.' });
}
