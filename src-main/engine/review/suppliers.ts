import type { Supplier } from '../../../src-shared/contract/exports.ts';
import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import type { Reader } from '../../ports/store.ts';
import { insertChange } from '../../store/repositories/line-history.ts';
import type { SupplierRow } from '../../store/repositories/suppliers.ts';
import { notFound, refused } from '../problem.ts';
import { typedCountry } from './country.ts';
import type { Reviewer, ReviewParts } from './step.ts';
import { type SupplierChange, supplierLineIds } from './supplier-lines.ts';

/** What a ledger document holds of it. */
const longestName = 255;

/** By name. */
export async function listSuppliers(db: Reader, organisationId: string): Promise<Supplier[]> {
  const [rows, aliases] = await Promise.all([
    db.selectFrom('supplier').selectAll().where('organisation_id', '=', organisationId).orderBy('name').execute(),
    db
      .selectFrom('supplier_alias')
      .selectAll()
      .where('organisation_id', '=', organisationId)
      .orderBy('alias')
      .execute(),
  ]);
  const names = new Map<string, string[]>();
  for (const { supplier_id, alias } of aliases) names.set(supplier_id, [...(names.get(supplier_id) ?? []), alias]);
  return rows.map((row) => supplierView(row, names.get(row.id) ?? []));
}

function supplierView(row: SupplierRow, aliases: readonly string[]): Supplier {
  return {
    id: row.id,
    name: row.name,
    country: row.country,
    vatNumber: row.vat_number,
    ukEstablishment: row.uk_establishment === 1,
    aliases: [...aliases],
    confirmed: row.confirmed === 1,
  };
}

/**
 * Confirms a supplier: what is said here counts for every open line of it, now and in later files. A line keeps the
 * country and VAT number of its own document where they differ from what the supplier had before.
 */
export async function saveSupplier(
  { store, runtime, audit, publish, rechecks }: ReviewParts,
  organisationId: string,
  wanted: Omit<Supplier, 'id' | 'confirmed'> & { readonly id?: string | undefined },
  who: Reviewer,
): Promise<Supplier> {
  const name = wanted.name.trim();
  if (name === '') throw refused({ happened: 'A supplier needs a name.' });
  if ([name, ...wanted.aliases].some((one) => one.length > longestName)) {
    throw refused({
      happened: `A name of a supplier has at most ${longestName} characters.`,
      means: 'No ledger takes a longer one.',
    });
  }
  if (wanted.country.trim() === '') {
    throw refused({
      happened: 'The country of the supplier is missing.',
      means: 'Without it nobody can say where the supply is taxed.',
      remedy: 'Choose the country of the establishment on the invoice, such as GB, IE or US.',
    });
  }
  const country = typedCountry(wanted.country);
  const at = runtime.clock.now();
  const id = wanted.id ?? runtime.ids.next();
  const aliases = new Map([name, ...wanted.aliases].map((alias) => [supplierKey(alias), alias.trim()]));
  aliases.delete('');

  return store.transaction(async (tx, after) => {
    const old = await tx
      .selectFrom('supplier')
      .selectAll()
      .where('organisation_id', '=', organisationId)
      .where('id', '=', id)
      .executeTakeFirst();
    if (wanted.id !== undefined && !old) throw notFound({ happened: 'There is no such supplier.' });
    const taken = await tx
      .selectFrom('supplier_alias')
      .selectAll()
      .where('organisation_id', '=', organisationId)
      .where('alias_key', 'in', [...aliases.keys()])
      .where('supplier_id', '!=', id)
      .executeTakeFirst();
    if (taken) {
      throw refused({
        happened: `"${taken.alias}" already means another supplier.`,
        remedy: 'Remove the name there first, or choose that supplier.',
      });
    }
    const row: SupplierRow = {
      organisation_id: organisationId,
      id,
      name,
      country,
      vat_number: wanted.vatNumber.trim(),
      uk_establishment: wanted.ukEstablishment ? 1 : 0,
      confirmed: 1,
      created_at: old?.created_at ?? at,
      updated_at: at,
    };
    await tx
      .insertInto('supplier')
      .values(row)
      .onConflict((conflict) => conflict.columns(['organisation_id', 'id']).doUpdateSet(row))
      .execute();
    await tx
      .deleteFrom('supplier_alias')
      .where('organisation_id', '=', organisationId)
      .where('supplier_id', '=', id)
      .execute();
    await tx
      .insertInto('supplier_alias')
      .values(
        [...aliases].map(([alias_key, alias]) => ({
          organisation_id: organisationId,
          alias_key,
          alias,
          supplier_id: id,
        })),
      )
      .execute();

    const change: SupplierChange = {
      kind: 'supplier',
      changeId: runtime.ids.next(),
      supplierId: id,
      aliases: [...aliases.keys()],
      country,
      vatNumber: row.vat_number,
      ukEstablishment: row.uk_establishment,
      before: old ? { country: old.country, vatNumber: old.vat_number } : null,
    };
    const lines = (await supplierLineIds(tx, organisationId, change)).length;
    if (lines > 0) {
      await insertChange(tx, {
        organisation_id: organisationId,
        id: change.changeId,
        at,
        actor: who.name,
        what: 'supplier',
        why: `${name} confirmed`,
        lines,
      });
      await rechecks.request(tx, organisationId, change);
    }
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: 'supplier.saved',
      object: `supplier:${id}`,
      before: old
        ? { name: old.name, country: old.country, vatNumber: old.vat_number, ukEstablishment: old.uk_establishment }
        : undefined,
      after: {
        name,
        country,
        vatNumber: row.vat_number,
        ukEstablishment: row.uk_establishment,
        aliases: [...aliases.values()],
        lines,
      },
      correlationId: who.correlationId,
    });
    after(() => {
      publish({ topic: 'suppliers', organisationId, ids: [id] });
      if (lines > 0) publish({ topic: 'lines', organisationId, ids: [] });
    });
    return supplierView(row, [...aliases.values()]);
  });
}
