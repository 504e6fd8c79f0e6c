import { z } from 'zod';
import vendors from '../../../resources/practice/usage/vendors.json' with { type: 'json' };
import places from '../../../resources/practice/weddings/weekend.json' with { type: 'json' };
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf, weekdayOf } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { type LocalCalendar, shiftMonth } from '../kpis/local-calendar.ts';
import type { Wedding } from '../weekend/wedding.ts';

const Place = z.object({ venue: z.string(), region: z.string(), couple: z.string() });
const held = z.array(Place).parse(places);
const vendorIds = z
  .array(z.object({ id: z.string() }))
  .parse(vendors)
  .map(({ id }) => id);

/** Whole months before the present one that are told. */
const months = 4;
/** Months the files of the story already hold costs for: nothing is added to those. */
const toldCosts: readonly string[] = ['2026-07', '2026-08', '2026-09'];
const toldUsage: readonly string[] = ['2026-09', '2026-10'];
const features = ['chat', 'gallery', 'planning', 'email'] as const;
const regular = [
  { name: 'Harbour Ticketing Ltd (sample)', vat: 'GB220771686', what: 'Helpdesk seats', net: 46, short: 'HA' },
  { name: 'Pennant Design Ltd (sample)', vat: 'GB345678128', what: 'Design tool seats', net: 92, short: 'PE' },
  { name: 'Granite Observability Ltd (sample)', vat: 'GB903441751', what: 'Monitoring plan', net: 201, short: 'GR' },
] as const;

export interface Figure {
  readonly name: 'satisfaction_points' | 'satisfaction_answers' | 'capacity_per_hour' | 'latency_ms';
  readonly at: Instant;
  readonly value: string;
  readonly source: string;
}
export interface History {
  readonly weddings: readonly Wedding[];
  /** Plain CSV, as the importers take it. */
  readonly costs: string;
  readonly usage: string;
  readonly figures: readonly Figure[];
}

/**
 * What an organisation that has used the console for a while looks like at `now`: weddings on the Saturdays of the last four
 * whole months, AI usage for them, costs in these months and in the same months a year before, and answers of a survey.
 * The same moment makes the same history.
 */
export function historyAt(now: number, calendar: LocalCalendar): History {
  const present = calendar.monthOf(now);
  const told = Array.from({ length: months }, (_, i) => shiftMonth(present, i - months));
  const weddings = told.flatMap((month) => weddingsOf(month, calendar));
  return {
    weddings,
    costs: [
      'id,date,supplier,supplier_country,supplier_vat_no,description,currency,net,vat_charged,gross,treatment_hint,fx_rate_to_gbp',
      ...[...told.map((month) => shiftMonth(month, -12)), ...told].flatMap((month, i) => costsOf(month, i)),
      '',
    ].join('\n'),
    usage: [
      'id,vendor,wedding,client,feature,time,success,minutes',
      ...told.flatMap((month, i) => usageOf(month, i, weddings)),
      '',
    ].join('\n'),
    figures: told.flatMap((month, i) => figuresOf(month, i)),
  };
}

function weddingsOf(month: string, calendar: LocalCalendar): Wedding[] {
  const first = calendar.firstOf(month);
  const found: Wedding[] = [];
  for (let day = addDays(first, (6 - weekdayOf(first) + 7) % 7); day.startsWith(month); day = addDays(day, 7)) {
    const week = Number(day.slice(8));
    for (let i = 0; i < 4 + (week % 3); i++) {
      const place = held[(week * 5 + i) % held.length];
      if (!place) continue;
      const key = `reference:WS-${day.replaceAll('-', '')}-${i + 1}`;
      found.push({
        ...place,
        reference: key.slice('reference:'.length),
        key,
        series: key,
        sequence: 0,
        status: 'confirmed',
        date: day,
        lastDate: day,
        startsAt: instantOf(day, `${12 + i}:30`, calendar.zone),
      });
    }
  }
  return found;
}

/** Sums grow from month to month, so that no two bills look like one. */
function costsOf(month: string, index: number): string[] {
  if (toldCosts.includes(month)) return [];
  return regular.map(({ name, vat, what, net, short }, i) => {
    const pence = (net + index * 3) * 100;
    const day = `${month}-${String(5 + i).padStart(2, '0')}`;
    const money = (minor: number) => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
    const id = `H${month.replace('-', '')}-${short}`;
    const text = `${what}; inv=${short}-${month.replace('-', '')}`;
    return [
      id,
      day,
      name,
      'GB',
      vat,
      text,
      'GBP',
      money(pence),
      money(pence / 5),
      money(pence * 1.2),
      'standard',
      '',
    ].join();
  });
}

/** Two thirds of a month's weddings are helped with, each by several requests in the days before. */
function usageOf(month: string, index: number, weddings: readonly Wedding[]): string[] {
  const rows: string[] = [];
  for (const [i, wedding] of weddings.filter(({ date }) => date.startsWith(month)).entries()) {
    if (i % 3 === 2) continue;
    const requests = toldUsage.includes(month) ? 3 : 14 + index;
    for (let n = 0; n < requests; n++) {
      const at = (wedding.startsAt ?? 0) - (n + 1) * 5 * 3_600_000;
      const time = isoOf(Instant.parse(at));
      // The days before the first of a month belong to the month before.
      if (!time.startsWith(month)) continue;
      const vendor = vendorIds[(i + n) % vendorIds.length] ?? '';
      const feature = features[(i + n) % features.length] ?? '';
      const success = (i * 7 + n) % 53 !== 0;
      rows.push(
        [
          `h-${wedding.reference}-${n + 1}`,
          vendor,
          wedding.reference,
          `client-${i}`,
          feature,
          time,
          success,
          12,
        ].join(),
      );
    }
  }
  return rows;
}

function figuresOf(month: string, index: number): Figure[] {
  // Where the form puts them, so that a figure entered there takes the place of the sample.
  const at = Instant.parse(Date.parse(`${month}-01T12:00:00Z`));
  const answers = 18 + index * 2;
  const tenths = 44 + (index % 3);
  return [
    { name: 'satisfaction_points', at, value: String((answers * tenths) / 10), source: 'Sample survey of couples' },
    { name: 'satisfaction_answers', at, value: String(answers), source: 'Sample survey of couples' },
    { name: 'capacity_per_hour', at, value: '40', source: 'Sample: booked capacity' },
    { name: 'latency_ms', at, value: String(640 + index * 35), source: 'Sample: reported by WedSync' },
  ];
}
