import { z } from 'zod';
import type { Receipt } from '../../../src-shared/domain/delivery/job.ts';
import { PermanentError } from '../../../src-shared/domain/failure.ts';
import { datasets } from '../../../src-shared/domain/kpi/datasets.ts';
import { alreadyThere, type BiSync, brought, rowsOf, totalRows } from '../kit/bi.ts';
import { createPace } from '../kit/pace.ts';
import { notItsOwn, type PowerBiContext, powerBiCall } from './kit.ts';
import { pushEndsOn } from './settings.ts';

/** Rows a request, the vendor's limit. */
const rowsPerPost = 10_000;
/** 1,000,000 rows and, in a full table, 120 requests an hour for each model. */
const pace = createPace('Power BI', [{ calls: 100, ms: 3_600_000 }]);
const modelName = 'WedSync Ops KPIs';
const columns = [
  { name: 'ts', dataType: 'DateTime' },
  { name: 'metric', dataType: 'string' },
  { name: 'value', dataType: 'Double' },
  { name: 'season', dataType: 'string' },
  { name: 'context', dataType: 'string' },
  { name: 'venue', dataType: 'string' },
  { name: 'region', dataType: 'string' },
  { name: 'org', dataType: 'string' },
  { name: 'batch_id', dataType: 'string', isHidden: true },
] as const;

const Model = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  addRowsAPIEnabled: z.boolean().optional(),
});
const Models = z.object({ value: z.array(Model) });

/**
 * Rows have no key there and cannot be changed: the table of a data set is emptied and filled again, so that a repeat
 * ends as the first try would have.
 */
export async function pushRows(ctx: PowerBiContext, sync: BiSync): Promise<Receipt> {
  const model = await modelOf(ctx);
  const to = `${ctx.settings.workspaceId}/${model} push`;
  const note = `push models end on ${pushEndsOn}`;
  if (await alreadyThere(ctx, sync, to)) {
    return {
      vendorId: model,
      note: `${totalRows(sync)} rows, none of them changed; ${note}`,
      document: brought(sync, to),
    };
  }
  for (const dataset of sync.datasets) {
    const path = `/datasets/${encodeURIComponent(model)}/tables/${dataset.dataset}/rows`;
    await powerBiCall(ctx, 'DELETE', path);
    let waiting: object[] = [];
    const flush = async () => {
      if (waiting.length === 0) return;
      await pace.takeTurn(ctx.clock, to, ctx.signal);
      await powerBiCall(ctx, 'POST', path, { json: { rows: waiting } });
      waiting = [];
    };
    for await (const block of rowsOf(ctx, { datasets: [dataset] })) {
      for (const [metric, at, season, venue, region, value] of block) {
        waiting.push({
          ts: new Date(at).toISOString(),
          metric,
          value: Number(value),
          season,
          context: 'wedding_industry',
          venue,
          region,
          org: sync.org,
          batch_id: dataset.batchId,
        });
        if (waiting.length === rowsPerPost) await flush();
      }
    }
    await flush();
  }
  return { vendorId: model, note: `${totalRows(sync)} rows pushed; ${note}`, document: brought(sync, to) };
}

/** The model to push to: the one named, else the console's own, made when it is not there. Throws unless it takes rows. */
export async function modelOf(ctx: PowerBiContext): Promise<string> {
  const { modelId } = ctx.settings;
  if (modelId !== '') {
    const reply = await powerBiCall(ctx, 'GET', `/datasets/${encodeURIComponent(modelId)}`);
    const model = Model.safeParse(reply.json);
    if (!model.success) throw notItsOwn();
    if (model.data.addRowsAPIEnabled === true) return model.data.id;
    throw new PermanentError('unsupported', 'This model takes no rows: only models made for pushing do', {
      hint: 'Leave the model id empty, and the console makes one; or choose "refresh".',
    });
  }
  // Names are not unique there: looked for first, so that a lost answer makes no twin.
  const models = Models.safeParse((await powerBiCall(ctx, 'GET', '/datasets')).json);
  if (!models.success) throw notItsOwn();
  const own = models.data.value.find(({ name, addRowsAPIEnabled }) => name === modelName && addRowsAPIEnabled === true);
  if (own) return own.id;
  const made = await powerBiCall(ctx, 'POST', '/datasets?defaultRetentionPolicy=None', {
    json: { name: modelName, defaultMode: 'Push', tables: datasets.map((name) => ({ name, columns })) },
    good: [201, 202],
  });
  const model = Model.safeParse(made.json);
  if (!model.success) throw notItsOwn();
  return model.data.id;
}
