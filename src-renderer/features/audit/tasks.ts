/** The first-run task of this screen. */
export const tasks = [{ id: 'audit', title: 'Verify the record', to: '/audit' }] as const;
