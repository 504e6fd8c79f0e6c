import { expect, test } from 'vitest';
import { chordOf, isCharacter, isOfTextField, keyCaps } from './keys.ts';

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) =>
  chordOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

test('Ctrl and Cmd are the same chord', () => {
  expect(press('k', { ctrlKey: true })).toBe('mod+k');
  expect(press('k', { metaKey: true })).toBe('mod+k');
});

test('Shift is named for arrows and with Ctrl, but not where it already made the character', () => {
  expect(press('ArrowDown', { shiftKey: true })).toBe('shift+arrowdown');
  expect(press('Z', { ctrlKey: true, shiftKey: true })).toBe('mod+shift+z');
  expect(press('?', { shiftKey: true })).toBe('?');
  expect(press('J')).toBe('j');
  expect(press(' ')).toBe('space');
});

test('key caps read like keys', () => {
  expect(keyCaps('mod+k', false)).toBe('Ctrl K');
  expect(keyCaps('g e', false)).toBe('g e');
  expect(keyCaps('mod+shift+z', false)).toBe('Ctrl Shift Z');
  expect(keyCaps('?', false)).toBe('?');
});

test('only characters can be switched off; a text field keeps its own chords', () => {
  expect(['a', '?', 'space', '['].map(isCharacter)).toEqual([true, true, false, true]);
  expect(['enter', 'escape', 'arrowdown', 'f6', 'mod+k'].map(isCharacter)).toEqual([false, false, false, false, false]);
  expect(['mod+z', 'mod+a', 'mod+k'].map(isOfTextField)).toEqual([true, true, false]);
});
