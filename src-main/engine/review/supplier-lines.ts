import { z } from 'zod';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import type { Reader, Tx } from '../../ports/store.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { insertHistory } from '../../store/repositories/line-history.ts';
import { linesById, namesOnOpenLines, openLineIdsOfSupplier, patchLines } from '../../store/repositories/review.ts';

/** A supplier as a person has just confirmed it, and what was known of it before. */
export const SupplierChange = z.object({
  kind: z.literal('supplier'),
  /** The step in the history of its lines. */
  changeId: z.string(),
  supplierId: z.string(),
  /** Keys of its names in files. */
  aliases: z.array(z.string()),
  country: z.string(),
  vatNumber: z.string(),
  ukEstablishment: z.number(),
  before: z.object({ country: z.string(), vatNumber: z.string() }).nullable(),
});
export type SupplierChange = z.infer<typeof SupplierChange>;

/** Lines that may still change and belong to the supplier, by id or by one of its names. */
export async function supplierLineIds(
  db: Reader,
  organisationId: string,
  { supplierId, aliases }: SupplierChange,
): Promise<string[]> {
  const names = await namesOnOpenLines(db, organisationId);
  const mine = new Set(aliases);
  return openLineIdsOfSupplier(
    db,
    organisationId,
    supplierId,
    names.filter((known) => mine.has(supplierKey(known))),
  );
}

const profileColumns = ['supplier_id', 'supplier_country', 'supplier_vat_number', 'uk_establishment'] as const;

/** Puts the supplier on a piece of its lines, with their history; gives them back as they are then. */
export async function prepareSupplierLines(
  tx: Tx,
  organisationId: string,
  change: SupplierChange,
  ids: readonly string[],
  at: Instant,
): Promise<readonly CostLineRow[]> {
  const open = (await linesById(tx, organisationId, ids)).filter(
    ({ state }) => state !== 'batched' && state !== 'posted',
  );
  const patches = open.map((line) => ({ id: line.id, values: profileOn(line, change) }));
  await patchLines(tx, organisationId, at, profileColumns, patches);
  await insertHistory(
    tx,
    open.map((line, i) => ({
      organisation_id: organisationId,
      line_id: line.id,
      change_id: change.changeId,
      before: JSON.stringify(Object.fromEntries(profileColumns.map((column) => [column, line[column]]))),
      after: JSON.stringify(patches[i]?.values ?? {}),
    })),
  );
  return linesById(tx, organisationId, ids);
}

/** A line keeps the country and VAT number of its own document where they differ from what the supplier had before. */
function profileOn(
  line: CostLineRow,
  { supplierId, country, vatNumber, ukEstablishment, before }: SupplierChange,
): Record<(typeof profileColumns)[number], string | number | null> {
  const follows = (printed: string, old: string | undefined) => printed === '' || printed === old;
  return {
    supplier_id: supplierId,
    supplier_country: follows(line.supplier_country, before?.country) ? country : line.supplier_country,
    supplier_vat_number: follows(line.supplier_vat_number, before?.vatNumber) ? vatNumber : line.supplier_vat_number,
    uk_establishment: ukEstablishment,
  };
}
