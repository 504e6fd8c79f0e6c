import type { Change } from '../../../src-shared/contract/app.ts';
import { type Schedule, ScheduledWork, type ScheduleRun } from '../../../src-shared/contract/schedules.ts';
import {
  latestDue,
  nextOccurrence,
  type Occurrence,
  ruleText,
  ScheduleRule,
} from '../../../src-shared/domain/schedule/schedule.ts';
import { Instant, type IsoDate, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import * as rows from '../../store/repositories/schedules.ts';
import type { AppendAudit } from '../audit/audit.ts';
import { notFound, ProblemError } from '../problem.ts';

/** Does the work of a schedule that is due on a local day, and says what came of it; `dry` changes nothing. */
export type DoWork = (
  organisationId: string,
  work: ScheduledWork,
  due: { readonly date: IsoDate; readonly dry: boolean },
  actor: ScheduleActor,
) => Promise<string>;

export interface ScheduleActor {
  readonly personId: string;
  readonly name: string;
  readonly channel: string;
  readonly correlationId: string;
}

interface LocalCalendar {
  readonly zone: string;
  readonly bankHolidays: ReadonlyMap<string, string>;
}

export interface SchedulesDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly publish: (change: Change) => void;
  readonly work: DoWork;
  /** The organisation's own time and its nation's bank holidays, imported ones included: what a working day is. */
  readonly calendar: (organisationId: string) => Promise<LocalCalendar>;
  /** Told once a run has ended, for a notification. */
  readonly told?: ((run: ScheduleRun) => void) | undefined;
}

export type Schedules = ReturnType<typeof createSchedules>;

/** Missed by more than this, a run is marked as caught up. */
const lateMs = 60_000;
/** A missed run is left out when the next one is this near (R32). */
const nearMs = 10 * 60_000;
/** The clock may be set by hand or the machine may sleep: what is due is looked at again this often. */
const lookMs = 30_000;

