import { type Failure, NeedsAttentionError, toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { called } from './client.ts';
import type { SlackContext } from './kit.ts';

const telling = ['send-alert'];

/** What the token may do; Slack names its permissions with every answer. An incoming webhook is proven only by a test. */
export async function checkHealth(ctx: SlackContext): Promise<readonly HealthCheck[]> {
  const { botToken, webhookUrl } = ctx.secrets;
  if (botToken === undefined) {
    const failure =
      webhookUrl === undefined
        ? new NeedsAttentionError('auth', 'Slack: neither a bot token nor an incoming webhook is there', {
            scope: 'connection',
          }).toFailure()
        : null;
    return [{ id: 'webhook', label: 'Incoming webhook (send a test to be sure)', neededFor: telling, failure }];
  }
  let scopes: string | null = null;
  let failure: Failure | null = null;
  try {
    scopes = (await called(ctx, 'auth.test', botToken)).headers['x-oauth-scopes'] ?? null;
  } catch (thrown) {
    failure = toFailure(thrown);
  }
  const sign = { id: 'sign-in', label: 'Bot token', neededFor: telling, failure };
  if (failure !== null || scopes === null) return [sign];
  const held = scopes.split(',').map((scope) => scope.trim());
  return [
    sign,
    {
      id: 'chat-write',
      label: 'Permission chat:write (post and change messages)',
      neededFor: telling,
      failure: held.includes('chat:write')
        ? null
        : new NeedsAttentionError('forbidden', 'The Slack app lacks the permission chat:write', {
            hint: 'Add chat:write to the app and install it again.',
            scope: 'connection',
          }).toFailure(),
    },
  ];
}
