import { toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { type EmailContext, relayOf, smtpOf } from './kit.ts';

/** Connects, upgrades and signs in; sends nothing. Whether mail arrives only a test can show. */
export async function checkHealth(ctx: EmailContext): Promise<readonly HealthCheck[]> {
  const failure = await smtpOf(ctx)
    .verify(relayOf(ctx), ctx.signal)
    .then(() => null, toFailure);
  return [{ id: 'relay', label: 'Mail relay: TLS and sign-in', neededFor: ['send-alert'], failure }];
}
