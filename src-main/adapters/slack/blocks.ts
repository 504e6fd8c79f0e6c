import type { AlertFactsMessage, AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { buttons } from '../kit/alert-buttons.ts';
import {
  alertFacts,
  counted,
  cut,
  happening,
  lateMinutes,
  plainLine,
  plainText,
  reasonLine,
  severityWord,
  venuesShort,
  wantsAction,
  weddings,
} from '../kit/alert-words.ts';
import { limits } from './quirks.ts';

type Block = Readonly<Record<string, unknown>>;

export interface SlackText {
  /** Read by screen readers and notifications, and the whole message where blocks are refused. */
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** `&`, `<`, `>` are all that mrkdwn reads as its own; without them no mention and no link can be smuggled in (SEC-43). */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const plain = (text: string, max: number) => ({ type: 'plain_text', text: cut(text, max), emoji: false });

/** Escaping lengthens, so the text is cut to what still fits afterwards. */
function mrkdwn(text: string, max: number): { type: string; text: string } {
  const whole = escaped(text);
  if (whole.length <= max) return { type: 'mrkdwn', text: whole };
  let room = max;
  for (let short = cut(text, room); ; short = cut(text, room)) {
    const over = escaped(short).length - max;
    if (over <= 0) return { type: 'mrkdwn', text: escaped(short) };
    room -= over;
  }
}

interface How {
  readonly at: Instant;
  /** An earlier try may have had its effect. */
  readonly repeat: boolean;
  /** Where the console's pages are; empty: no Open button. */
  readonly consoleAddress: string;
}

/** The message as it stands now: header, facts in two columns, why, buttons while somebody is needed. */
export function alertText(message: AlertFactsMessage, how: How): SlackText {
  const title = plainLine(message.title);
  const head = message.kind === 'test' ? `TEST: ${title}` : `${severityWord(message.severity)}: ${title}`;
  const late = lateMinutes(message, how.at);
  const state = happening(message);
  const marks = [
    late > 0 ? `LATE ${late} min` : null,
    how.repeat ? 'Repeat: this may have been told before' : null,
    reasonLine(message),
    `${message.reference} · ${plainLine(message.organisation.name)}${message.organisation.practice ? ' · practice' : ''}`,
    how.consoleAddress === '' ? message.consoleLink : null,
  ].filter((each) => each !== null && each !== '');
  const facts = alertFacts(message).slice(0, limits.fields);
  const detail = plainText(message.detail);
  const rows = actionRow(message, how);
  return {
    text: cut(
      escaped(
        [
          head,
          state,
          weddings(message.weddingsToday),
          venuesShort(message),
          late > 0 ? `LATE ${late} min` : null,
          message.reference,
        ]
          .filter((each) => each !== null)
          .join(' · '),
      ),
      limits.fallback,
    ),
    blocks: [
      { type: 'header', text: plain(head, limits.header) },
      ...(head.length > limits.header ? [{ type: 'section', text: plain(title, limits.section) }] : []),
      { type: 'section', text: mrkdwn(state, limits.section) },
      {
        type: 'section',
        fields: facts.map(({ name, value }) => ({
          type: 'mrkdwn',
          text: `*${name}*\n${mrkdwn(value, limits.field - name.length - 3).text}`,
        })),
      },
      ...(detail === '' ? [] : [{ type: 'section', text: plain(detail, limits.section) }]),
      ...(rows.length === 0
        ? []
        : [
            {
              type: 'actions',
              block_id: cut(`alert:${message.alertId}:${message.kind}:${message.step}`, limits.blockId, ''),
              elements: rows,
            },
          ]),
      { type: 'context', elements: marks.slice(0, 10).map((mark) => mrkdwn(String(mark), limits.field)) },
    ],
  };
}

const button = (id: string, label: string, value: string, more: Block = {}): Block => ({
  type: 'button',
  action_id: id,
  text: { type: 'plain_text', text: label, emoji: false },
  value,
  ...more,
});

/** Links only ours, and only where they lead somewhere in a browser. */
const openButton = (consoleAddress: string, path: string, value: string): Block[] =>
  consoleAddress === ''
    ? []
    : [button(buttons.open, 'Open', value, { url: `${consoleAddress.replace(/\/$/, '')}${path}` })];

function actionRow(message: AlertFactsMessage, { consoleAddress }: How): Block[] {
  const { alertId } = message;
  return [
    ...(wantsAction(message)
      ? [
          button(buttons.acknowledge, 'Acknowledge', alertId, { style: 'primary' }),
          button(buttons.snooze, 'Snooze 15 min', alertId),
        ]
      : []),
    ...(message.kind === 'test' ? [] : openButton(consoleAddress, `/alerts/${encodeURIComponent(alertId)}`, alertId)),
  ];
}

/** The answer in the thread of an earlier message. */
export function replyText(message: AlertFactsMessage, how: How): SlackText {
  const late = lateMinutes(message, how.at);
  const text = [
    happening(message),
    late > 0 ? `LATE ${late} min` : null,
    how.repeat ? 'repeat' : null,
    message.reference,
  ]
    .filter((each) => each !== null)
    .join(' · ');
  return { text: cut(escaped(text), limits.fallback), blocks: [] };
}

/** More than so many at once ask once more, as in the console. */
const ASKED_ABOVE = 50;

/** For all of a bundle that nobody has yet; each stays an alert of its own (A10). */
function bundleRow({ bundleId, needing }: Extract<AlertMessage, { kind: 'bundle' }>, { consoleAddress }: How): Block[] {
  const asked = (what: string) =>
    needing <= ASKED_ABOVE
      ? {}
      : {
          confirm: {
            title: plain(`${what} ${counted(needing, 'alert')}?`, limits.confirmTitle),
            text: plain('Each of them is then yours, and stays an alert of its own.', limits.confirmText),
            confirm: plain(what, limits.confirmButton),
            deny: plain('Cancel', limits.confirmButton),
          },
        };
  return [
    ...(needing === 0
      ? []
      : [
          button(buttons.acknowledgeAll, `Acknowledge all ${needing}`, bundleId, {
            style: 'primary',
            ...asked('Acknowledge'),
          }),
          button(buttons.snoozeAll, 'Snooze all 15 min', bundleId, asked('Snooze')),
        ]),
    ...openButton(consoleAddress, '/alerts', bundleId),
  ];
}

/** Bundles, with buttons for all of them at once, and notices: text for people. */
export function otherText(message: Exclude<AlertMessage, AlertFactsMessage>, how: How): SlackText {
  const late = lateMinutes(message, how.at);
  const tail = late > 0 ? [`LATE ${late} min`] : [];
  if (message.kind === 'notice') {
    const head = plainLine(message.subject);
    const body = plainText(message.text);
    return {
      text: cut(escaped([head, ...tail].join(' · ')), limits.fallback),
      blocks: [
        { type: 'header', text: plain(head, limits.header) },
        ...chunks(body, limits.section, 4).map((text) => ({ type: 'section', text: plain(text, limits.section) })),
        ...(tail.length === 0 ? [] : [{ type: 'context', elements: [mrkdwn(tail.join(''), limits.field)] }]),
      ],
    };
  }
  const head = `${counted(message.total, 'alert')} at once · ${weddings(message.weddingsToday)}${message.state === 'firing' ? '' : ` · all ${message.state}`}`;
  const named =
    message.members.length > 0
      ? message.members
      : message.top.map((each) => ({ ...each, state: 'firing', owner: null }));
  const list = named.map(({ reference, severity, title, state, owner }) => {
    const stands =
      state === 'firing'
        ? ''
        : ` (${[state, owner === null ? null : plainLine(owner)].filter((each) => each !== null).join(', ')})`;
    return `${severityWord(severity)} ${reference}${stands}: ${cut(plainLine(title), limits.bundledTitle)}`;
  });
  const row = bundleRow(message, how);
  const more = message.total - list.length;
  if (more > 0) list.push(`and ${more} more in the console`);
  return {
    text: cut(escaped([head, ...list, message.reference, ...tail].join(' · ')), limits.fallback),
    blocks: [
      { type: 'header', text: plain(head, limits.header) },
      ...(list.length === 0 ? [] : [{ type: 'section', text: plain(list.join('\n'), limits.section) }]),
      // Slack wants another id with each change.
      ...(row.length === 0
        ? []
        : [
            {
              type: 'actions',
              block_id: cut(`bundle:${message.bundleId}:${message.needing}`, limits.blockId, ''),
              elements: row,
            },
          ]),
      {
        type: 'context',
        elements: [mrkdwn([message.reference, message.consoleLink, ...tail].join(' · '), limits.field)],
      },
    ],
  };
}

/** Slack takes about 13,000 characters a message; more of a long report is behind the console. */
function chunks(text: string, size: number, most: number): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest !== '' && parts.length < most) {
    const last = parts.length === most - 1;
    const at = rest.length <= size || last ? size : Math.max(rest.lastIndexOf('\n', size), 1);
    parts.push(last ? cut(rest, size) : rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return parts.filter((part) => part.trim() !== '');
}
