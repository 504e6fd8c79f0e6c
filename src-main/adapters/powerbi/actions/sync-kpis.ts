import type { Plan } from '../../kit/adapter.ts';
import { BiSync, previewOf, totalRows } from '../../kit/bi.ts';
import { kit } from '../kit.ts';
import { pushRows } from '../push.ts';
import { refreshModel } from '../refresh.ts';
import { pushEndsOn } from '../settings.ts';

/** Has the model read the warehouse again, or fills a push model (K4). */
export const syncKpis = kit.action({
  label: 'Refresh KPIs',
  payload: BiSync,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan(sync, { mode, modelId }): Plan {
    const push = mode === 'push';
    return {
      summary: push ? `Push ${totalRows(sync)} rows to Power BI` : `Have Power BI read ${totalRows(sync)} rows anew`,
      target: push ? `POST rows, model ${modelId || 'of the console'}` : `POST refreshes, model ${modelId}`,
      fields: [...previewOf(sync), ...(push ? [{ name: 'no new push models after', next: pushEndsOn }] : [])],
      body: sync,
    };
  },

  async deliver(plan, stamp, ctx) {
    const sync = BiSync.parse(plan.body);
    return ctx.settings.mode === 'push' ? pushRows(ctx, sync) : refreshModel(ctx, sync, stamp);
  },
});
