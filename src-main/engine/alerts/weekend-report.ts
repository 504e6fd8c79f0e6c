import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { contextOf, referenceOf } from './facts.ts';
import type { Stage } from './stage.ts';

/** The weekend in words, as it is mailed on Monday (A19). */
export function createWeekendReport(stage: Stage) {
  const { store, weekend } = stage.parts;

  /** The weekend in force, or the one before: Friday 00:00 to the day after its last. */
  async function reportSpan(organisationId: string): Promise<{ friday: string; from: Instant; to: Instant }> {
    const { calendar, moment } = await stage.scene(organisationId);
    const [shown = moment.local.date] = moment.weekendDates;
    const friday = shown > moment.local.date ? addDays(shown, -7) : shown;
    const from = instantOf(friday, '00:00', calendar.zone);
    return {
      friday,
      from,
      to: Instant.parse(Math.min(moment.at, instantOf(addDays(friday, 4), '00:00', calendar.zone))),
    };
  }

  async function weekendReport(organisationId: string): Promise<{ subject: string; text: string }> {
    const { friday, from, to } = await reportSpan(organisationId);
    const { calendar } = await stage.scene(organisationId);
    const [found, weddings, notes] = await Promise.all([
      rows.alertsBetween(store.read, organisationId, from, to),
      weekend.weddingsBetween(organisationId, friday, addDays(friday, 3)),
      rows.listHandovers(store.read, organisationId, from),
    ]);
    const confirmed = weddings.filter((wedding) => wedding.status === 'confirmed');
    const count = (severity: string) => found.filter((row) => row.severity === severity).length;
    const open = found.filter((row) => row.state !== 'resolved');
    const times = found.flatMap((row) => (row.told_ms === null ? [] : [row.told_ms])).sort((a, b) => a - b);
    const p95 = times[Math.min(times.length - 1, Math.floor(times.length * 0.95))];
    const lines = [
      `${calendar.organisation.name}: weekend of ${friday}`,
      '',
      `${confirmed.length} weddings; ${found.length} alerts (${count('emergency')} emergency, ${count('critical')} critical, ${count('warning')} warning, ${count('info')} info).`,
      p95 === undefined
        ? 'No alert was told through a channel.'
        : `Told within ${(p95 / 1000).toFixed(1)} s (95th percentile).`,
      open.length === 0 ? 'Everything is resolved.' : `${open.length} still open:`,
      ...open.map((row) => `- ${referenceOf(row)} ${row.severity}: ${row.title} (${row.state})`),
      '',
      ...found.map((row) => {
        const took =
          row.resolved_at === null
            ? 'open'
            : `resolved after ${Math.round((row.resolved_at - row.raised_at) / 60_000)} min`;
        return `${formatInstant(isoOf(Instant.parse(row.raised_at)), calendar.zone)} ${referenceOf(row)} ${row.severity}: ${row.title}; ${contextOf(row).weddingsAffected} weddings affected; ${took}`;
      }),
      ...(notes.length === 0 ? [] : ['', 'Handover notes:', ...notes.map((note) => `- ${note.text} (${note.author})`)]),
    ];
    return { subject: `Weekend report ${friday}: ${found.length} alerts, ${open.length} open`, text: lines.join('\n') };
  }

  return weekendReport;
}
