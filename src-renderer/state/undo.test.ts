import { beforeEach, expect, test } from 'vitest';
import { useUndo } from './undo.ts';

const done: string[] = [];
const offer = (id: string, repeatable = true) =>
  useUndo.getState().offer({
    id,
    text: id,
    undo: async () => done.push(`undo ${id}`),
    ...(repeatable
      ? {
          redo: async () => {
            done.push(`redo ${id}`);
            offer(id);
          },
        }
      : {}),
  });

beforeEach(() => {
  done.length = 0;
  useUndo.getState().clear();
});

test('what was taken back is done again in the order it was done, and can be taken back once more', async () => {
  offer('a');
  offer('b');
  await useUndo.getState().takeBack();
  await useUndo.getState().takeBack();
  await useUndo.getState().again();
  await useUndo.getState().again();
  await useUndo.getState().again();
  expect(done).toEqual(['undo b', 'undo a', 'redo a', 'redo b']);
  expect(useUndo.getState().past.map(({ id }) => id)).toEqual(['a', 'b']);
});

test('a new change, or another organisation, forgets what was taken back; what names a version is not repeated', async () => {
  offer('a');
  await useUndo.getState().takeBack();
  offer('b', false);
  await useUndo.getState().again();
  expect(done).toEqual(['undo a']);
  await useUndo.getState().takeBack();
  await useUndo.getState().again();
  useUndo.getState().clear();
  expect(useUndo.getState().undone).toEqual([]);
});

test('an older change is taken back alone, the newer ones stay', async () => {
  offer('a');
  offer('b');
  await useUndo.getState().takeBack(useUndo.getState().past[0]);
  expect(done).toEqual(['undo a']);
  expect(useUndo.getState().past.map(({ id }) => id)).toEqual(['b']);
});
