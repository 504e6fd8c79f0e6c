/** The first-run tasks of this screen; each is ticked by doing it. */
export const tasks = [
  { id: 'crm-approve', title: 'Approve what a vendor will see', to: '/crm' },
  { id: 'crm-vendor', title: 'Say who an unknown vendor is', to: '/crm/vendors' },
] as const;
