import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import css from './cell-editor.module.css';

/** Where the edit goes on after a value was taken. */
export type Onward = 'down' | 'next' | 'previous' | 'selected' | 'stay';

/**
 * One cell being changed in the list. Enter takes the value and goes down, Tab to the next cell, Ctrl+Enter gives it to every
 * selected line, Esc leaves it as it was; several pasted lines fill the rows below.
 */
export function CellEditor({
  label,
  value,
  choices,
  selected,
  onCommit,
  onPaste,
  onCancel,
}: {
  label: string;
  value: string;
  choices: readonly { value: string; label: string }[] | null;
  selected: number;
  onCommit: (value: string, onward: Onward) => void;
  onPaste: (values: readonly string[]) => void;
  onCancel: () => void;
}) {
  const [text, setText] = useState(value);
  const field = useRef<HTMLInputElement & HTMLSelectElement>(null);
  const done = useRef(false);
  useEffect(() => {
    field.current?.focus();
    if (field.current instanceof HTMLInputElement) field.current.select();
  }, []);
  const commit = (onward: Onward) => {
    if (done.current) return;
    done.current = true;
    onCommit(text, onward);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // The list below must not move while a cell is written in; chords still reach the palette.
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
    if (event.key === 'Escape') {
      done.current = true;
      onCancel();
    } else if (event.key === 'Enter') commit(event.ctrlKey || event.metaKey ? 'selected' : 'down');
    else if (event.key === 'Tab') commit(event.shiftKey ? 'previous' : 'next');
    else return;
    event.preventDefault();
  };
  const onPasted = (event: ClipboardEvent) => {
    const rows = event.clipboardData.getData('text/plain').replace(/\r/g, '').replace(/\n$/, '').split('\n');
    if (rows.length < 2) return;
    event.preventDefault();
    done.current = true;
    onPaste(rows);
  };
  const shared = {
    ref: field,
    className: css.cell,
    'aria-label': label,
    value: text,
    onKeyDown,
    onBlur: () => commit('stay'),
    onClick: (event: { stopPropagation: () => void }) => event.stopPropagation(),
    title: selected > 0 ? `Ctrl+Enter: for all ${selected} selected` : undefined,
  };
  return choices ? (
    <select {...shared} onChange={(event) => setText(event.currentTarget.value)}>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  ) : (
    <input {...shared} onChange={(event) => setText(event.currentTarget.value)} onPaste={onPasted} />
  );
}
