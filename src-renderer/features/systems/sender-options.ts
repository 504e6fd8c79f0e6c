import type { InboundSource } from '../../../src-shared/contract/systems.ts';

/** One setting of a sender's signature, as a person fills it in. */
export interface SenderOption {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly choices?: readonly string[];
}

const header: SenderOption = {
  name: 'header',
  label: 'Header with the token',
  hint: 'The header you add there, e.g. X-WedSync-Token.',
};
const mode: SenderOption = {
  name: 'mode',
  label: 'How it proves itself',
  hint: 'A header with the secret, or the sign-in of HTTP.',
  choices: ['header', 'basic', 'bearer'],
};
const timestampHeader: SenderOption = {
  name: 'timestampHeader',
  label: 'Header with the time stamp',
  hint: 'Set the same name there: without it a recorded request could be sent again.',
};
const signatureHeader: SenderOption = {
  name: 'signatureHeader',
  label: 'Header with the signature',
  hint: 'The header that carries the HMAC.',
};

/** What each sender lets one choose; the others prove themselves in one way only. */
export const senderOptions: Readonly<Record<string, readonly SenderOption[]>> = {
  datadog: [mode, header],
  honeybook: [mode, header],
  grafana: [timestampHeader],
  tave: [{ name: 'param', label: 'Name of the token in the address', hint: 'Usually token.' }],
  'generic-hmac': [
    signatureHeader,
    {
      name: 'encoding',
      label: 'The signature is written in',
      hint: 'As the sender writes it.',
      choices: ['hex', 'base64'],
    },
    { name: 'prefix', label: 'Text before the signature', hint: 'For example sha256=, or nothing.' },
    timestampHeader,
    {
      name: 'dedupePointer',
      label: 'Where the id of an event is',
      hint: 'A JSON pointer such as /event/id, where there is no time stamp.',
    },
  ],
};

/** What the secret is called over there, and where it is found. */
export const secretHints: Readonly<Record<string, string>> = {
  slack: 'Signing Secret, under Basic Information of the app.',
  pagerduty: 'Shown once when the V3 subscription is made.',
  twilio: 'The primary auth token of the account.',
  xero: 'The webhook key of the app.',
  intuit: 'The verifier token; not the client secret.',
  datadog: 'A token you make up; add it as a header of the webhook there.',
  grafana: 'The HMAC secret of the contact point.',
  'standard-webhooks': 'Begins with whsec_, or whpk_ for a public key.',
  'generic-hmac': 'The secret both sides know.',
  honeybook: 'A token you make up; add it in the Zap.',
  tave: 'A token you make up; it stands in the address.',
};

const reasons: Readonly<Record<string, string>> = {
  'header-missing': 'The signature was missing',
  'header-empty': 'The signature was empty',
  'timestamp-malformed': 'Its time stamp cannot be read',
  stale: 'It was signed too long ago: recorded and sent again, or a clock is wrong',
  future: 'Its time stamp lies in the future: a clock is wrong',
  form: 'The signature is written in another way than expected',
  version: 'The signature is of a version this console does not know',
  mismatch: 'The signature does not fit: another key, or the body was changed on the way',
  'body-hash-missing': 'The hash of the body was missing',
  'body-hash-wrong': 'The body was changed on the way',
  'token-missing': 'The token was missing',
  'token-doubled': 'The token came twice',
  'token-wrong': 'The token was another one',
};

export const refusalWords = ({ reason, detail }: NonNullable<InboundSource['lastRefusal']>): string =>
  `${reasons[reason] ?? reason}. ${detail}`.trim();

/** Taking, switched off, or not set up: a sender without a secret cannot prove itself. */
export function senderState({ on, secretPresent, localUrl }: InboundSource) {
  if (!secretPresent) return { shape: 'plug', tone: 'muted', word: 'Not set up' } as const;
  if (!on) return { shape: 'circle', tone: 'muted', word: 'Off' } as const;
  if (localUrl === null) return { shape: 'pause', tone: 'warning', word: 'Not receiving' } as const;
  return { shape: 'disc', tone: 'ok', word: 'Receiving' } as const;
}
