import { toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { SYNC_KPIS } from '../kit/bi.ts';
import { type PowerBiContext, powerBiCall } from './kit.ts';
import { modelOf } from './push.ts';
import { historyOf, refreshesADay, usedOf } from './refresh.ts';
import { pushEndsOn } from './settings.ts';

/** The sign-in and the workspace, then the model; with it how much of the day is used up. */
export async function checkHealth(ctx: PowerBiContext): Promise<HealthCheck[]> {
  const { mode, capacity } = ctx.settings;
  const neededFor = [SYNC_KPIS];
  const signedIn = await powerBiCall(ctx, 'GET', '/datasets').then(() => null, toFailure);
  const first: HealthCheck = { id: 'workspace', label: 'Signed in, workspace open', neededFor, failure: signedIn };
  if (mode === 'push') {
    const model = signedIn ?? (await modelOf(ctx).then(() => null, toFailure));
    return [first, { id: 'model', label: `Push model (no new ones after ${pushEndsOn})`, neededFor, failure: model }];
  }
  if (signedIn !== null) return [first, { id: 'model', label: 'Semantic model', neededFor, failure: signedIn }];
  const history = await historyOf(ctx).catch(toFailure);
  const failure = 'kind' in history ? history : null;
  const quota =
    'kind' in history || capacity === 'premium'
      ? {}
      : { quota: { used: usedOf(history, ctx.clock.now()).length, perDay: refreshesADay } };
  return [first, { id: 'model', label: 'Semantic model', neededFor, failure, ...quota }];
}
