import { Button, Textarea } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import css from './exports.module.css';

/** One question that wants words: a reason, a note. Ctrl+Enter answers, Esc goes back. */
export function Asking({
  title,
  label,
  button,
  refused,
  onCancel,
  onDone,
}: {
  title?: string;
  label: string;
  button: string;
  refused?: boolean;
  onCancel: () => void;
  onDone: (text: string) => unknown;
}) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    field.current?.focus();
    // Its buttons too, where the question opens at the lower edge.
    field.current?.form?.scrollIntoView({ block: 'nearest' });
    return () => {
      // Whoever went back goes on from where they asked.
      if (document.activeElement === document.body && before instanceof HTMLElement && before.isConnected)
        before.focus();
    };
  }, []);
  return (
    <form
      className={css.asking}
      onSubmit={(event) => {
        event.preventDefault();
        if (!refused && text.trim() !== '') onDone(text.trim());
      }}
    >
      {title && <p>{title}</p>}
      {!refused && (
        <Textarea
          ref={field}
          label={label}
          value={text}
          autosize
          minRows={2}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onCancel();
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }}
        />
      )}
      <div className={css.actions}>
        {!refused && (
          <Button type="submit" disabled={text.trim() === ''}>
            {button}
          </Button>
        )}
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
