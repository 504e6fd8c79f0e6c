import { create } from 'zustand';
import { persist } from 'zustand/middleware';

/** View state that outlives a screen; kept per browser profile, never server data. */
interface Session {
  organisationId: string;
  navigationCollapsed: boolean;
  /** Single-letter keys can be switched off (WCAG 2.1.4). */
  singleKeys: boolean;
  tasksHidden: boolean;
  tasksDone: readonly string[];
  set: (patch: Partial<Omit<Session, 'set' | 'doTask'>>) => void;
  doTask: (id: string) => void;
}

export const useSession = create<Session>()(
  persist(
    (set) => ({
      organisationId: '',
      navigationCollapsed: false,
      singleKeys: true,
      tasksHidden: false,
      tasksDone: [],
      set: (patch) => set(patch),
      doTask: (id) => set(({ tasksDone }) => (tasksDone.includes(id) ? {} : { tasksDone: [...tasksDone, id] })),
    }),
    { name: 'wedsync-ops' },
  ),
);

/** The organisation every call on screen is for. */
export const useOrganisationId = () => useSession((session) => session.organisationId);
