/** The part of a keyboard event that decides which command is meant. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/**
 * A key press in the notation of the key table: `mod+k`, `shift+arrowdown`, `j`, `?`. `mod` is Ctrl, or Cmd on a Mac.
 * Shift is named only where it does not already change the character.
 */
export function chordOf(press: KeyPress): string {
  const named = press.key.length > 1;
  const key = press.key === ' ' ? 'space' : press.key.toLowerCase();
  const mod = press.ctrlKey || press.metaKey;
  const shift = press.shiftKey && (named || mod);
  return `${mod ? 'mod+' : ''}${press.altKey ? 'alt+' : ''}${shift ? 'shift+' : ''}${key}`;
}

/** Character keys can be switched off and mean themselves in a text field; Enter, Space, arrows and F6 are none. */
export const isCharacter = (chord: string): boolean => chord.length === 1;

/** What a text field does with a chord itself, however much else the product can undo or select. */
export const isOfTextField = (chord: string): boolean => ['mod+z', 'mod+shift+z', 'mod+y', 'mod+a'].includes(chord);

/** Keys that belong to the browser where there is one: they are ours in the desktop window only (§6). */
export const ofWindow = (...keys: string[]): string[] => (typeof window !== 'undefined' && window.wedsync ? keys : []);

/** `Ctrl K`, `g e`, `Shift ↓`: what a person reads on a key cap. */
export function keyCaps(chord: string, mac: boolean): string {
  const words: Record<string, string> = {
    mod: mac ? '⌘' : 'Ctrl',
    alt: mac ? '⌥' : 'Alt',
    shift: 'Shift',
    enter: 'Enter',
    escape: 'Esc',
    space: 'Space',
    arrowup: '↑',
    arrowdown: '↓',
  };
  return chord
    .split(/[+ ](?=.)/)
    .map((part) => words[part] ?? (chord.includes('+') ? part.toUpperCase() : part))
    .join(' ');
}
