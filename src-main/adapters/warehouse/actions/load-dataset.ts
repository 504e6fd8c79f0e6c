import type { Plan } from '../../kit/adapter.ts';
import { blocksOf, DatasetLoad } from '../../kit/bi.ts';
import { clientOf, kit, serverOf } from '../kit.ts';

/** One data set into the warehouse: all of it or nothing, and the same again changes nothing. */
export const loadDataset = kit.action({
  label: 'Load KPIs',
  payload: DatasetLoad,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan(load, settings): Plan {
    const { dataset, rows, batchId, sum } = load.dataset;
    return {
      summary: `Load ${rows} rows of ${dataset.replace('_', ' ')} into the warehouse`,
      target: `${settings.host}/${settings.database}, ${settings.schema}.kpi_point`,
      fields: [
        { name: 'data set', next: dataset.replace('_', ' ') },
        { name: 'rows', next: String(rows) },
        { name: 'sum of all values', next: sum },
        { name: 'batch', next: batchId },
      ],
      body: load,
    };
  },

  async deliver(plan, _stamp, ctx) {
    const { org, dataset } = DatasetLoad.parse(plan.body);
    const { metrics, batchId, rows, sum, from, to } = dataset;
    const blocks = blocksOf(ctx, dataset);
    const { changed, removed } = await clientOf(ctx).load(
      serverOf(ctx),
      { org, metrics, from, to, batchId, rows, sum, blocks },
      ctx.signal,
    );
    return {
      vendorId: batchId,
      note: `${rows} rows, ${changed} new or changed, ${removed} gone`,
      document: { rows, changed, removed },
    };
  },
});
