import type { Plan } from '../../kit/adapter.ts';
import { BiSync, previewOf, totalRows } from '../../kit/bi.ts';
import { resetCache } from '../datagroup.ts';
import { kit } from '../kit.ts';

/**
 * Tells Looker that the rows it remembers are old (K4). Only the warehouse holds rows; where nothing changed there, or the
 * quota would suffer, Looker is left to notice by itself.
 */
export const syncKpis = kit.action({
  label: 'Refresh KPIs',
  payload: BiSync,
  payloadVersion: 1,
  deliveryClass: 'keyed-upsert',
  idempotency: 'native-key',

  plan(sync, settings): Plan {
    return {
      summary: `Have Looker read ${totalRows(sync)} rows anew`,
      target: `PATCH /datagroups, ${settings.model}.${settings.datagroup}`,
      fields: previewOf(sync),
      body: sync,
    };
  },

  async deliver(plan, _stamp, ctx) {
    const sync = BiSync.parse(plan.body);
    const rows = totalRows(sync);
    if (sync.changed === 0) return { vendorId: null, note: `${rows} rows, none of them changed`, document: { rows } };
    const datagroup = await resetCache(ctx);
    if (datagroup === null) {
      const note = `${rows} rows are in the warehouse; Looker looks for itself within 5 minutes`;
      return { vendorId: null, note, document: { rows } };
    }
    const { trigger_error: error } = datagroup;
    // Looker says so nowhere else: its own question to the warehouse fails, and charts stay as they were.
    const warning = error ? { warning: `Looker cannot ask the warehouse: ${error.slice(0, 200)}` } : {};
    return { vendorId: datagroup.id, note: `${rows} rows, cache dropped`, document: { rows, ...warning } };
  },
});
