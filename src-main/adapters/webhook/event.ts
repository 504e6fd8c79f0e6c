import type { AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { Json } from '../kit/adapter.ts';
import { cut, isAlert, plainLine, plainText } from '../kit/alert-words.ts';

/** A receiver may rely on less than 20 kB. */
export const mostBytes = 20_000;

export interface WebhookEvent {
  readonly [name: string]: Json;
  readonly type: string;
  readonly timestamp: string;
  readonly data: { readonly [name: string]: Json };
}

const bytesOf = (event: WebhookEvent) => Buffer.byteLength(JSON.stringify(event));

/**
 * The event as a program reads it. The same on every attempt, so nothing of the moment of sending is in it. No personal
 * data: who has an alert is not told, only until when.
 */
export function eventOf(message: AlertMessage): WebhookEvent {
  let event = wholeEvent(message);
  // The longest parts give way first; what is left is bounded by the alert's own limits.
  for (const name of ['detail', 'links', 'venues', 'nextCeremonies', 'reasons', 'text', 'top']) {
    if (bytesOf(event) <= mostBytes) return event;
    const { [name]: gone, ...rest } = event.data;
    if (gone === undefined) continue;
    const shorter = typeof gone === 'string' ? { [name]: cut(gone, 500) } : {};
    event = { ...event, data: { ...rest, ...shorter, shortened: true } };
  }
  return event;
}

function wholeEvent(message: AlertMessage): WebhookEvent {
  if (message.kind === 'notice') {
    return {
      type: 'notice',
      timestamp: isoOf(message.dueAt),
      data: {
        id: message.noticeId,
        organisation: message.organisation.id,
        practice: message.organisation.practice,
        subject: plainLine(message.subject),
        text: plainText(message.text),
      },
    };
  }
  if (message.kind === 'bundle') {
    return {
      type: 'alert.bundle',
      timestamp: isoOf(message.from),
      data: {
        id: message.bundleId,
        reference: message.reference,
        organisation: message.organisation.id,
        practice: message.organisation.practice,
        total: message.total,
        counts: message.counts,
        weddingsToday: message.weddingsToday,
        top: message.top.map(({ reference, severity, title }) => ({ reference, severity, title: plainLine(title) })),
      },
    };
  }
  return {
    type: isAlert(message) && message.kind === 'test' ? 'endpoint.test' : `alert.${message.kind}`,
    timestamp: isoOf(message.dueAt),
    data: {
      alertId: message.alertId,
      reference: message.reference,
      organisation: message.organisation.id,
      practice: message.organisation.practice,
      test: message.kind === 'test',
      state: message.state,
      severity: message.severity,
      reportedSeverity: message.reportedSeverity,
      title: cut(plainLine(message.title), 500),
      detail: plainText(message.detail),
      source: plainLine(message.source),
      startedAt: isoOf(message.startedAt),
      dueAt: isoOf(message.dueAt),
      step: message.step,
      weddingDay: message.weddingDay,
      saturday: message.saturday,
      peakHours: message.peakHours,
      season: message.season,
      weddingsToday: message.weddingsToday,
      venues: message.venues.map(({ name, region }) => ({ name: plainLine(name), region: plainLine(region) })),
      nextCeremonies: message.nextCeremonies.map((each) => ({ ...each, at: isoOf(each.at) })),
      reasons: message.reasons.map((reason) => plainLine(reason)),
      nextStep: message.nextStep === null ? null : plainLine(message.nextStep),
      links: message.links.map(({ label, url }) => ({ label: plainLine(label), url })),
      console: message.consoleLink,
      until: message.owner?.until == null ? null : isoOf(message.owner.until),
    },
  };
}
