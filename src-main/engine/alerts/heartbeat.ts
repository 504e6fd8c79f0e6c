import { z } from 'zod';
import type { HeartbeatView } from '../../../src-shared/contract/weekend.ts';
import { type Instant, isoOf, later } from '../../../src-shared/domain/time-and-ids.ts';
import { getOpsSetting, putOpsSetting } from '../../store/repositories/weddings.ts';
import { refused } from '../problem.ts';
import { actorName } from '../weekend/weekend.ts';
import { type Actor, engineActor, type OwnAlerts, type PreflightCheck } from './parts.ts';
import type { Stage } from './stage.ts';
import type { Duty } from './timers.ts';

const Setting = z.object({ url: z.string() });
const KEY = 'console:heartbeat';
/** An outside watchdog speaks up after as many; then it is no longer one lost packet (R4). */
const MISSES_TO_WARN = 3;
const WARN_EVERY_MS = 3_600_000;

interface Beat {
  /** When one was sent last, answered or not. */
  readonly at: Instant;
  readonly answeredAt: Instant | null;
  readonly misses: number;
  readonly error: string;
  readonly warnedAt: Instant | null;
}

type HeartbeatState = z.infer<typeof HeartbeatView>;

/**
 * The dead-man's switch (A10): while it runs, the engine calls an outside address every 60 s, every 30 s in wedding-day mode
 * (R4). Whoever stands there raises the alarm when the calls end; an address that does not answer is one warning an hour.
 */
export function createHeartbeat(stage: Stage, { raise, resolveKey }: OwnAlerts) {
  const { store, runtime, audit, publish, ping } = stage.parts;
  const beats = new Map<string, Beat>();

  async function urlOf(organisationId: string): Promise<string | null> {
    const text = await getOpsSetting(store.read, organisationId, 'heartbeat');
    return text === null ? null : Setting.parse(JSON.parse(text)).url || null;
  }
  const every = async (organisationId: string, at: Instant) =>
    (await stage.scene(organisationId, at)).moment.weddingDay.active ? 30_000 : 60_000;

  /** Sends one and waits for the answer. */
  async function beat(organisationId: string, url: string): Promise<void> {
    if (ping === null) return;
    const at = runtime.clock.now();
    const before = beats.get(organisationId);
    const known = { answeredAt: null, misses: 0, error: '', warnedAt: null, ...before, at };
    beats.set(organisationId, known);
    try {
      await ping(organisationId, url);
      beats.set(organisationId, { ...known, answeredAt: runtime.clock.now(), misses: 0, error: '' });
      if (known.misses >= MISSES_TO_WARN) await resolveKey(organisationId, KEY, engineActor);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown.message : String(thrown);
      const misses = known.misses + 1;
      const warn =
        misses >= MISSES_TO_WARN &&
        (known.warnedAt === null || at < known.warnedAt || at - known.warnedAt >= WARN_EVERY_MS);
      beats.set(organisationId, { ...known, misses, error, warnedAt: warn ? at : known.warnedAt });
      runtime.log.warn('heartbeat.failed', { organisation: organisationId, error });
      if (!warn) return;
      await raise(
        organisationId,
        {
          source: 'console',
          key: KEY,
          severity: 'warning',
          title: 'The heartbeat does not arrive',
          detail: `${misses} calls in a row were not answered: ${error}. If this console stopped now, nobody would be told.`,
        },
        engineActor,
      );
    }
  }

  async function state(organisationId: string): Promise<HeartbeatState> {
    const [url, ms] = await Promise.all([urlOf(organisationId), every(organisationId, runtime.clock.now())]);
    const last = beats.get(organisationId);
    const elsewhere = stage.parts.sendsHere?.(organisationId) === false;
    const failed = last === undefined || last.misses === 0 ? null : last.error;
    return {
      host: url === null ? null : new URL(url).host,
      everySeconds: ms / 1_000,
      sentAt: last === undefined ? null : isoOf(last.at),
      answeredAt: last?.answeredAt ? isoOf(last.answeredAt) : null,
      problem: elsewhere && url !== null ? 'Not called from here: another computer sends' : failed,
    };
  }

  const duty: Duty = async (organisationId, at) => {
    const url = ping === null ? null : await urlOf(organisationId);
    if (url === null) return null;
    const ms = await every(organisationId, at);
    const last = beats.get(organisationId);
    // A clock set back sends one at once rather than waiting for a moment that passed already (R33).
    if (last && at - last.at < ms && at >= last.at) return later(last.at, ms);
    // Not waited for: a slow address must not hold up escalations.
    beat(organisationId, url).catch((thrown: unknown) =>
      runtime.log.error('heartbeat.not-recorded', { organisation: organisationId, error: String(thrown) }),
    );
    return later(at, ms);
  };

  return {
    duty,
    state,

    /** Sets the address, or none, and sends one at once, so that a mistyped one shows. */
    async set(organisationId: string, address: string | null, actor: Actor): Promise<HeartbeatState> {
      const url = address === null ? null : addressOf(address);
      const before = await urlOf(organisationId);
      await store.transaction(async (tx, after) => {
        await putOpsSetting(
          tx,
          organisationId,
          'heartbeat',
          JSON.stringify({ url: url?.href ?? '' }),
          runtime.clock.now(),
        );
        await audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'setting.changed',
          object: 'setting:heartbeat',
          before: { host: before === null ? null : new URL(before).host },
          after: { host: url?.host ?? null },
          correlationId: actor.correlationId,
        });
        after(() => {
          beats.delete(organisationId);
          publish({ topic: 'weddings', organisationId, ids: [] });
        });
      });
      await resolveKey(organisationId, KEY, actor);
      if (url !== null) await beat(organisationId, url.href);
      return state(organisationId);
    },

    /** The pre-flight's line; sends one when none was sent lately. */
    async check(organisationId: string): Promise<PreflightCheck> {
      const url = await urlOf(organisationId);
      const now = runtime.clock.now();
      const last = beats.get(organisationId);
      if (
        url !== null &&
        (last === undefined || now < last.at || now - last.at >= (await every(organisationId, now)))
      ) {
        await beat(organisationId, url);
      }
      const { host, answeredAt, problem } = await state(organisationId);
      const ok = answeredAt !== null && problem === null;
      return {
        check: 'Heartbeat',
        ok,
        detail:
          host === null
            ? 'No heartbeat address is set'
            : (problem ?? (answeredAt === null ? 'Not sent: the console is not sending' : `${host} answered`)),
        fix: ok
          ? ''
          : host === null
            ? 'Set a heartbeat address, so that this console falling silent is an alert.'
            : 'Check the heartbeat address.',
      };
    },
  };
}
export type Heartbeat = ReturnType<typeof createHeartbeat>;

/** @throws a refusal when it is not an address of https (SEC-36) */
function addressOf(text: string): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return url;
  throw refused({
    happened: 'The heartbeat address was not taken.',
    means: 'Nothing was changed.',
    remedy: 'Give an address that begins with https://, without a name or password in it.',
  });
}
