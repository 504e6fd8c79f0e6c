import { z } from 'zod';
import sample from '../../../resources/practice/usage/vendors.json' with { type: 'json' };
import { CrmId } from '../../../src-shared/contract/shapes.ts';
import { vendorKey } from '../../../src-shared/domain/value/usage-record.ts';
import { vendorKeyName } from '../../adapters/kit/crm.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { SecretStore } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { putCrmSetting, putMapping } from '../../store/repositories/crm.ts';
import { listVendors, putVendor, putVendorAlias } from '../../store/repositories/usage.ts';

const Sample = z.array(
  z.strictObject({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    aliases: z.array(z.string()),
    crms: z.array(CrmId),
  }),
);

/** Keys as the sandbox takes them: each vendor has an account of their own. */
const keyOf: Readonly<Record<z.infer<typeof CrmId>, (vendorId: string) => string>> = {
  tave: (id) => `practice-tave-${id}`,
  honeybook: (id) => `https://hooks.zapier.com/hooks/catch/1000001/${id}/`,
  lightblue: (id) => `practice-lightblue-${id}`,
};

/** The usage API as the sandbox plays it, not asked yet. */
const usageSource = {
  address: 'https://api.wedsync.example/v1',
  cursor: null,
  seen: null,
  pending: null,
  fetchedAt: null,
};

/** The sample vendors and the CRMs they use, once; with practice keys that open nothing but the sandbox. */
export async function seedPracticeCrm(
  store: Store,
  runtime: Runtime,
  secrets: SecretStore,
  organisationId: string,
): Promise<void> {
  if ((await listVendors(store.read, organisationId)).length > 0) return;
  const vendors = Sample.parse(sample);
  for (const { id, crms } of vendors) {
    for (const crm of crms) {
      await secrets.write({ organisationId, system: crm, name: vendorKeyName(id) }, keyOf[crm](id));
    }
  }
  await secrets.write({ organisationId, system: 'wedsync', name: 'apiKey' }, 'wsu_practice_bluebell');
  const at = runtime.clock.now();
  await store.transaction(async (tx) => {
    await putCrmSetting(tx, organisationId, 'usage-source', usageSource, at);
    for (const { id, name, email, aliases, crms } of vendors) {
      await putVendor(tx, {
        organisation_id: organisationId,
        id,
        name,
        email,
        state: 'confirmed',
        same_as: null,
        created_at: at,
        updated_at: at,
      });
      for (const alias of new Set([id, name, email, ...aliases].map(vendorKey))) {
        await putVendorAlias(tx, organisationId, alias, id);
      }
      for (const crm of crms) {
        await putMapping(tx, {
          organisation_id: organisationId,
          vendor_id: id,
          crm,
          target: '{}',
          automatic: 0,
          ceiling_percent: 50,
          automatic_why: '',
          last_written: null,
          last_written_at: null,
          last_period: null,
          confirmed_by: 'Practice',
          confirmed_at: at,
        });
      }
    }
  });
}
