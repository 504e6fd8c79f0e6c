import type { ContractOutputs } from '../../data/client.ts';

type Entry = Pick<ContractOutputs['audit']['list']['rows'][number], 'action' | 'object' | 'within'>;

const places: Readonly<Record<string, (id: string) => string>> = {
  alert: (id) => `/alerts?alert=${id}`,
  calendar: () => '/weekend',
  'category-rule': () => '/exports/rules',
  connection: (id) => `/settings/systems/${id}`,
  console: (id) => `/settings/${id}`,
  database: () => '/settings/backup',
  delivery: (id) => `/deliveries?tab=all&id=${id}`,
  handover: () => '/weekend',
  import: (id) => `/exports/imports/${id}`,
  inbound: (id) => `/deliveries?tab=inbound&id=${id}`,
  keychain: () => '/settings/diagnostics',
  'kpi-input': () => '/kpis',
  line: (id) => `/exports?tab=all&line=${id}`,
  mode: () => '/weekend',
  month: (id) => `/exports/vat?period=${id}`,
  organisation: () => '/settings/organisation',
  period: (id) => `/exports/vat?period=${id}`,
  person: () => '/settings/people',
  schedule: () => '/exports/schedules',
  seat: () => '/settings/sending',
  silence: () => '/alerts/silences',
  supplier: (id) => `/exports/suppliers?supplier=${id}`,
  vendor: () => '/crm/vendors',
  weekend: () => '/weekend',
};

/** Where the console shows what an entry is about; null: nowhere, or it is not one thing. */
export function placeOf({ action, object, within }: Entry): string | null {
  // People stand in an entry by their names.
  if (action.startsWith('person.')) return '/settings/people';
  const [kind = '', id = '', more] = object.split(':').map(encodeURIComponent);
  if (action.startsWith('batch.') && id === '') return `/exports/batches/${kind}`;
  if (/^(document|reversal)\./.test(action)) return within && `/exports/batches/${within}?document=${kind}`;
  if (kind === 'push') return within && `/crm?period=${within}&push=${id}`;
  return more !== undefined || (id === '' && kind !== 'keychain') ? null : (places[kind]?.(id) ?? null);
}
