import { z } from 'zod';
import { toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { ask } from './client.ts';
import type { SmsContext } from './kit.ts';

const List = z.object({ messages: z.array(z.unknown()) });

/** Reads one message: standard keys may not ask about the account itself, but every sending key may do this. */
export async function checkHealth(ctx: SmsContext): Promise<readonly HealthCheck[]> {
  const failure = await ask(ctx, 'GET', '.json?PageSize=1', List).then(() => null, toFailure);
  return [{ id: 'key', label: 'API key: messages', neededFor: ['send-alert', 'poll-status'], failure }];
}
