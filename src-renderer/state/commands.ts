import { notifications } from '@mantine/notifications';
import { useEffect, useRef } from 'react';
import type { CallName } from '../../src-shared/contract/who-may.ts';
import { useWhyNotOf } from '../data/may.ts';
import { chordOf, isCharacter, isOfTextField } from './keys.ts';
import { useSession } from './session.ts';

/** One thing the product can do now: the palette, the key list and the keyboard all read the same entries. */
export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  /** Chords (`mod+k`) or two-key sequences (`g e`); the first is the one shown. */
  readonly keys?: readonly string[];
  /** Other words a person may type for it. */
  readonly words?: string;
  /** Why it cannot be done now; the palette lists it with this reason. */
  readonly unavailable?: string | null;
  /** What it asks of the engine: to whoever may not ask, it says so instead. */
  readonly call?: CallName;
  readonly run: () => void;
}

/** A command as the person who acts here finds it. */
interface Offered extends Command {
  /** Why their role may not. */
  readonly refused?: string | null;
}

const registered = new Map<symbol, readonly Offered[]>();
const SEQUENCE_MS = 1500;
const PREFIX_MS = 500;
const PRESSES = new Set(['enter', 'space']);
const PRESSED = 'button,a,input,summary,[role=tab]';

/** Offers commands for as long as the component is on screen. */
export function useCommands(commands: readonly Command[]): void {
  const owner = useRef(Symbol('commands'));
  const whyNot = useWhyNotOf();
  useEffect(() => {
    const offered = commands.map((command) => {
      const refused = command.call ? whyNot(command.call) : null;
      return refused === null ? command : { ...command, refused, unavailable: refused };
    });
    registered.set(owner.current, offered);
  });
  useEffect(() => {
    const key = owner.current;
    return () => {
      registered.delete(key);
    };
  }, []);
}

/** Everything that can be done now; what was offered last (the innermost screen) comes first. */
export function allCommands(): Offered[] {
  const seen = new Set<string>();
  return [...registered.values()]
    .reverse()
    .flat()
    .filter((command) => !seen.has(command.id) && seen.add(command.id));
}

/** Listens for keys on the window; call once, in the shell. */
export function useCommandKeys(): void {
  useEffect(() => {
    let prefix = { key: '', at: 0 };
    let waiting: { run: () => void; timer: ReturnType<typeof setTimeout> } | undefined;
    const stopWaiting = () => {
      clearTimeout(waiting?.timer);
      const before = waiting;
      waiting = undefined;
      return before;
    };
    // Asked before anybody handles the key: the Esc that closes a dialog is not also meant for the screen behind it.
    let inDialog = false;
    const onKeyFirst = () => {
      inDialog = document.querySelector('[aria-modal="true"]') !== null;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || inDialog) return;
      const chord = chordOf(event);
      const plain = !chord.includes('mod+') && !chord.includes('alt+') && !/f\d+$/.test(chord);
      if (isTyping(event.target) && (plain || isOfTextField(chord))) return;
      if (isCharacter(chord) && !useSession.getState().singleKeys) return;
      const sequence = event.timeStamp - prefix.at < SEQUENCE_MS ? `${prefix.key} ${chord}` : '';
      const commands = allCommands();
      const finished = commands.find(({ keys }) => keys?.includes(sequence));
      const command = finished ?? commands.find(({ keys }) => keys?.includes(chord));
      prefix = { key: chord, at: event.timeStamp };
      const before = stopWaiting();
      if (before && !finished) before.run();
      if (command?.refused) {
        event.preventDefault();
        notifications.show({
          // One at a time, however often the key is pressed.
          id: 'may-not',
          message: command.refused,
          closeButtonProps: { 'aria-label': 'Close' },
        });
        return;
      }
      if (!command || command.unavailable) return;
      // Enter and Space press what has the keyboard.
      if (PRESSES.has(chord) && event.target instanceof Element && event.target.closest(PRESSED)) return;
      event.preventDefault();
      // A key that may begin a sequence (`g`, then a screen) means itself only when nothing follows.
      const begins = !finished && commands.some(({ keys }) => keys?.some((key) => key.startsWith(`${chord} `)));
      if (begins) waiting = { run: command.run, timer: setTimeout(() => stopWaiting()?.run(), PREFIX_MS) };
      else command.run();
    };
    window.addEventListener('keydown', onKeyFirst, true);
    window.addEventListener('keydown', onKey);
    return () => {
      stopWaiting();
      window.removeEventListener('keydown', onKeyFirst, true);
      window.removeEventListener('keydown', onKey);
    };
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input:not([type=checkbox]),textarea,select,[contenteditable=true]') !== null
  );
}
