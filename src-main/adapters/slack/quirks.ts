import {
  type IntegrationError,
  NeedsAttentionError,
  PermanentError,
  RetryableError,
} from '../../../src-shared/domain/failure.ts';

export const apiUrl = 'https://slack.com/api';
export const webhookHost = 'hooks.slack.com';

/** Slack's own limits (alerts contract 1.3), in characters. */
export const limits = {
  header: 150,
  section: 3_000,
  field: 2_000,
  fields: 10,
  fallback: 4_000,
  blockId: 255,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  /** So that forty of them fit a section. */
  bundledTitle: 60,
} as const;

/** About one message a second and channel; short bursts are let through. */
export const pace = { burst: 10, perSecond: 1, longestWaitMs: 4_000 } as const;

const authTrouble = [
  'invalid_auth',
  'not_authed',
  'token_revoked',
  'token_expired',
  'account_inactive',
  'not_allowed_token_type',
];
const placeTrouble: Readonly<Record<string, string>> = {
  channel_not_found: 'Slack knows no such channel',
  not_in_channel: 'The app is not a member of the channel',
  is_archived: 'The channel is archived',
  restricted_action: 'The workspace does not let the app post there',
};
const passing = ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org'];

/** Our message, not our standing, is what Slack minds; it is sent once more as plain text. */
export const badBlocks: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'too_many_attachments',
]);
/** The earlier message cannot be changed any more; a new one tells it. */
export const notEditable: ReadonlySet<string> = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'thread_not_found',
]);

/** What `ok: false` means; Slack says it with status 200. */
export function refusal(error: string, needed: string | null, retryAfterMs: number | undefined): IntegrationError {
  if (error === 'ratelimited' || error === 'rate_limited') {
    return new RetryableError('rate-limited', 'Slack asked us to slow down', { retryAfterMs: retryAfterMs ?? 1_000 });
  }
  if (passing.includes(error)) return new RetryableError('vendor-down', `Slack has trouble of its own (${error})`);
  if (authTrouble.includes(error)) {
    return new NeedsAttentionError('auth', `Slack does not accept our token (${error})`, {
      scope: 'connection',
      hint: 'Install the app again and enter its new token under Settings, Slack.',
    });
  }
  if (error === 'missing_scope') {
    return new NeedsAttentionError('forbidden', `The Slack app lacks a permission: ${needed ?? 'not said which'}`, {
      scope: 'connection',
      hint: 'Add the permission to the app and install it again.',
    });
  }
  const place = placeTrouble[error];
  if (place !== undefined) {
    // One wrong channel must not stop the others.
    return new NeedsAttentionError('misconfigured', `${place} (${error})`, {
      hint: 'Check the channel among the destinations, and invite the app to it.',
    });
  }
  return new PermanentError('rejected', `Slack refused it: ${error}`);
}

/** The text answers of an incoming webhook; from older documents, so anything else goes by its status. */
export function webhookRefusal(status: number, text: string): IntegrationError | null {
  const said = text.trim().slice(0, 80);
  if (status === 403 || /^(no_service|no_team|channel_not_found|channel_is_archived|invalid_token)/.test(said)) {
    return new NeedsAttentionError('misconfigured', `The incoming webhook no longer works (${said || status})`, {
      scope: 'connection',
      hint: 'Make a new incoming webhook in Slack and enter it under Settings, Slack.',
    });
  }
  return null;
}
