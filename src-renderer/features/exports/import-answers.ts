import type { Mapping } from '../../../src-shared/contract/imports.ts';
import { missingFields } from '../../../src-shared/domain/cost/plain-fields.ts';
import type { ContractOutputs } from '../../data/client.ts';

type Preview = Pick<
  ContractOutputs['imports']['preview'],
  'fileName' | 'headers' | 'mapping' | 'questions' | 'kind' | 'format'
>;

export const dateOrders = ['dmy', 'mdy'] as const;
export type AnsweredOrder = (typeof dateOrders)[number];

/** Which way round dates are: day first stands before month first. Its other questions are about columns. */
export function orderQuestion({ questions, headers }: Preview) {
  return questions.find(({ field, choices }) => field === 'date' && !choices.every((one) => headers.includes(one)));
}

/** What no column of a cost file feeds yet, without which no line can be made. */
export function missingColumns({ kind, format }: Preview, mapping: Mapping | null): string[] {
  return kind === 'costs' && format === 'csv' ? missingFields(mapping?.columns ?? {}) : [];
}

/** What was answered, to be used and remembered; undefined when the file speaks for itself, as its next edition will again. */
export function answeredMapping(
  preview: Preview,
  mapping: Mapping | null,
  order: AnsweredOrder | null,
): Mapping | undefined {
  if (order === null && mapping === preview.mapping) return undefined;
  const base: Mapping = mapping ?? { name: preview.fileName, columns: {}, dateOrder: 'iso', decimal: '.' };
  return order === null ? base : { ...base, dateOrder: order };
}
