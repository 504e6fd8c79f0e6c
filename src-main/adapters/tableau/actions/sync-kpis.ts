import type { Plan } from '../../kit/adapter.ts';
import { alreadyThere, BiSync, brought, previewOf, rowsOf, totalRows } from '../../kit/bi.ts';
import { kit } from '../kit.ts';
import { parquetOf } from '../parquet.ts';
import { allStand, projectOf, publish } from '../publish.ts';

/**
 * Publishes each data set as a data source of its own (K4): where the gate holds one back, what Tableau has of it stays as
 * it is, with its own date. Overwriting keeps the id of a source, so workbooks stay connected.
 */
export const syncKpis = kit.action({
  label: 'Publish KPIs',
  payload: BiSync,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan(sync, { project, source }): Plan {
    return {
      summary: `Publish ${totalRows(sync)} rows to Tableau`,
      target: `POST datasources, ${sync.datasets.length} of "${source}" in project ${project}`,
      fields: previewOf(sync),
      body: sync,
    };
  },

  async deliver(plan, _stamp, ctx) {
    const sync = BiSync.parse(plan.body);
    const { address, site, project, source } = ctx.settings;
    const to = [address, site, project, source].join(' ');
    const rows = totalRows(sync);
    const nameOf = (dataset: string) => `${source}: ${dataset.replace('_', ' ')}`;
    const names = sync.datasets.map(({ dataset }) => nameOf(dataset));
    if ((await alreadyThere(ctx, sync, to)) && (await allStand(ctx, names)))
      return { vendorId: null, note: `${rows} rows, none of them changed`, document: brought(sync, to) };
    const projectId = await projectOf(ctx);
    // Side by side: what takes long is Tableau's own work.
    const published = await Promise.allSettled(
      sync.datasets.map(async (dataset) => {
        const words = dataset.dataset.replace('_', ' ');
        return publish(ctx, projectId, {
          name: nameOf(dataset.dataset),
          description: `Executive KPIs of ${words}, refreshed by the WedSync Ops Console`,
          fileName: `wedsync_kpis_${dataset.dataset}.parquet`,
          bytes: await parquetOf(sync.org, rowsOf(ctx, { datasets: [dataset] })),
        });
      }),
    );
    const jobs = published.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    const note = `${rows} rows published as ${jobs.length} data ${jobs.length === 1 ? 'source' : 'sources'}`;
    return { vendorId: jobs[0] ?? null, note, document: brought(sync, to) };
  },
});
