import { getMapping, listPushes, type PushRecord, pushIds, updatePush } from '../../store/repositories/crm.ts';
import { approveAndSend, latestPeriods, placeOf } from './approve.ts';
import { largestChange, readFields } from './fields.ts';
import type { Actor, CrmParts } from './parts.ts';
import { readNow } from './prepare.ts';

/**
 * For vendors switched to automatic: approves and sends what stays under their ceiling; the rest waits for a person. A
 * record shows one period: of several the latest goes, and none while another of that vendor is on its way, because what
 * was read for it will not be there any more (`followAutomatic` takes it up again).
 */
export async function sendAutomatic(
  parts: CrmParts,
  organisationId: string,
  ids: readonly string[],
  correlationId: string,
): Promise<string[]> {
  const actor: Actor = { actor: 'system', name: 'Automatic', channel: 'automatic', correlationId };
  const rows = await listPushes(parts.store.read, organisationId, { ids, states: ['to_approve'] });
  if (rows.length === 0) return [];
  const going = await pushIds(parts.store.read, organisationId, { states: ['sending', 'in_doubt'] });
  const moving = new Set(going.map(placeOf));
  const latest = latestPeriods(rows);
  const good: string[] = [];
  for (const row of rows) {
    const later = latest.get(placeOf(row)) ?? row.period;
    const mapping = await getMapping(parts.store.read, organisationId, row.vendor_id, row.crm);
    if (mapping?.automatic !== 1 || row.changes === 0) continue;
    const change = largestChange(readFields(row.fields));
    const stops =
      change !== null && change > mapping.ceiling_percent
        ? Number.isFinite(change)
          ? `A figure changes by ${Math.round(change)}%, more than the ${mapping.ceiling_percent}% this vendor is automatic for.`
          : `Only zeros are there, so no figure is within the ${mapping.ceiling_percent}% this vendor is automatic for: look at it once.`
        : mapping.last_period !== null && mapping.last_period > row.period
          ? `A later period (${mapping.last_period}) is there already.`
          : later > row.period
            ? `A later period (${later}) goes there instead.`
            : moving.has(placeOf(row))
              ? 'Another push of this vendor is on its way; this one follows.'
              : null;
    if (stops === null) good.push(row.id);
    else
      await parts.store.transaction((tx) =>
        updatePush(tx, organisationId, row.id, { problem: stops, updated_at: parts.runtime.clock.now() }),
      );
  }
  if (good.length === 0) return [];
  return (await approveAndSend(parts, organisationId, good, actor)).done;
}

/** After a push has settled: what waited behind it for an automatic vendor is read anew and sent. */
export async function followAutomatic(
  parts: CrmParts,
  { organisation_id, id, vendor_id, crm, period }: PushRecord,
): Promise<void> {
  const mapping = await getMapping(parts.store.read, organisation_id, vendor_id, crm);
  if (mapping?.automatic !== 1) return;
  const wish = { vendorId: vendor_id, crm, states: ['to_approve' as const] };
  const waiting = (await listPushes(parts.store.read, organisation_id, wish))
    .filter((row) => row.id !== id && row.period >= period)
    .map((row) => row.id);
  if (waiting.length === 0) return;
  await readNow(parts, organisation_id, waiting, true);
  await sendAutomatic(parts, organisation_id, waiting, `after:${id}`);
}
