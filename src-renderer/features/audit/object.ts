const places: Readonly<Record<string, (id: string) => string>> = {
  alert: (id) => `/alerts?alert=${id}`,
  connection: (id) => `/settings/systems/${id}`,
  delivery: (id) => `/deliveries?tab=all&id=${id}`,
  import: (id) => `/exports/imports/${id}`,
  line: (id) => `/exports?tab=all&line=${id}`,
  month: (id) => `/exports/vat?period=${id}`,
  period: (id) => `/exports/vat?period=${id}`,
  schedule: () => '/exports/schedules',
  silence: () => '/alerts/silences',
  supplier: (id) => `/exports/suppliers?supplier=${id}`,
};

/** Where the console shows what an entry is about; null: nowhere, or it is not one thing. */
export function placeOf({ action, object }: { readonly action: string; readonly object: string }): string | null {
  if (action.startsWith('batch.') && !object.includes(':')) return `/exports/batches/${encodeURIComponent(object)}`;
  const [kind = '', id = '', more] = object.split(':');
  return id === '' || more !== undefined ? null : (places[kind]?.(encodeURIComponent(id)) ?? null);
}
