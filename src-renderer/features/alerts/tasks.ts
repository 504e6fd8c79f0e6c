/** The first-run tasks of this screen; each is ticked by doing it. */
export const tasks = [
  { id: 'acknowledge', title: 'Acknowledge an alert', to: '/alerts?tab=needs_me' },
  { id: 'recovery', title: 'Tick a recovery step', to: '/alerts?tab=open' },
] as const;
