import { sampleApprover } from '../../../src-shared/contract/practice.ts';
import type { Role } from '../../../src-shared/contract/settings.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { getOrganisation, insertOrganisation, insertPerson } from '../../store/repositories/organisations.ts';
import type { AppendAudit } from '../audit/audit.ts';

export const practiceOrganisationId = 'bluebell';

interface SamplePerson {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly pin: string | null;
  /** Written down, since the PIN is on the screen: made anew it would only keep every first start waiting, 0.1 s. */
  readonly pinHash: string | null;
  readonly current: 0 | 1;
}

const noPin = { pin: null, pinHash: null };
const priyasPin = {
  pin: sampleApprover.pin,
  pinHash: 'scrypt$32768$8$1$bluebell-practice$fQKKsB4o83RbAh6Ilcr4vFM39yS9erztShz446sDeZM',
};
const people: readonly SamplePerson[] = [
  { id: 'alex', name: 'Alex Morgan', roles: ['admin', 'ops', 'finance_preparer'], ...noPin, current: 1 },
  { id: sampleApprover.id, name: sampleApprover.name, roles: ['finance_approver'], ...priyasPin, current: 0 },
  { id: 'sam', name: 'Sam Okafor', roles: ['ops'], ...noPin, current: 0 },
];

/** The sample organisation of practice mode (X9), once; a later start changes nothing. Its PIN stands where it is asked for. */
export async function seedPractice(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
}): Promise<void> {
  const { store, runtime, audit } = deps;
  if (await getOrganisation(store.read, practiceOrganisationId)) return;
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
    for (const { id, name, roles, pinHash, current } of people) {
      await insertPerson(tx, {
        id,
        organisation_id: practiceOrganisationId,
        name,
        roles: JSON.stringify(roles),
        pin_hash: pinHash,
        pin_locked_until: null,
        pin_own_at: pinHash === null ? null : 0,
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
