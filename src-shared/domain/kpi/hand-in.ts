import { decimal } from '../money/index.ts';
import { parsePeriod } from '../period.ts';

/** Figures no table of the console holds, as people know them. */
export const handInKinds = ['satisfaction', 'capacity', 'latency'] as const;
export type HandInKind = (typeof handInKinds)[number];
export const handInLabels: Readonly<Record<HandInKind, { readonly title: string; readonly value: string }>> = {
  satisfaction: { title: 'Client satisfaction', value: 'Mean score (1 to 5)' },
  capacity: { title: 'Capacity', value: 'AI requests the contract allows an hour' },
  latency: { title: 'Latency', value: 'Milliseconds to an answer, as reported' },
};

export interface HandInFigure {
  readonly name: 'satisfaction_points' | 'satisfaction_answers' | 'capacity_per_hour' | 'latency_ms';
  /** Noon of a fixed day of the month, UTC: in the month in every zone, and the same figure again replaces it. */
  readonly at: string;
  readonly value: string;
}

/** What is wrong with a figure, in words; null: nothing. `value` and `answers` are decimal texts as typed. */
export function handInProblem(kind: HandInKind, value: string, answers: string): string | null {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(value)) return `${handInLabels[kind].value}: a number, such as 4.6`;
  if (kind !== 'satisfaction') return decimal(value).gt(0) ? null : `${handInLabels[kind].value}: more than zero`;
  if (decimal(value).lt(1) || decimal(value).gt(5)) return 'The mean score lies between 1 and 5';
  return /^[1-9]\d{0,6}$/.test(answers) ? null : 'Answers: how many people answered, a whole number';
}

/** The inputs of the KPIs a figure stands for. The caller has asked {@link handInProblem}. */
export function handInFigures(kind: HandInKind, month: string, value: string, answers: string): HandInFigure[] {
  const at = `${month}-01T12:00:00Z`;
  if (kind === 'capacity') return [{ name: 'capacity_per_hour', at, value }];
  // The newest one is judged by its age, so a month's stands at its end.
  if (kind === 'latency')
    return [{ name: 'latency_ms', at: `${parsePeriod(month)?.to ?? `${month}-28`}T12:00:00Z`, value }];
  return [
    { name: 'satisfaction_points', at, value: decimal(value).times(decimal(answers)).toFixed() },
    { name: 'satisfaction_answers', at, value: answers },
  ];
}
