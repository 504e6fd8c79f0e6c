import { NeedsAttentionError, toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { checkKey } from './inbox.ts';
import type { LightBlueContext } from './kit.ts';

export async function checkHealth(ctx: LightBlueContext): Promise<HealthCheck[]> {
  const check = { id: 'key', label: 'API key', neededFor: ['push-value'] };
  try {
    const found = await checkKey(ctx);
    if (found === 'bad') {
      throw new NeedsAttentionError('auth', 'Light Blue does not accept the API key', {
        hint: 'Make a new key in Light Blue, Preferences, Integrations, API & Zapier.',
      });
    }
    return [
      { ...check, label: found === null ? 'API key: cannot be checked without using it' : 'API key', failure: null },
    ];
  } catch (thrown) {
    return [{ ...check, failure: toFailure(thrown) }];
  }
}
