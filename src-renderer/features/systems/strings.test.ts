/// <reference types="vite/client" />
import { expect, test } from 'vitest';
import type { SystemHealth } from '../../../src-shared/contract/systems.ts';
import { answerOf, healthOf } from './strings.ts';

const at = '2026-11-22T12:00:00.000Z';
const system = (state: SystemHealth['state'], checkedAt: string | null = at) =>
  ({ name: state, state, checkedAt, expiresBeforeWeekendEnds: false, notAccepted: null }) as SystemHealth;

test('until the first check has answered the screen says so, and calls nothing unwell', () => {
  const starting = [system('healthy'), system('unknown', null), system('unknown', null), system('not_connected', null)];
  expect(answerOf(starting)).toEqual({
    ...{ shape: 'dashed', tone: 'muted' },
    children: 'Checking 2 of 3 connected systems; 1 healthy so far.',
  });
  expect(healthOf(system('unknown', null)).word).toBe('Checking');
});

test('while none is connected it calls nothing healthy', () => {
  expect(answerOf([system('not_connected', null), system('off')])).toMatchObject({
    tone: 'warning',
    children: expect.stringMatching(/^No system is connected yet/),
  });
});

test('what is signed out is called so, and not down', () => {
  expect(healthOf({ ...system('down'), notAccepted: 'sign-in' }).word).toBe('Signed out');
  expect(healthOf({ ...system('degraded'), notAccepted: 'key' }).word).toBe('Key refused');
  expect(healthOf(system('down')).word).toBe('Down');
});

test('a check that is too old is unknown, one that failed is said while others are looked at', () => {
  expect(answerOf([system('healthy'), system('unknown')])).toMatchObject({
    tone: 'warning',
    children: '1 of 2 connected systems healthy.',
  });
  expect(answerOf([system('down'), system('unknown', null)]).children).toMatch(
    /^Checking 1 of 2 .* down not working\.$/,
  );
});
