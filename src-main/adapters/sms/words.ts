import type { AlertFactsMessage, AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import {
  clock,
  counted,
  happening,
  isAlert,
  lateMinutes,
  severityWord,
  venuesShort,
  wantsAction,
  weddings,
} from '../kit/alert-words.ts';
import { fitted, folded, unitsOf } from './gsm.ts';

/** What one part holds, and the most we send: two parts (SEC-43). */
const onePart = 160;
const mostUnits = 306;

/** The whole text: folded, at most two parts, reference last. The title gives way, never the reference. */
export function smsText(message: AlertMessage, at: Instant): string {
  const late = lateMinutes(message, at);
  const words = isAlert(message) ? alertWords(message) : otherWords(message);
  const head = fitted(folded(words.head), 60);
  const tail = fitted(folded(`${late > 0 ? `LATE ${late} min. ` : ''}${words.tail}`), 80);
  const said = fitted(folded(words.said), 120);
  const room = mostUnits - unitsOf(`${head} ${said} ${tail}`) - 2;
  const title = sentence(fitted(folded(words.title), room));
  const joined = (...parts: readonly string[]) => parts.filter((each) => each !== '').join(' ');
  const full = joined(head, title, said, folded(words.extra), tail);
  return unitsOf(full) <= onePart ? full : joined(head, title, said, tail);
}

interface Words {
  readonly head: string;
  readonly title: string;
  readonly said: string;
  /** Left out where it would cost a second part. */
  readonly extra: string;
  readonly tail: string;
}

function alertWords(message: AlertFactsMessage): Words {
  const tail = `Ref ${message.reference}`;
  if (message.kind === 'test') {
    return { head: 'WEDSYNC TEST:', title: 'SMS alerts reach this phone', said: 'No action needed.', extra: '', tail };
  }
  const day = message.saturday ? ' SAT' : message.weddingDay ? ' WEDDING DAY' : '';
  const head = `WEDSYNC${day} ${severityWord(message.severity).toUpperCase()}:`;
  if (!wantsAction(message))
    return { head: 'WEDSYNC:', title: message.title, said: sentence(happening(message)), extra: '', tail };
  const venues = venuesShort(message);
  const [next] = message.nextCeremonies;
  const again = message.kind === 'firing' ? '' : `${happening(message)}. `;
  return {
    head,
    title: message.title,
    said: `${again}${weddings(message.weddingsToday)}${venues === null ? '' : `, ${venues}`}.`,
    extra: next ? `Next ceremony ${clock(next.at, message.zone)}.` : '',
    tail: `Open the console to acknowledge. ${tail}`,
  };
}

function otherWords(message: Exclude<AlertMessage, AlertFactsMessage>): Words {
  if (message.kind === 'notice')
    return { head: 'WEDSYNC:', title: message.subject, said: '', extra: '', tail: 'Open the console to read it.' };
  const counts = (['emergency', 'critical', 'warning', 'info'] as const)
    .filter((severity) => message.counts[severity] > 0)
    .map((severity) => `${message.counts[severity]} ${severity}`);
  const [worst] = message.top;
  return {
    head: `WEDSYNC ${counted(message.total, 'ALERT').toUpperCase()} (${counts.join(', ')}):`,
    title: worst?.title ?? 'see the console',
    said: `${weddings(message.weddingsToday)}.`,
    extra: '',
    tail: `Open the console to acknowledge. Ref ${message.reference}`,
  };
}

const sentence = (text: string) => (text === '' || /[.!?]$/.test(text) ? text : `${text}.`);
