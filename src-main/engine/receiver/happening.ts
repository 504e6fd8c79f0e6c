import { hash } from 'node:crypto';
import { z } from 'zod';
import { type Severity, severityMeant } from '../../../src-shared/domain/alert/severity.ts';
import type { Body, Headers } from './senders.ts';

/** The newest known state of something a sender tells about: an older one never overwrites it. */
export interface Mark {
  readonly object: string;
  /** Milliseconds UTC as the sender says. */
  readonly at: number;
  /** Breaks a tie: a later state of the same moment. */
  readonly rank: number;
}

/** What one event means to the console. `eventId` has its effect once (R27). */
export type Happening = { readonly eventId: string; readonly mark: Mark | null } & (
  | { readonly kind: 'alert'; readonly report: Readonly<Record<string, unknown>> }
  | { readonly kind: 'alert-over'; readonly key: string }
  | {
      readonly kind: 'state';
      readonly about: 'alert' | 'bundle';
      readonly alertId: string;
      /** Of the incident, where the sender has one: which round of the alert it is about. */
      readonly key: string | null;
      readonly state: 'acknowledged' | 'resolved';
      readonly by: string;
    }
  | {
      readonly kind: 'press';
      readonly about: 'alert' | 'bundle';
      readonly alertId: string;
      readonly action: 'acknowledge' | 'snooze';
      readonly user: string;
    }
  | { readonly kind: 'arrival'; readonly messageId: string; readonly arrived: boolean; readonly detail: string }
  | { readonly kind: 'document'; readonly vendorId: string; readonly change: 'update' | 'delete'; readonly at: number }
  | { readonly kind: 'new-client'; readonly system: 'tave' | 'honeybook'; readonly vendorRef: string }
  | { readonly kind: 'nothing'; readonly why: string }
);

export interface Stored {
  readonly dedupeKey: string;
  readonly body: Body;
  readonly headers: Headers;
  readonly receivedAt: number;
}

export const text = z
  .union([z.string(), z.number()])
  .transform((said) => String(said).trim())
  .catch('');

const longestKey = 255;

/** The key of a sender's alert. Two that are too long and begin alike stay two. */
export function alertKey(source: string, own: string): string {
  const key = `${source}:${own}`;
  return key.length <= longestKey ? key : `${key.slice(0, longestKey - 33)}#${hash('sha256', key).slice(0, 32)}`;
}

/** Nothing is due, and why. */
export const nothing = (eventId: string, why: string): Happening[] => [{ kind: 'nothing', eventId, mark: null, why }];

/** A severity a sender gave in its own word, and the detail: a word nobody knows is a warning that says so. */
export function severityTold(word: string, detail: string): { readonly severity: Severity; readonly detail: string } {
  const severity = word === '' ? 'warning' : severityMeant(word);
  return severity === null
    ? { severity: 'warning', detail: `${detail}\nIts severity was given as "${word.slice(0, 40)}".`.trim() }
    : { severity, detail };
}
