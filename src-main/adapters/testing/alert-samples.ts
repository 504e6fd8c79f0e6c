import type { AlertFactsMessage, AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';

const at = (iso: string) => Instant.parse(Date.parse(iso));
const practice = { id: 'bluebell', name: 'Bluebell & Co (sample)', practice: true };

/** A Saturday in the season: critical, two venues, peak hours. */
export function anAlert(change: Partial<AlertFactsMessage> = {}): AlertFactsMessage {
  return {
    kind: 'firing',
    alertId: 'alr-1042',
    reference: 'A-1042',
    dedupKey: 'wedsync:alert:alr-1042',
    closes: [],
    organisation: practice,
    zone: 'Europe/London',
    severity: 'critical',
    reportedSeverity: 'warning',
    state: 'firing',
    title: 'Táve sync stuck',
    detail: 'No answer for 12 minutes.\nSecond line.',
    source: 'datadog',
    startedAt: at('2026-08-01T12:50:00Z'),
    dueAt: at('2026-08-01T12:50:00Z'),
    step: 0,
    weddingDay: true,
    saturday: true,
    peakHours: true,
    season: 'peak',
    weddingsToday: 23,
    venues: [
      { name: 'The Barn at Wick', region: 'Surrey' },
      { name: 'Oak Hall', region: 'Surrey' },
    ],
    nextCeremonies: [
      { at: at('2026-08-01T14:00:00Z'), venue: 'The Barn at Wick', region: 'Surrey', reference: 'W-77' },
    ],
    reasons: ['Warning counts as critical: wedding day', 'Saturday protection'],
    nextStep: 'Restart the sync for one vendor and watch it',
    links: [{ label: 'Board', url: 'https://elsewhere.example/board' }],
    consoleLink: 'wedsync-ops://alerts/alr-1042',
    owner: null,
    ...change,
  };
}

export const acknowledged = (change: Partial<AlertFactsMessage> = {}): AlertFactsMessage =>
  anAlert({
    kind: 'acknowledged',
    state: 'acknowledged',
    owner: { name: 'Sam Okafor', note: 'on it', until: at('2026-08-01T13:20:00Z') },
    ...change,
  });

export const aBundle: AlertMessage = {
  kind: 'bundle',
  bundleId: 'b1',
  reference: 'B-1A2B3C',
  dedupKey: 'wedsync:bundle:b1',
  organisation: practice,
  zone: 'Europe/London',
  weddingsToday: 23,
  from: at('2026-08-01T12:50:00Z'),
  dueAt: at('2026-08-01T12:51:00Z'),
  counts: { info: 0, warning: 3, critical: 10, emergency: 0 },
  total: 13,
  needing: 13,
  state: 'firing',
  top: [
    { reference: 'A-1', severity: 'critical', title: 'Táve sync stuck' },
    { reference: 'A-2', severity: 'critical', title: 'Chat slow' },
  ],
  members: [],
  consoleLink: 'wedsync-ops://alerts',
};

export const aNotice: AlertMessage = {
  kind: 'notice',
  noticeId: 'n1',
  organisation: practice,
  zone: 'Europe/London',
  dueAt: at('2026-08-03T06:00:00Z'),
  subject: 'Weekend report 31 Jul to 2 Aug',
  text: 'Twenty-three weddings.\n\n- 4 alerts\n- all acknowledged',
  consoleLink: 'wedsync-ops://weekend',
};

/** Text that tries to be more than text, in every way a channel could be tricked. */
export const hostile =
  '<!channel> <@U1> <https://evil.example|click> & =1+1 \u202eevil\u0007 \r\nBcc: x@evil.example <b onload=x>bold</b> @here';

/** The moment the samples are about. */
export const sampleTime = '2026-08-01T12:50:20Z';
