import type { AlertFactsMessage, AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import {
  alertFacts,
  counted,
  cut,
  type Fact,
  happening,
  isAlert,
  lateMinutes,
  plainLine,
  plainText,
  reasonLine,
  severityWord,
  weddings,
} from '../kit/alert-words.ts';

const subjectChars = 180;

export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

interface Part {
  readonly head: string;
  readonly lead: readonly string[];
  readonly facts: readonly Fact[];
  readonly body: string;
  readonly foot: readonly string[];
}

/** Plain text first, and the same facts as HTML without a picture, a link or anything that loads (SEC-43). */
export function letterOf(message: AlertMessage, at: Instant, again: boolean): Letter {
  const part = isAlert(message) ? alertPart(message, at, again) : otherPart(message, at, again);
  return { subject: subjectOf(message), text: textOf(part), html: htmlOf(part) };
}

/** The same for every state of one alert, so that mail programs keep it in one thread. */
function subjectOf(message: AlertMessage): string {
  if (message.kind === 'notice') return cut(plainLine(message.subject), subjectChars);
  if (message.kind === 'bundle') {
    return `[Alerts] ${counted(message.total, 'alert')} at once – ${weddings(message.weddingsToday)} (${plainLine(message.reference)})`;
  }
  const tail =
    message.kind === 'test'
      ? `(${plainLine(message.reference)})`
      : `– ${weddings(message.weddingsToday)} (${plainLine(message.reference)})`;
  const mark = message.kind === 'test' ? 'TEST' : severityWord(message.severity);
  return `[${mark}] ${cut(plainLine(message.title), subjectChars - tail.length)} ${tail}`;
}

const late = (message: AlertMessage, at: Instant): string[] => {
  const minutes = lateMinutes(message, at);
  return minutes > 0 ? [`LATE ${minutes} min: this should have reached you earlier.`] : [];
};
const repeat = (again: boolean): string[] => (again ? ['Repeat: this may have reached you before.'] : []);

function alertPart(message: AlertFactsMessage, at: Instant, again: boolean): Part {
  const reason = reasonLine(message);
  return {
    head: `${message.kind === 'test' ? 'TEST' : severityWord(message.severity).toUpperCase()}: ${plainLine(message.title)}`,
    lead: [happening(message), ...late(message, at), ...repeat(again)],
    facts: alertFacts(message),
    body: plainText(message.detail),
    foot: [
      `Open in the console: ${message.consoleLink}`,
      ...(reason === '' ? [] : [`Why you were told: ${reason}`]),
      practiceLine(message),
    ].filter((line) => line !== ''),
  };
}

function otherPart(message: Exclude<AlertMessage, AlertFactsMessage>, at: Instant, again: boolean): Part {
  const foot = [`Open in the console: ${message.consoleLink}`, practiceLine(message)].filter((line) => line !== '');
  if (message.kind === 'notice') {
    return {
      head: plainLine(message.subject),
      lead: [...late(message, at), ...repeat(again)],
      facts: [],
      body: plainText(message.text),
      foot,
    };
  }
  return {
    head: `${counted(message.total, 'alert')} at once, ${weddings(message.weddingsToday)}`,
    lead: [
      ...(message.state === 'resolved' ? ['All of them are resolved.'] : []),
      ...late(message, at),
      ...repeat(again),
    ],
    facts: (message.members.length > 0 ? message.members : message.top).map(({ reference, severity, title }) => ({
      name: `${severityWord(severity)} ${reference}`,
      value: plainLine(title),
    })),
    body: '',
    foot,
  };
}

const practiceLine = ({ organisation }: AlertMessage) =>
  organisation.practice
    ? `${plainLine(organisation.name)}: practice, nothing real is meant.`
    : plainLine(organisation.name);

function textOf({ head, lead, facts, body, foot }: Part): string {
  return [
    head,
    ...lead,
    ...(facts.length === 0 ? [] : ['', ...facts.map(({ name, value }) => `${name}: ${value}`)]),
    ...(body === '' ? [] : ['', body]),
    '',
    '-- ',
    ...foot,
    '',
  ].join('\n');
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (letter) => entities[letter] ?? '');
}

function htmlOf({ head, lead, facts, body, foot }: Part): string {
  const rows = facts.map(
    ({ name, value }) =>
      `<tr><th style="text-align:left;padding:2px 12px 2px 0;vertical-align:top">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  );
  return [
    '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Alert</title></head>',
    '<body style="font-family:system-ui,sans-serif;font-size:15px;line-height:1.45">',
    `<h1 style="font-size:18px">${escaped(head)}</h1>`,
    ...lead.map((line) => `<p><strong>${escaped(line)}</strong></p>`),
    ...(rows.length === 0 ? [] : [`<table style="border-collapse:collapse">${rows.join('')}</table>`]),
    ...(body === '' ? [] : [`<p style="white-space:pre-wrap">${escaped(body)}</p>`]),
    '<hr>',
    ...foot.map((line) => `<p style="color:#555">${escaped(line)}</p>`),
    '</body></html>',
  ].join('\n');
}
