import { z } from 'zod';
import {
  type IntegrationError,
  NeedsAttentionError,
  PermanentError,
  RetryableError,
} from '../../../src-shared/domain/failure.ts';
import type { HttpReply } from '../../ports/http.ts';
import { failureOf } from '../kit/classify.ts';

const Refusal = z.object({ code: z.number(), message: z.string().default('') });

/** Nothing changes for this number or text, whoever tries again. */
const forGood: Readonly<Record<number, string>> = {
  21211: 'Twilio says this is no telephone number',
  21214: 'Twilio says this number cannot be reached',
  21610: 'This number answered STOP and gets no more texts from us',
  21612: 'There is no route from our sender to this number',
  21614: 'This is not a mobile number',
  21617: 'The text is too long',
};
/** Our sender or account is set up wrongly: every text is concerned. */
const sender: Readonly<Record<number, string>> = {
  21212: 'The sender is not valid',
  21603: 'No sender is set',
  21606: 'The sender does not belong to this account or cannot send texts',
  21660: 'The sender does not belong to this account',
  21703: 'The Messaging Service has no senders',
  21704: 'The Messaging Service has no senders',
};
/** One number or country is not allowed yet. */
const permission: Readonly<Record<number, string>> = {
  21408: 'Texts to this country are switched off in Twilio',
  21608: 'A trial account sends only to verified numbers',
};

/** What a refused request means (alerts contract 3.6). */
export function refusalOf(reply: Pick<HttpReply, 'status' | 'excerpt' | 'retryAfterMs' | 'json'>): IntegrationError {
  const told = Refusal.safeParse(reply.json);
  const code = told.success ? told.data.code : 0;
  if (reply.status === 429 || code === 20429) {
    return new RetryableError('rate-limited', 'Twilio asked us to slow down', {
      retryAfterMs: reply.retryAfterMs ?? 2_000,
      scope: 'connection',
    });
  }
  if (code === 20003 || reply.status === 401) {
    return new NeedsAttentionError('auth', 'Twilio does not accept the API key', {
      scope: 'connection',
      hint: 'Enter key and secret again under Settings, SMS.',
    });
  }
  const dead = forGood[code];
  if (dead !== undefined)
    return new PermanentError('rejected', `${dead} (${code})`, { hint: 'Correct the number among the destinations.' });
  const wrong = sender[code];
  if (wrong !== undefined)
    return new NeedsAttentionError('misconfigured', `${wrong} (${code})`, {
      scope: 'connection',
      hint: 'Set the sender under Settings, SMS.',
    });
  const closed = permission[code];
  if (closed !== undefined)
    return new NeedsAttentionError('misconfigured', `${closed} (${code})`, { hint: 'Allow it in the Twilio console.' });
  return failureOf(reply);
}

/** Why a text that was accepted did not arrive. */
const lost: Readonly<Record<number, string>> = {
  30001: 'the queue was full',
  30003: 'the phone is switched off or out of reach',
  30004: 'the phone or its network blocks our texts',
  30005: 'the number is unknown to its network',
  30006: 'a landline, or a network that cannot be reached',
  30007: 'the network took it for spam',
  30008: 'the network gave no reason',
  30009: 'a part went missing',
  30034: 'the sender is not registered for that country',
  30036: 'it waited longer than it may',
  30450: 'held back as suspicious traffic',
  30500: 'Twilio had a failure of its own',
};

/** These do not change by sending again: the number or the text has to be looked at. */
export const permanentCodes: ReadonlySet<number> = new Set([30004, 30005, 30006, 30007, 30034, 30450]);

export function lostBecause(code: number | null): string {
  const why = code === null ? undefined : lost[code];
  return why === undefined ? `no reason known${code === null ? '' : ` (${code})`}` : `${why} (${code})`;
}
