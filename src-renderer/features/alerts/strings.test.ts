import { describe, expect, it } from 'vitest';
import { nextText, words } from './strings.ts';

const now = Date.parse('2026-11-28T14:00:00Z');
const at = '2026-11-28T14:05:00Z';
const alert = { next: null, fromBackup: null, state: 'escalated', silenced: false } as const;
const said = (more: Partial<Parameters<typeof nextText>[0]>) => nextText({ ...alert, ...more }, now, 'Europe/London');

it('an alert that a silence hides is not somebody’s', () => {
  expect(words.answer.silenced(1, 1)).toBe('Nothing needs you. 1 alert is open, silenced: nobody is told.');
  expect(words.answer.silenced(3, 2)).toBe('Nothing needs you. 3 alerts are open, 2 of them silenced: nobody is told.');
});

describe('what happens next to an alert by itself', () => {
  it('is counted down while it is near', () => {
    expect(said({ next: { what: 'escalates', at } })).toBe('escalates in 5 min');
  });
  it('is said too when nobody is left to be told', () => {
    expect(said({})).toBe('nobody else is told');
    expect(said({ state: 'firing' })).toBe('nobody else is told');
  });
  it('is nothing where somebody has it, or it is over or silenced', () => {
    expect(said({ state: 'acknowledged' })).toBe('—');
    expect(said({ state: 'resolved' })).toBe('—');
    expect(said({ silenced: true })).toBe('—');
  });
});
