import { hash } from 'node:crypto';
import { z } from 'zod';
import type { SignedSource } from '../../adapters/kit/signature/signed-request.ts';

const day = 24 * 3_600_000;
/** A sender's own further tries come within it; after it, the same words of an alert are news of now. */
const againMs = 10 * 60_000;

/** What one sender is like: how it is answered and how its repeats are recognised. Facts of the vendors, as data. */
export interface Sender {
  readonly name: string;
  readonly methods: readonly string[];
  /** Status for what was taken, and for what is not authentic. */
  readonly taken: number;
  readonly notAuthentic: number;
  /** How long a repeat of the same key is the same event, ms. */
  readonly keepMs: number;
  /** Among what arrived in the same mode, smaller goes first. */
  readonly rank: number;
  /** The body is a form with the JSON in one field, or with plain fields. */
  readonly form: boolean;
  /** A body that is not what it claims to be is kept all the same, and an alert says so. */
  readonly keepsMalformed: boolean;
  /** Names of one event; null: the body has none. Several events in one request have one name for all of them. */
  key(body: Body, headers: Headers): string | null;
}

export type Headers = Readonly<Record<string, string>>;
/** What was sent, read. `json` undefined: it is a form, empty, or malformed. */
export interface Body {
  readonly json: unknown;
  readonly form: URLSearchParams | null;
}

const textOrNumber = z.union([z.string().min(1).max(300), z.number()]).transform(String);

function field(value: unknown, ...path: readonly (string | number)[]): string | null {
  let here = value;
  for (const step of path)
    here = typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[step] : undefined;
  const parsed = textOrNumber.safeParse(here);
  return parsed.success ? parsed.data : null;
}

const joined = (...parts: readonly (string | null)[]) => (parts.some((part) => part === null) ? null : parts.join('|'));

/** One name for the events of a list, whatever their order; null when one has none. */
function listKey(list: unknown, one: (event: unknown) => string | null): string | null {
  if (!Array.isArray(list) || list.length === 0) return null;
  const keys = list.map(one);
  if (keys.some((key) => key === null)) return null;
  return keys.length === 1 ? String(keys[0]) : `list:${hash('sha256', keys.sort().join('\n'))}`;
}

export const xeroEventKey = (event: unknown) =>
  joined(field(event, 'tenantId'), field(event, 'resourceId'), field(event, 'eventType'), field(event, 'eventDateUtc'));
export const intuitEventKey = (event: unknown) => joined(field(event, 'source') ?? '', field(event, 'id'));
export const grafanaAlertKey = (alert: unknown) =>
  joined(field(alert, 'fingerprint'), field(alert, 'startsAt'), field(alert, 'status'));

const plain = { methods: ['POST'], taken: 200, notAuthentic: 401, keepMs: 7 * day, form: false, keepsMalformed: false };

export const senders: Readonly<Record<SignedSource, Sender>> = {
  slack: {
    ...plain,
    name: 'Slack (buttons and events over http)',
    keepMs: day,
    rank: 1,
    form: true,
    key: ({ json }) =>
      field(json, 'event_id') ??
      joined(field(json, 'container', 'message_ts'), field(json, 'actions', 0, 'action_ts'), field(json, 'user', 'id')),
  },
  pagerduty: {
    ...plain,
    name: 'PagerDuty (V3 webhooks)',
    taken: 202,
    rank: 1,
    key: ({ json }, headers) => headers['x-webhook-id'] ?? field(json, 'event', 'id'),
  },
  twilio: {
    ...plain,
    name: 'Twilio (message status)',
    methods: ['POST', 'GET'],
    taken: 204,
    notAuthentic: 403,
    keepMs: 30 * day,
    rank: 2,
    form: true,
    key: ({ form }) => joined(form?.get('MessageSid') ?? null, form?.get('MessageStatus') ?? null),
  },
  xero: { ...plain, name: 'Xero', rank: 4, key: ({ json }) => listKey(field2(json, 'events'), xeroEventKey) },
  intuit: {
    ...plain,
    name: 'Intuit (QuickBooks Online)',
    rank: 4,
    key: ({ json }) => listKey(json, intuitEventKey),
  },
  datadog: {
    ...plain,
    name: 'Datadog (webhook of a monitor)',
    rank: 0,
    keepsMalformed: true,
    key: ({ json }) => joined(field(json, 'id'), field(json, 'transition') ?? field(json, 'alert_transition')),
  },
  grafana: {
    ...plain,
    name: 'Grafana Alerting',
    methods: ['POST', 'PUT'],
    // It reminds of what goes on in the same words.
    keepMs: againMs,
    rank: 0,
    key: ({ json }) => listKey(field2(json, 'alerts'), grafanaAlertKey),
  },
  'standard-webhooks': {
    ...plain,
    name: 'Standard Webhooks',
    rank: 0,
    key: (_, headers) => headers['webhook-id'] ?? null,
  },
  'generic-hmac': { ...plain, name: 'Any sender with HMAC-SHA256', taken: 202, rank: 0, key: () => null },
  honeybook: {
    ...plain,
    name: 'HoneyBook (through Zapier)',
    keepMs: day,
    rank: 5,
    key: ({ json }) => field(json, 'event_id'),
  },
  tave: {
    ...plain,
    name: 'Táve (REST hook)',
    keepMs: day,
    rank: 5,
    key: ({ json }) => joined(field(json, 'event'), field(json, 'id')),
  },
};

function field2(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Without an id, the same bytes within a day are the same event (R27); of those who tell alerts, within minutes. */
export function dedupeOf(
  sender: Sender,
  body: Body,
  headers: Headers,
  raw: Uint8Array,
  pointer: string | null,
): { readonly key: string; readonly keepMs: number } {
  const named = (pointer === null ? null : field(body.json, ...pointerPath(pointer))) ?? sender.key(body, headers);
  if (named !== null && named !== '') {
    const key = named.length <= 300 ? named : `long:${hash('sha256', named)}`;
    return { key, keepMs: sender.keepMs };
  }
  return { key: `sha256:${hash('sha256', raw)}`, keepMs: sender.rank === 0 ? againMs : day };
}

/** Steps of a JSON pointer (RFC 6901). */
function pointerPath(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
