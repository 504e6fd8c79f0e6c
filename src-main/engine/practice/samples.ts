import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { alertOfKey } from '../../store/repositories/alerts.ts';
import { listImports } from '../../store/repositories/imports.ts';
import type { Alerts } from '../alerts/index.ts';
import type { Crm } from '../crm/index.ts';
import type { Kind } from '../imports/importer.ts';
import type { Imports } from '../imports/index.ts';
import { practiceOrganisationId } from '../organisations/seed-practice.ts';
import type { Review } from '../review/index.ts';

const organisationId = practiceOrganisationId;
const actor = 'system:practice';
const by = { personId: 'system', name: 'Practice', channel: 'practice', correlationId: 'practice' };

/** In this order: lines are judged with the rates and suppliers that are there already. */
const files: readonly { readonly kind: Kind; readonly name: string }[] = [
  { kind: 'rates', name: 'rates-2026-q3.csv' },
  { kind: 'costs', name: 'suppliers-2026-q3.csv' },
  { kind: 'costs', name: 'cloud-and-ai-2026-q3-focus.csv' },
  { kind: 'usage', name: 'usage-2026-09.csv' },
  { kind: 'usage', name: 'usage-2026-10.csv' },
];

/** Confirmed beforehand. Two more stand in the files and are left for the person to answer for. */
const suppliers: readonly { readonly name: string; readonly country: string; readonly vatNumber: string }[] = [
  { name: 'Harbour Ticketing Ltd (sample)', country: 'GB', vatNumber: 'GB220771686' },
  { name: 'Pennant Design Ltd (sample)', country: 'GB', vatNumber: 'GB345678128' },
  { name: 'Lagan Hosting Ltd (sample)', country: 'XI', vatNumber: 'XI118045982' },
  { name: 'Granite Observability Ltd (sample)', country: 'GB', vatNumber: 'GB903441751' },
  { name: 'Northwind Analytics Inc (sample)', country: 'US', vatNumber: '' },
  { name: 'Rheinblick Software GmbH (sample)', country: 'DE', vatNumber: 'DE123456789' },
  { name: 'Fjord Backup AB (sample)', country: 'SE', vatNumber: 'SE556000000101' },
  { name: 'Nimbus Cloud UK Ltd (sample)', country: 'GB', vatNumber: 'GB713024681' },
  { name: 'Lumen Models Inc (sample)', country: 'US', vatNumber: '' },
];

const emergency = {
  source: 'practice',
  key: 'practice-payment-webhook',
  severity: 'emergency',
  title: 'Payment webhook silent 12 min',
  detail: 'No payment has been reported since the last one 12 minutes ago. A rehearsal: nothing here is real.',
  template: 'payment-webhook-silent',
};

export interface SampleParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly imports: Imports;
  readonly review: Pick<Review, 'suppliers' | 'saveSupplier'>;
  readonly alerts: Pick<Alerts, 'raise'>;
  readonly crm: Pick<Crm, 'prepare'>;
  /** Holds the files. */
  readonly folder: string;
}

/**
 * Fills the practice organisation's screens (X9): a quarter of costs with twelve lines to fix, and one emergency. Goes on
 * where a killed run stopped, repeats nothing, and leaves an organisation alone in which a person imported something of
 * their own first. What a person took back stays away.
 */
export async function bringSamples(parts: SampleParts): Promise<void> {
  const known = (await listImports(parts.store.read, organisationId)).filter(({ state }) => state !== 'cancelled');
  if (known.some((one) => one.actor !== actor)) return;
  const settled = (name: string) =>
    known.some(({ file_name, state }) => file_name === name && (state === 'done' || state === 'undone'));
  const missing = files.filter(({ name }) => !settled(name));
  if (missing.some(({ kind }) => kind === 'costs')) await confirmSuppliers(parts);
  for (const { kind, name } of missing) await bringIn(parts, kind, name);
  await raiseOnce(parts);
  if (missing.some(({ kind }) => kind === 'usage'))
    await parts.crm.prepare(organisationId, { period: '2026-10' }, 'practice');
}

async function confirmSuppliers({ review }: SampleParts): Promise<void> {
  const known = await review.suppliers(organisationId);
  for (const supplier of suppliers) {
    const found = known.find(({ name }) => name === supplier.name);
    if (found?.confirmed) continue;
    const id = found === undefined ? {} : { id: found.id };
    await review.saveSupplier(organisationId, { ...id, ...supplier, ukEstablishment: false, aliases: [] }, by);
  }
}

async function bringIn({ imports, folder }: SampleParts, kind: Kind, name: string): Promise<void> {
  const path = join(folder, kind === 'usage' ? join('..', 'usage') : '.', name);
  const { size } = await stat(path);
  // The file stays where it is: it belongs to the program.
  const file = { path, name, bytes: size, dispose: async () => undefined };
  const { importId } = await imports.start(
    { organisationId, file, kind },
    { actor, channel: 'practice', correlationId: 'practice' },
  );
  await imports.finished(organisationId, importId);
}

async function raiseOnce({ store, runtime, alerts }: SampleParts): Promise<void> {
  const ever = await alertOfKey(store.read, organisationId, emergency.key, 0);
  if (ever) return;
  await alerts.raise(organisationId, { ...emergency, observedAt: runtime.clock.now() }, { ...by, personId: null });
}
