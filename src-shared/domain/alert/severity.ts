import { z } from 'zod';

/** From least to most urgent (A1). */
export const Severity = z.enum(['info', 'warning', 'critical', 'emergency']);
export type Severity = z.infer<typeof Severity>;

const order: readonly Severity[] = ['info', 'warning', 'critical', 'emergency'];

/** 0 info … 3 emergency. */
export function rankOf(severity: Severity): number {
  return order.indexOf(severity);
}

/** In wedding-day mode an alert counts one step higher; an emergency stays one (A4). */
export function raised(severity: Severity, weddingDay: boolean): Severity {
  return weddingDay ? (order[Math.min(rankOf(severity) + 1, order.length - 1)] ?? severity) : severity;
}

/** Highest first. */
export function bySeverity<T extends { readonly severity: Severity }>(a: T, b: T): number {
  return rankOf(b.severity) - rankOf(a.severity);
}

/** Place in the outbox (R11): emergencies before everything, then criticals. */
export function priorityOf(severity: Severity): number {
  return severity === 'emergency' ? 0 : severity === 'critical' ? 1 : 2;
}

/** What senders call the four; a priority counts as its severity. */
const otherWords: Readonly<Record<string, Severity>> = {
  ...{ informational: 'info', information: 'info', notice: 'info', low: 'info', debug: 'info', p4: 'info', p5: 'info' },
  ...{ warn: 'warning', minor: 'warning', medium: 'warning', moderate: 'warning', p3: 'warning' },
  ...{ crit: 'critical', error: 'critical', err: 'critical', high: 'critical', major: 'critical', severe: 'critical' },
  ...{ fatal: 'critical', p1: 'critical', p2: 'critical', emerg: 'emergency', page: 'emergency' },
};

/** The severity a sender means by its own word, whatever the letter case; null: nobody knows. */
export function severityMeant(word: string): Severity | null {
  const known = Severity.safeParse(word.trim().toLowerCase());
  return known.success ? known.data : (otherWords[word.trim().toLowerCase()] ?? null);
}
