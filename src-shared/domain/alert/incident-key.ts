/** Of which alert, or of which bundle of alerts, an incident elsewhere is. */
export interface IncidentOf {
  readonly about: 'alert' | 'bundle';
  readonly id: string;
}

const ourKey = /^wedsync:(alert|bundle):([^:]+)(?::\d+)?$/;

/**
 * The key of an alert's incident elsewhere, the same for its trigger, acknowledgement and end. Each round in which it needs
 * somebody anew has one of its own, since an acknowledged incident of PagerDuty calls nobody again. `roundAt`: when the round
 * began, ms UTC; null: the first.
 */
export const incidentKey = (alertId: string, roundAt: number | null): string =>
  `wedsync:alert:${alertId}${roundAt === null ? '' : `:${roundAt}`}`;

export const bundleIncidentKey = (bundleId: string): string => `wedsync:bundle:${bundleId}`;

/** null: it is no key of ours. */
export function incidentOf(key: string): IncidentOf | null {
  const [, about, id] = ourKey.exec(key) ?? [];
  return id === undefined ? null : { about: about === 'bundle' ? 'bundle' : 'alert', id };
}
