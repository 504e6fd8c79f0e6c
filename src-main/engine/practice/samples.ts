import { mkdir, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { alertOfKey } from '../../store/repositories/alerts.ts';
import { listImports } from '../../store/repositories/imports.ts';
import type { Alerts } from '../alerts/index.ts';
import type { Crm } from '../crm/index.ts';
import type { Kind } from '../imports/importer.ts';
import type { Imports } from '../imports/index.ts';
import type { Kpis } from '../kpis/index.ts';
import { localCalendar } from '../kpis/local-calendar.ts';
import { practiceOrganisationId } from '../organisations/seed-practice.ts';
import type { Review } from '../review/index.ts';
import type { Weekend } from '../weekend/weekend.ts';
import { historyAt } from './history.ts';

const organisationId = practiceOrganisationId;
const actor = 'system:practice';
/** Made for the day the samples are first looked at. */
const historyNames = { costs: 'months-before-costs.csv', usage: 'months-before-usage.csv' } as const;
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
  readonly weekend: Pick<Weekend, 'calendar' | 'importWeddings'>;
  readonly kpis: Pick<Kpis, 'handIn'>;
  /** Holds the files. */
  readonly folder: string;
  /** Takes the files that are made. */
  readonly temporaryFolder: string;
}

/**
 * Fills the practice organisation's screens (X9): a quarter of costs with twelve lines to fix, the months around it with
 * nothing to fix, weddings, usage and survey answers of the last months, and one emergency. Goes on where a killed run stopped, repeats nothing, and leaves an organisation alone in which a person imported something of
 * their own first. What a person took back stays away.
 */
export async function bringSamples(parts: SampleParts): Promise<void> {
  const known = (await listImports(parts.store.read, organisationId)).filter(({ state }) => state !== 'cancelled');
  if (known.some((one) => one.actor !== actor)) return;
  const settled = (name: string) =>
    known.some(({ file_name, state }) => file_name === name && (state === 'done' || state === 'undone'));
  const missing = files.filter(({ name }) => !settled(name));
  if (missing.some(({ kind }) => kind === 'costs')) await confirmSuppliers(parts);
  for (const { kind, name } of missing) await bringIn(parts, kind, sourcePath(parts, kind, name), name);
  await raiseOnce(parts);
  await bringHistory(parts, settled);
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

const sourcePath = ({ folder }: SampleParts, kind: Kind, name: string) =>
  join(folder, kind === 'usage' ? join('..', 'usage') : '.', name);

/** The months before the present one, told from today. */
async function bringHistory(parts: SampleParts, settled: (name: string) => boolean): Promise<void> {
  const { weekend, kpis, runtime, temporaryFolder } = parts;
  const wanted = (['costs', 'usage'] as const).filter((kind) => !settled(historyNames[kind]));
  if (wanted.length === 0) return;
  const { zone } = await weekend.calendar(organisationId);
  const history = historyAt(runtime.clock.now(), localCalendar(zone));
  await weekend.importWeddings(organisationId, {
    weddings: history.weddings,
    rejections: [],
    duplicates: 0,
    series: new Map(),
  });
  for (const figure of history.figures)
    await kpis.handIn(organisationId, figure, { id: actor, channel: 'practice', correlationId: 'practice' });
  await mkdir(temporaryFolder, { recursive: true });
  for (const kind of wanted) {
    const path = join(temporaryFolder, `${runtime.ids.next()}.csv`);
    await writeFile(path, history[kind]);
    await bringIn(parts, kind, path, historyNames[kind], () => unlink(path).catch(() => undefined));
  }
}

/** A file of the program stays where it is; one that was made is disposed of. */
async function bringIn(
  { imports }: SampleParts,
  kind: Kind,
  path: string,
  name: string,
  dispose: () => Promise<void> = async () => undefined,
): Promise<void> {
  const { size } = await stat(path);
  const file = { path, name, bytes: size, dispose };
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
