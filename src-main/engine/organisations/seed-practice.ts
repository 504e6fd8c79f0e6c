import type { Role } from '../../../src-shared/contract/settings.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Entropy } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { getOrganisation, insertOrganisation, insertPerson } from '../../store/repositories/organisations.ts';
import type { AppendAudit } from '../audit/audit.ts';
import { hashPin } from './pin.ts';

export const practiceOrganisationId = 'bluebell';

const people: readonly { id: string; name: string; roles: readonly Role[]; pin: string | null; current: 0 | 1 }[] = [
  { id: 'alex', name: 'Alex Morgan', roles: ['admin', 'ops', 'finance_preparer'], pin: null, current: 1 },
  { id: 'priya', name: 'Priya Shah', roles: ['finance_approver'], pin: '2468', current: 0 },
  { id: 'sam', name: 'Sam Okafor', roles: ['ops'], pin: null, current: 0 },
];

/** The sample organisation of practice mode (X9), once; a later start changes nothing. Its PIN is printed in the help. */
export async function seedPractice(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly entropy: Entropy;
  readonly audit: AppendAudit;
}): Promise<void> {
  const { store, runtime, entropy, audit } = deps;
  if (await getOrganisation(store.read, practiceOrganisationId)) return;
  const hashed = await Promise.all(
    people.map(async (person) => ({
      ...person,
      pinHash: person.pin === null ? null : await hashPin(person.pin, entropy.text(16)),
    })),
  );
  await store.transaction(async (tx) => {
    if (await getOrganisation(tx, practiceOrganisationId)) return;
    await insertOrganisation(tx, {
      id: practiceOrganisationId,
      name: 'Bluebell & Co (sample)',
      practice: 1,
      time_zone: 'Europe/London',
      vat_registered: 1,
      vat_number: 'GB731884223',
      registered_from: '2021-04-01',
      created_at: runtime.clock.now(),
    });
    for (const { id, name, roles, pinHash, current } of hashed) {
      await insertPerson(tx, {
        id,
        organisation_id: practiceOrganisationId,
        name,
        roles: JSON.stringify(roles),
        pin_hash: pinHash,
        pin_locked_until: null,
        current,
      });
    }
    await audit(tx, {
      organisationId: practiceOrganisationId,
      actor: 'system',
      channel: 'system',
      action: 'organisation.created',
      object: `organisation:${practiceOrganisationId}`,
      after: { practice: true },
    });
  });
}

/** PINs of the sample people, for commands that approve in the practice organisation and say so. They open nothing else. */
export const samplePins: Readonly<Record<string, string>> = Object.fromEntries(
  people.flatMap(({ id, pin }) => (pin === null ? [] : [[id, pin]])),
);
