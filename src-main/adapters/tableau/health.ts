import { toFailure } from '../../../src-shared/domain/failure.ts';
import type { HealthCheck } from '../kit/adapter.ts';
import { SYNC_KPIS } from '../kit/bi.ts';
import { type TableauContext, tableauCall } from './kit.ts';
import { projectOf } from './publish.ts';

/** The session, then the project. */
export async function checkHealth(ctx: TableauContext): Promise<HealthCheck[]> {
  const neededFor = [SYNC_KPIS];
  const session = await tableauCall(ctx, { method: 'GET', path: () => '/sessions/current', good: 200 }).then(
    () => null,
    toFailure,
  );
  const project = session ?? (await projectOf(ctx).then(() => null, toFailure));
  return [
    { id: 'session', label: 'Signed in', neededFor, failure: session },
    { id: 'project', label: `Project ${ctx.settings.project}`, neededFor, failure: project },
  ];
}
