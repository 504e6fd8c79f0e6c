import { notifications } from '@mantine/notifications';
import { useUndo } from '../state/undo.ts';
import { ProblemNote } from '../ui/problem.tsx';
import { problemOf } from './problem.ts';

/** Does something; a refusal is shown in its four parts and stays until dismissed. Undefined: it was refused. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    notifications.show({
      message: <ProblemNote problem={problemOf(error)} />,
      autoClose: false,
      withBorder: false,
      color: 'red',
      closeButtonProps: { 'aria-label': 'Close' },
    });
    return undefined;
  }
}

/**
 * Does a change that can be taken back, and offers that. True: it was done. `repeatable`: it names no version, so that it can be
 * done again after it was taken back.
 */
export async function attemptUndoable<T extends { undoId: string; changed: number }>(
  work: () => Promise<T>,
  text: (changed: number) => string,
  undo: (undoId: string) => Promise<unknown>,
  { repeatable = false } = {},
): Promise<boolean> {
  const done = await attempt(work);
  if (!done) return false;
  useUndo.getState().offer({
    id: done.undoId,
    text: text(done.changed),
    undo: () => attempt(() => undo(done.undoId)),
    ...(repeatable ? { redo: () => attemptUndoable(work, text, undo, { repeatable }) } : {}),
  });
  return true;
}
