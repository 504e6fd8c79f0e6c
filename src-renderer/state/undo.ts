import { create } from 'zustand';

/** One finished change that can be taken back. */
export interface Undoable {
  readonly id: string;
  readonly text: string;
  readonly undo: () => Promise<unknown>;
}

interface UndoState {
  /** Newest last. */
  readonly past: readonly Undoable[];
  /** The one whose bar is on screen. */
  readonly shown: Undoable | null;
  readonly offer: (change: Undoable) => void;
  readonly hide: () => void;
  readonly take: () => Undoable | undefined;
  readonly clear: () => void;
}

const KEPT = 50;

export const useUndo = create<UndoState>()((set, get) => ({
  past: [],
  shown: null,
  offer: (change) => set(({ past }) => ({ past: [...past.slice(1 - KEPT), change], shown: change })),
  hide: () => set({ shown: null }),
  take: () => {
    const last = get().past.at(-1);
    set(({ past }) => ({ past: past.slice(0, -1), shown: null }));
    return last;
  },
  clear: () => set({ past: [], shown: null }),
}));
