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
