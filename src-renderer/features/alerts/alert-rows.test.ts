import { expect, test } from 'vitest';
import type { AlertSummary } from '../../../src-shared/contract/alerts.ts';
import { rowsOf } from './alert-rows.ts';

const alert = (id: string, groupKey: string): AlertSummary => ({
  id,
  reference: id,
  severity: 'critical',
  reportedSeverity: 'warning',
  title: id,
  source: 's',
  state: 'firing',
  step: 0,
  raisedAt: '2026-11-21T14:00:00.000Z',
  lastSeenAt: '2026-11-21T14:00:00.000Z',
  resolvedAt: null,
  count: 1,
  weddingsToday: 0,
  weddingsAffected: 0,
  venues: [],
  groupKey,
  owner: null,
  next: null,
  silenced: false,
  flapping: false,
  needsMe: true,
  fromBackup: null,
});
const all = [alert('1', 'gallery'), alert('2', 'chat'), alert('3', 'gallery')];

test('alerts of one trouble stand under one head in the place of the worst, and an action on it means them all', () => {
  const rows = rowsOf(all, true, new Set());
  expect(rows.map(({ id }) => id)).toEqual(['group gallery', '2']);
  expect(rows[0]?.members.map(({ id }) => id)).toEqual(['1', '3']);
});

test('an opened group shows its members, each of which can be acted on alone', () => {
  const rows = rowsOf(all, true, new Set(['gallery']));
  expect(rows.map(({ id, kind }) => [id, kind])).toEqual([
    ['group gallery', 'group'],
    ['1', 'member'],
    ['3', 'member'],
    ['2', 'single'],
  ]);
  expect(rows[1]?.members).toHaveLength(1);
});

test('ungrouped, every alert is a row of its own', () => {
  expect(rowsOf(all, false, new Set()).map(({ id }) => id)).toEqual(['1', '2', '3']);
});