/** Schedules of all organisations: once a period, caught up once after sleep, never over a closed month (F8, R31 to R33). */
export function createSchedules({ store, runtime, audit, publish, work, calendar, told }: SchedulesDeps) {
  const { clock, ids, log } = runtime;
  let poke = new AbortController();
  let stopping = false;
  let loop: Promise<void> | null = null;

  function view(
    row: rows.ScheduleRow,
    { zone, bankHolidays }: LocalCalendar,
    runs: readonly rows.ScheduleRunRow[],
  ): Schedule {
    const rule = ScheduleRule.parse(JSON.parse(row.rule));
    const last = runs.find(({ schedule_id }) => schedule_id === row.id);
    return {
      id: row.id,
      name: row.name,
      rule,
      when: ruleText(rule),
      work: ScheduledWork.parse(JSON.parse(row.work)),
      enabled: row.enabled === 1,
      by: row.person,
      nextAt: row.enabled === 1 ? isoOf(nextOccurrence(rule, later(row), zone, bankHolidays).at) : null,
      last: last ? runView(last, row.name) : null,
    };
  }
  const later = (row: rows.ScheduleRow) => Instant.parse(Math.max(row.done_until, clock.now()));

  async function rowOf(organisationId: string, id: string): Promise<rows.ScheduleRow> {
    const row = (await rows.listSchedules(store.read, organisationId)).find((one) => one.id === id);
    if (!row) throw notFound({ happened: 'There is no such schedule.' });
    return row;
  }

  /** One run. A period that was run before is not run again. */
  async function run(
    row: rows.ScheduleRow,
    due: Pick<Occurrence, 'at' | 'date'> & { readonly key: string | null },
    how: rows.ScheduleRunRow['how'],
    actor: ScheduleActor,
  ): Promise<ScheduleRun | null> {
    const entry: rows.ScheduleRunRow = {
      organisation_id: row.organisation_id,
      id: ids.next(),
      schedule_id: row.id,
      period_key: due.key,
      due_at: due.at,
      started_at: clock.now(),
      finished_at: null,
      how,
      state: 'running',
      result: '',
    };
    const fresh = await store.transaction(async (tx) => {
      if (due.key !== null) await rows.passed(tx, row.organisation_id, row.id, due.at);
      return rows.insertRun(tx, entry);
    });
    if (!fresh) return null;
    let state: 'done' | 'failed' = 'done';
    let result: string;
    try {
      const meant = ScheduledWork.parse(JSON.parse(row.work));
      result = await work(row.organisation_id, meant, { date: due.date, dry: how === 'dry run' }, actor);
    } catch (thrown) {
      state = 'failed';
      if (thrown instanceof ProblemError) {
        const { happened, means, remedy } = thrown.problem;
        result = [happened, means, remedy].filter(Boolean).join(' ');
      } else {
        result = 'It stopped because of a fault in the console; the log has the cause.';
        log.error('schedule.failed', { scheduleId: row.id, error: String(thrown) });
      }
    }
    const finished = { finished_at: clock.now(), state, result };
    await store.transaction(async (tx) => {
      await rows.finishRun(tx, row.organisation_id, entry.id, finished);
      await audit(tx, {
        organisationId: row.organisation_id,
        actor: actor.name,
        channel: actor.channel,
        action: `schedule.${state}`,
        object: `schedule:${row.id}`,
        after: { how, period: due.key, result },
        correlationId: actor.correlationId,
      });
    });
    publish({ topic: 'schedules', organisationId: row.organisation_id, ids: [row.id] });
    const shown = runView({ ...entry, ...finished }, row.name);
    if (how !== 'dry run') told?.(shown);
    return shown;
  }

  /** Everything that is due now. Of several missed occurrences the latest is run, unless the next one is near (R32). */
  async function runDue(): Promise<void> {
    for (const row of await rows.listSchedules(store.read, null)) {
      if (stopping) return;
      const { zone, bankHolidays } = await calendar(row.organisation_id);
      const rule = ScheduleRule.parse(JSON.parse(row.rule));
      const now = clock.now();
      const due = latestDue(rule, Instant.parse(row.done_until), now, zone, bankHolidays);
      if (!due) continue;
      const late = now - due.at > lateMs;
      if (late && nextOccurrence(rule, now, zone, bankHolidays).at - now <= nearMs) {
        await store.transaction((tx) => rows.passed(tx, row.organisation_id, row.id, due.at));
        continue;
      }
      const actor = {
        personId: row.person_id,
        name: `${row.person} (schedule "${row.name}")`,
        channel: 'schedule',
        correlationId: ids.next(),
      };
      await run(row, due, late ? 'caught up' : 'on time', actor);
    }
  }

  /** How long nothing falls due. */
  async function quiet(): Promise<number> {
    let wait = lookMs;
    for (const row of await rows.listSchedules(store.read, null)) {
      const { zone, bankHolidays } = await calendar(row.organisation_id);
      const next = nextOccurrence(ScheduleRule.parse(JSON.parse(row.rule)), later(row), zone, bankHolidays);
      wait = Math.min(wait, Math.max(0, next.at - clock.now()));
    }
    return wait;
  }

  return {
    runDue,
    async list(organisationId: string): Promise<Schedule[]> {
      const [found, days, runs] = await Promise.all([
        rows.listSchedules(store.read, organisationId),
        calendar(organisationId),
        rows.listRuns(store.read, organisationId),
      ]);
      return found.map((row) => view(row, days, runs));
    },
    async history(organisationId: string): Promise<ScheduleRun[]> {
      const names = new Map((await rows.listSchedules(store.read, organisationId)).map(({ id, name }) => [id, name]));
      return (await rows.listRuns(store.read, organisationId)).map((row) =>
        runView(row, names.get(row.schedule_id) ?? 'a removed schedule'),
      );
    },
    async save(
      organisationId: string,
      wanted: { id?: string | undefined; name: string; rule: ScheduleRule; work: ScheduledWork; enabled: boolean },
      actor: ScheduleActor,
    ): Promise<Schedule> {
      const before = wanted.id === undefined ? null : await rowOf(organisationId, wanted.id);
      const now = clock.now();
      const row: rows.ScheduleRow = {
        organisation_id: organisationId,
        id: before?.id ?? ids.next(),
        name: wanted.name,
        rule: JSON.stringify(wanted.rule),
        work: JSON.stringify(wanted.work),
        enabled: wanted.enabled ? 1 : 0,
        person_id: actor.personId,
        person: actor.name,
        // A new or changed rule starts now; nothing before it is missing.
        done_until: now,
        created_at: before?.created_at ?? now,
      };
      await store.transaction(async (tx) => {
        await rows.putSchedule(tx, row);
        await audit(tx, {
          organisationId,
          actor: actor.name,
          channel: actor.channel,
          action: 'schedule.saved',
          object: `schedule:${row.id}`,
          ...(before
            ? { before: { name: before.name, rule: before.rule, work: before.work, enabled: before.enabled } }
            : {}),
          after: { name: row.name, when: ruleText(wanted.rule), work: wanted.work, enabled: wanted.enabled },
          correlationId: actor.correlationId,
        });
      });
      publish({ topic: 'schedules', organisationId, ids: [row.id] });
      poke.abort();
      return view(row, await calendar(organisationId), []);
    },
    async remove(organisationId: string, id: string, actor: ScheduleActor): Promise<void> {
      const row = await rowOf(organisationId, id);
      await store.transaction(async (tx) => {
        await rows.removeSchedule(tx, organisationId, id);
        await audit(tx, {
          organisationId,
          actor: actor.name,
          channel: actor.channel,
          action: 'schedule.removed',
          object: `schedule:${id}`,
          before: { name: row.name, rule: row.rule },
          correlationId: actor.correlationId,
        });
      });
      publish({ topic: 'schedules', organisationId, ids: [id] });
    },
    /** By hand, as if it were due today; the period it stands for stays free. */
    async runNow(organisationId: string, id: string, dry: boolean, actor: ScheduleActor): Promise<ScheduleRun> {
      const row = await rowOf(organisationId, id);
      const now = clock.now();
      const due = { at: now, date: localAt(now, (await calendar(organisationId)).zone).date, key: null };
      const done = await run(row, due, dry ? 'dry run' : 'by hand', actor);
      if (!done) throw new Error('A run without a period cannot have been run before');
      return done;
    },
    async start(): Promise<void> {
      await store.transaction((tx) =>
        rows.failUnfinished(
          tx,
          clock.now(),
          'The console was stopped during this run; look at what it left, then run it by hand.',
        ),
      );
      loop = (async () => {
        while (!stopping) {
          try {
            await runDue();
            await clock.sleep(await quiet(), poke.signal);
          } catch (thrown) {
            log.error('schedules.failed', { error: String(thrown) });
            await clock.sleep(lookMs, poke.signal);
          }
          if (poke.signal.aborted) poke = new AbortController();
        }
      })();
    },
    /** After sleep: looks at once. */
    wake: () => poke.abort(),
    async stop(): Promise<void> {
      stopping = true;
      poke.abort();
      await loop;
    },
  };
}

function runView(row: rows.ScheduleRunRow, name: string): ScheduleRun {
  const iso = (at: number) => isoOf(Instant.parse(at));
  return {
    id: row.id,
    scheduleId: row.schedule_id,
    name,
    dueAt: iso(row.due_at),
    startedAt: iso(row.started_at),
    finishedAt: row.finished_at === null ? null : iso(row.finished_at),
    how: row.how,
    state: row.state,
    result: row.result,
  };
}
