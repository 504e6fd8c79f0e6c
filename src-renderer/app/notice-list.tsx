import { ActionIcon, Button, Drawer, Tooltip } from '@mantine/core';
import { notifications, useNotifications } from '@mantine/notifications';
import { type ReactNode, useEffect } from 'react';
import { create } from 'zustand';
import { useCommands } from '../state/commands.ts';
import { type Undoable, useUndo } from '../state/undo.ts';
import { Empty } from '../ui/problem.tsx';
import { Instant } from '../ui/text.tsx';
import css from './shell.module.css';
import { words } from './strings.ts';

interface Notice {
  readonly at: string;
  readonly what: ReactNode;
  /** The change it told of, or the id of the message. */
  readonly of: Undoable | string;
}

const KEPT = 100;

const useNotices = create<{ open: boolean; all: readonly Notice[] }>(() => ({ open: false, all: [] }));
const open = () => useNotices.setState({ open: true });

function keep(of: Notice['of'], what: ReactNode): void {
  useNotices.setState(({ all }) =>
    all.some((one) => one.of === of)
      ? {}
      : { all: [{ of, what, at: new Date().toISOString() }, ...all].slice(0, KEPT) },
  );
}

/** Of another organisation nothing stays on screen. */
export function forgetNotices(): void {
  notifications.clean();
  useNotices.setState({ all: [] });
}

/** Opens what was told in this window; with the key it stands in the frame. */
export function NoticeButton() {
  return (
    <Tooltip label={`${words.notices} (Ctrl Shift N)`}>
      <ActionIcon variant="subtle" color="gray" aria-label={words.notices} className={css.icon} onClick={open}>
        <svg
          width="16"
          height="16"
          viewBox="0 0 16 16"
          aria-hidden="true"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
        >
          <path d="M4.5 11V7.2a3.5 3.5 0 0 1 7 0V11M3 11.5h10M7 13.8h2" />
        </svg>
      </ActionIcon>
    </Tooltip>
  );
}

/**
 * Everything this window told since it was opened, newest first, after its bar is gone: what was refused with its four parts,
 * what was done with its undo for as long as that can be taken back (U48).
 */
export function NoticeList() {
  const { open: isOpen, all } = useNotices();
  const told = useNotifications().notifications;
  const { past, shown, takeBack } = useUndo();
  useEffect(() => {
    for (const { id, message } of told) keep(id ?? '', message);
  }, [told]);
  useEffect(() => {
    if (shown) keep(shown, shown.text);
  }, [shown]);
  useCommands([
    {
      id: 'notices',
      title: words.notices,
      group: 'Everywhere',
      keys: ['mod+shift+n', 'g m'],
      words: 'messages toasts history what happened',
      run: open,
    },
  ]);
  return (
    <Drawer
      opened={isOpen}
      onClose={() => useNotices.setState({ open: false })}
      position="right"
      size="md"
      title={words.notices}
      lockScroll={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {all.length === 0 ? (
        <Empty title={words.noNotices}>{words.noNoticesMeans}</Empty>
      ) : (
        <ol className={css.notices}>
          {all.map(({ of, at, what }) => (
            <li key={typeof of === 'string' ? of : `${at} ${of.id}`}>
              <Instant at={at} show="time" />
              <div>{what}</div>
              {typeof of !== 'string' && past.includes(of) && (
                <Button
                  variant="default"
                  size="compact-sm"
                  aria-label={`Undo: ${of.text}`}
                  onClick={() => void takeBack(of)}
                >
                  Undo
                </Button>
              )}
            </li>
          ))}
        </ol>
      )}
    </Drawer>
  );
}
