import type { Limits } from '../../adapters/kit/adapter.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** This share of a daily budget is kept back for read-back and people (R21). */
const keptBack = 0.2;

type Purpose = 'send' | 'look-up';

export interface Pace {
  /** How many more calls may start now. */
  available(limits: Limits, purpose: Purpose, at: number): number;
  take(at: number): void;
  /** When a call may start again; only meaningful while none is available. */
  nextAt(limits: Limits, at: number): number;
}

/** So many times the calls; practice only. */
export function faster(limits: Limits, times: number): Limits {
  if (times === 1) return limits;
  const { perMinute, perDay } = limits;
  return {
    ...limits,
    ...(perMinute === undefined ? {} : { perMinute: perMinute * times }),
    ...(perDay === undefined ? {} : { perDay: perDay * times }),
  };
}

/** The calls of one connection in the last minute and the last 24 hours. `usedToday`: from before this program start. */
export function createPace(usedToday: number, startedAt: number): Pace {
  let minute: number[] = [];
  let dayStart = startedAt;
  let today = usedToday;

  function forget(at: number): void {
    // The clock was set back: they count from now, or nothing would start until it is that late again.
    const last = minute.at(-1);
    if (last !== undefined && last > at) minute = minute.map(() => at);
    if (dayStart > at) dayStart = at;
    // Sorted by time.
    const first = minute.findIndex((when) => when > at - minuteMs);
    if (first !== 0) minute = first < 0 ? [] : minute.slice(first);
    if (at - dayStart >= dayMs) {
      dayStart = at;
      today = 0;
    }
  }

  return {
    available({ perMinute, perDay }, purpose, at) {
      forget(at);
      const budget = perDay === undefined ? Number.POSITIVE_INFINITY : perDay * (purpose === 'send' ? 1 - keptBack : 1);
      const thisMinute = perMinute === undefined ? Number.POSITIVE_INFINITY : perMinute - minute.length;
      return Math.max(0, Math.floor(Math.min(thisMinute, budget - today)));
    },
    take(at) {
      minute.push(at);
      today += 1;
    },
    nextAt({ perMinute }, at) {
      const [oldest] = minute;
      const minuteFull = perMinute !== undefined && minute.length >= perMinute && oldest !== undefined;
      return minuteFull
        ? oldest + minuteMs + 1
        : Math.max(at + minuteMs, Math.min(dayStart + dayMs, at + 30 * minuteMs));
    },
  };
}
