import { create } from 'zustand';

/** One finished change that can be taken back. */
export interface Undoable {
  readonly id: string;
  readonly text: string;
  readonly undo: () => Promise<unknown>;
  /** Does it again and offers its undo anew; absent: what it stood on may have changed since, so a person does it again. */
  readonly redo?: () => Promise<unknown>;
}

interface UndoState {
  /** Newest last. */
  readonly past: readonly Undoable[];
  /** Taken back since the last change, newest last. */
  readonly undone: readonly Undoable[];
  /** The one whose bar is on screen. */
  readonly shown: Undoable | null;
  readonly offer: (change: Undoable) => void;
  readonly hide: () => void;
  /** Takes a change back: the newest, unless another is named. */
  readonly takeBack: (change?: Undoable) => Promise<void>;
  /** Does again what was taken back last. */
  readonly again: () => Promise<void>;
  readonly clear: () => void;
}

const KEPT = 50;

export const useUndo = create<UndoState>()((set, get) => ({
  past: [],
  undone: [],
  shown: null,
  offer: (change) => set(({ past }) => ({ past: [...past.slice(1 - KEPT), change], undone: [], shown: change })),
  hide: () => set({ shown: null }),
  takeBack: async (change = get().past.at(-1)) => {
    if (!change) return;
    set(({ past, undone }) => ({
      past: past.filter((one) => one !== change),
      undone: [...undone.slice(1 - KEPT), change],
      shown: null,
    }));
    await change.undo();
  },
  again: async () => {
    const { undone } = get();
    const last = undone.at(-1);
    if (!last?.redo) return;
    await last.redo();
    // Done anew it is the newest change; what was taken back before it can still be done again.
    set({ undone: undone.slice(0, -1) });
  },
  clear: () => set({ past: [], undone: [], shown: null }),
}));
