import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { formatInstant, formatTime, formatWeekday } from '../../../src-shared/format/time.ts';
import type { PrintBlock } from './print.ts';

const words = { done: 'done', now: 'on now', next: 'to come' } as const;

/** The weekend on one page: answer, window, weddings day by day, readiness, handover. No couple's name is printed. */
export function weekendSheet(view: WeekendView): PrintBlock[] {
  const zone = view.timezone;
  const time = (at: string | null) => (at === null ? 'all day' : formatTime(at, zone));
  const { weddingDay } = view;
  const window =
    weddingDay.startsAt === null || weddingDay.endsAt === null
      ? 'No window of wedding-day mode is known.'
      : `${weddingDay.active ? 'Wedding-day mode' : 'Next wedding-day mode'}: ${formatInstant(weddingDay.startsAt, zone)} to ${formatInstant(weddingDay.endsAt, zone)}.`;
  const sheet = view.preflight;
  return [
    { kind: 'heading', level: 1, text: view.answer.sentence },
    { kind: 'text', text: `${window} ${view.answer.rule}` },
    ...view.days.flatMap((day): PrintBlock[] => {
      const ceremonies = view.ceremonies.filter((each) => each.date === day.date);
      return [
        { kind: 'heading', level: 2, text: `${formatWeekday(day.date)}: ${day.weddings} weddings` },
        ...(ceremonies.length === 0
          ? []
          : [
              {
                kind: 'table' as const,
                widths: ['auto', '*', 'auto', 'auto', '*'] as const,
                head: ['Time', 'Venue', 'Region', 'Reference', 'State'],
                rows: ceremonies.map((each) => [
                  time(each.startsAt),
                  each.venue,
                  each.region,
                  each.reference,
                  [words[each.phase], ...each.alerts.map((alert) => `${alert.reference} ${alert.severity}`)].join(', '),
                ]),
              },
            ]),
      ];
    }),
    {
      kind: 'heading',
      level: 2,
      text: sheet
        ? `Pre-flight ${formatInstant(sheet.at, zone)} by ${sheet.by}: ${sheet.ok ? 'ready' : 'not ready'}`
        : 'Pre-flight: not run yet',
    },
    ...(sheet?.checks ?? []).map((each) => ({
      kind: 'item' as const,
      box: each.ok ? ('ticked' as const) : ('open' as const),
      text: `${each.check}: ${each.detail}${each.fix === '' ? '' : ` ${each.fix}`}`,
    })),
    { kind: 'heading', level: 2, text: 'Handover' },
    ...(view.handover.length === 0 ? [{ kind: 'text' as const, text: 'No notes.' }] : []),
    ...view.handover.map((note) => ({
      kind: 'item' as const,
      box: 'none' as const,
      text: `${formatInstant(note.at, zone)} ${note.author}: ${note.text}`,
    })),
  ];
}
