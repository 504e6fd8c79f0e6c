import { expect, test } from 'vitest';
import { Change } from '../../src-shared/contract/app.ts';
import { contract } from '../../src-shared/contract/index.ts';
import { invalidations } from './invalidations.ts';

test('every topic the engine can publish is in the table', () => {
  expect(Object.keys(invalidations).sort()).toEqual([...Change.shape.topic.options].sort());
});

test('every path of a group that is in the contract names a call of it', () => {
  const groups: Record<string, Record<string, unknown>> = contract;
  for (const [group = '', call] of Object.values(invalidations).flat()) {
    const calls = groups[group];
    if (calls && call) expect(Object.keys(calls)).toContain(call);
  }
});
