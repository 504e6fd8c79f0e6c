import { Button, CloseButton } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useAddress } from '../state/address.ts';
import { useUndo } from '../state/undo.ts';
import { Key } from '../ui/text.tsx';
import css from './shell.module.css';

const SHOWN_MS = 10_000;

/** "12 lines set to Software. Undo": ten seconds, and as long as it is looked at. The same undo stays on Ctrl+Z. */
export function UndoBar() {
  const { shown, hide, takeBack } = useUndo();
  const [held, setHeld] = useState(false);
  const { path } = useAddress();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new bar, or none, is not held any more
  useEffect(() => setHeld(false), [shown]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another screen has its own changes; Ctrl+Z still knows this one
  useEffect(hide, [path]);
  useEffect(() => {
    if (!shown || held) return;
    const timer = setTimeout(hide, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown, held, hide]);
  return (
    <div className={css.undoPlace} role="status">
      {shown && (
        // biome-ignore lint/a11y/noStaticElementInteractions: hovering only pauses the clock
        <div
          className={css.undo}
          onMouseEnter={() => setHeld(true)}
          onMouseLeave={() => setHeld(false)}
          onFocus={() => setHeld(true)}
          onBlur={() => setHeld(false)}
        >
          <span>{shown.text}</span>
          <Button variant="subtle" size="compact-sm" onClick={() => void takeBack(shown)}>
            Undo
          </Button>
          <Key>Ctrl Z</Key>
          <CloseButton size="sm" aria-label="Close" onClick={hide} />
        </div>
      )}
    </div>
  );
}
