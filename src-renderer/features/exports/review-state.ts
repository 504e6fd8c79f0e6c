import { create } from 'zustand';

/** Cells that can be changed in the list itself. */
export const editableColumns = ['supplier', 'description', 'category', 'treatment'] as const;
export type EditableColumn = (typeof editableColumns)[number];

export interface EditedCell {
  readonly id: string;
  readonly column: EditableColumn;
}

/** What is marked in the review list: line id to version, so that an edit names what it was based on. */
interface ReviewState {
  readonly cursor: number;
  readonly selected: ReadonlyMap<string, number>;
  readonly editing: EditedCell | null;
  readonly setCursor: (cursor: number) => void;
  readonly select: (entries: Iterable<readonly [string, number]>) => void;
  readonly toggle: (id: string, version: number) => void;
  readonly edit: (cell: EditedCell | null) => void;
  readonly clear: () => void;
  readonly reset: () => void;
}

export const useReview = create<ReviewState>()((set) => ({
  cursor: 0,
  selected: new Map(),
  editing: null,
  setCursor: (cursor) => set({ cursor }),
  select: (entries) => set({ selected: new Map(entries) }),
  toggle: (id, version) =>
    set(({ selected }) => {
      const next = new Map(selected);
      if (!next.delete(id)) next.set(id, version);
      return { selected: next };
    }),
  edit: (editing) => set({ editing }),
  clear: () => set({ selected: new Map() }),
  reset: () => set({ cursor: 0, selected: new Map(), editing: null }),
}));
