import { z } from 'zod';
import vendors from '../../../resources/practice/usage/vendors.json' with { type: 'json' };
import places from '../../../resources/practice/weddings/weekend.json' with { type: 'json' };
import { type HandInFigure, type HandInKind, handInFigures } from '../../../src-shared/domain/kpi/hand-in.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf, weekdayOf } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { hourMs, type LocalCalendar, shiftMonth } from '../kpis/local-calendar.ts';
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

export interface Figure extends Omit<HandInFigure, 'at'> {
  readonly at: Instant;
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
 * whole months and of the same months a year before, AI usage for them, what it cost, and answers of a survey.
 * The same moment makes the same history.
 */
export function historyAt(now: number, calendar: LocalCalendar): History {
  const present = calendar.monthOf(now);
  const told = Array.from({ length: months }, (_, i) => shiftMonth(present, i - months));
  const all = [...told.map((month) => shiftMonth(month, -12)), ...told];
  const weddings = all.flatMap((month) => weddingsOf(month, calendar));
  return {
    weddings,
    costs: [
      'id,date,supplier,supplier_country,supplier_vat_no,description,currency,net,vat_charged,gross,treatment_hint,fx_rate_to_gbp',
      ...all.flatMap((month, i) => costsOf(month, i)),
      '',
    ].join('\n'),
    usage: [
      'id,vendor,wedding,client,feature,time,success,minutes',
      ...all.flatMap((month, i) => usageOf(month, i, weddings)),
      '',
    ].join('\n'),
    figures: all.flatMap((month, i) => figuresOf(month, i)),
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
  // As large as the story of the year after, so that the two years can be set side by side.
  const scale = toldCosts.includes(shiftMonth(month, 12)) ? 3 : 1;
  return regular.map(({ name, vat, what, net, short }, i) => {
    const pence = (net + index * 3) * scale * 100;
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
    const requests = toldUsage.includes(month) ? 5 : 6 + 2 * index;
    for (let n = 0; n < requests; n++) {
      // On the days before, between morning and evening.
      const at = (wedding.startsAt ?? 0) - (1 + (n % 9)) * 24 * hourMs + (((n * 3 + i) % 8) - 4) * hourMs;
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

/** Where the form puts them, so that a figure entered there takes the place of the sample. */
function figuresOf(month: string, index: number): Figure[] {
  const answers = 12 + index * 2;
  const mean = String((42 + ((index * 3) % 5)) / 10);
  const of = (kind: HandInKind, value: string, source: string) =>
    handInFigures(kind, month, value, String(answers)).map((figure) => ({
      ...figure,
      at: Instant.parse(Date.parse(figure.at)),
      source,
    }));
  return [
    ...of('satisfaction', mean, 'Sample survey of couples'),
    ...of('capacity', '40', 'Sample: booked capacity'),
    ...of('latency', String(860 - index * 25), 'Sample: reported by WedSync'),
  ];
}
