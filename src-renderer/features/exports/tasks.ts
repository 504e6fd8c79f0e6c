/** The first-run tasks of this screen; each is ticked by doing it. */
export const tasks = [
  { id: 'import', title: 'Import a cost file', to: '/exports?import=1' },
  { id: 'fix', title: 'Fix a line that needs work', to: '/exports?tab=review' },
  { id: 'approve', title: 'Approve a batch with a second person', to: '/exports/batches' },
  { id: 'verify', title: 'See the ledger agree to the penny', to: '/exports/batches' },
] as const;
