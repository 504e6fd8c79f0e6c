import type { Store } from '../../../ports/store.ts';
import { putVendor } from '../../../store/repositories/usage.ts';

/** Vendors a file named and nobody has spoken of yet. */
export async function insertVendors(store: Store, organisationId: string, ids: readonly string[]): Promise<void> {
  await store.transaction(async (tx) => {
    for (const id of ids) {
      await putVendor(tx, {
        organisation_id: organisationId,
        id,
        name: id,
        email: '',
        state: 'asked',
        same_as: null,
        created_at: 1,
        updated_at: 1,
      });
    }
  });
}
