import { create } from 'zustand';

/** What is marked in the review list: line id to version, so that an edit names what it was based on. */
interface ReviewState {
  readonly cursor: number;
  readonly anchor: number;
  readonly selected: ReadonlyMap<string, number>;
  readonly setCursor: (cursor: number) => void;
  readonly setAnchor: (anchor: number) => void;
  readonly select: (entries: Iterable<readonly [string, number]>) => void;
  readonly toggle: (id: string, version: number) => void;
  readonly clear: () => void;
  readonly reset: () => void;
}

export const useReview = create<ReviewState>()((set) => ({
  cursor: 0,
  anchor: 0,
  selected: new Map(),
  setCursor: (cursor) => set({ cursor }),
  setAnchor: (anchor) => set({ anchor }),
  select: (entries) => set({ selected: new Map(entries) }),
  toggle: (id, version) =>
    set(({ selected }) => {
      const next = new Map(selected);
      if (!next.delete(id)) next.set(id, version);
      return { selected: next };
    }),
  clear: () => set({ selected: new Map() }),
  reset: () => set({ cursor: 0, anchor: 0, selected: new Map() }),
}));
