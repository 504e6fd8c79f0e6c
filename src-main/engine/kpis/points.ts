import { evaluate, kpis } from '../../../src-shared/domain/kpi/catalogue.ts';
import type { Grain, InputName, Inputs, KpiDefinition } from '../../../src-shared/domain/kpi/kpi.ts';
import type { KpiPointRow } from '../../store/repositories/kpis.ts';
import type { LocalCalendar } from './local-calendar.ts';

export interface Cell {
  readonly venue: string;
  readonly region: string;
}
export const everywhere: Cell = { venue: '', region: '' };

export interface Given {
  readonly inputs: Inputs;
  /** Why an input that is missing is missing. */
  readonly why?: Readonly<Partial<Record<InputName, string>>>;
}

/** Which KPIs a cell of this grain has: all of them for the totals, the split ones below. */
export function kpisAt(grain: Grain, cell: Cell): readonly KpiDefinition[] {
  const split = cell.venue !== '' ? 'venue' : cell.region !== '' ? 'region' : null;
  return kpis.filter((kpi) => kpi.grains.includes(grain) && (split === null || kpi.splits.includes(split)));
}

/** The point of one KPI, interval and cell. */
export function pointOf(
  organisationId: string,
  kpi: KpiDefinition,
  grain: Grain,
  at: number,
  cell: Cell,
  given: Given,
  run: { readonly batchId: string; readonly now: number; readonly calendar: LocalCalendar },
): KpiPointRow {
  const outcome = evaluate(kpi, given.inputs, given.why);
  const used = Object.fromEntries(
    kpi.inputs.flatMap((name) => {
      const value = given.inputs[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    organisation_id: organisationId,
    kpi: kpi.id,
    grain,
    at,
    ...cell,
    season: run.calendar.seasonAt(at),
    value: outcome.known ? outcome.value.toFixed() : null,
    number: outcome.known ? outcome.value.toNumber() : null,
    reason: outcome.known ? null : outcome.reason,
    inputs: JSON.stringify(used),
    batch_id: run.batchId,
    computed_at: run.now,
  };
}
