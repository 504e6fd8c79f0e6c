/** Names of the buttons in a Slack message; what comes back with a click, by Socket Mode or a signed request. */
export const buttons = {
  acknowledge: 'alert_ack',
  snooze: 'alert_snooze',
  open: 'alert_open',
  acknowledgeAll: 'bundle_ack',
  snoozeAll: 'bundle_snooze',
} as const;

interface Meaning {
  readonly about: 'alert' | 'bundle';
  readonly action: 'acknowledge' | 'snooze';
}
const meanings: ReadonlyMap<string, Meaning> = new Map([
  [buttons.acknowledge, { about: 'alert', action: 'acknowledge' }],
  [buttons.snooze, { about: 'alert', action: 'snooze' }],
  [buttons.acknowledgeAll, { about: 'bundle', action: 'acknowledge' }],
  [buttons.snoozeAll, { about: 'bundle', action: 'snooze' }],
]);

/** What a press of a button asks for; null: nothing, it only opens a page. */
export const meaningOf = (actionId: string): Meaning | null => meanings.get(actionId) ?? null;
