import { expect, test } from 'vitest';
import { createClockWatch } from './clock-watch.ts';

test('a clock more than 30 s off is one alert, over once it is well within again; nobody heard says nothing', async () => {
  let ahead: number | null = null;
  const said: string[] = [];
  const look = createClockWatch({
    ahead: () => ahead,
    alerts: {
      raise: async (_organisation, report) => void said.push((report as { title: string }).title) as never,
      resolveKey: async (_organisation, key) => void said.push(`over: ${key}`),
    },
  });
  const at = async (ms: number | null) => {
    ahead = ms;
    await look('org');
    return said.splice(0);
  };
  expect(await at(null)).toEqual([]);
  expect(await at(30_000)).toEqual([]);
  expect(await at(-31_400)).toEqual(['The clock of this computer is 31 s behind']);
  expect(await at(-90_000)).toEqual([]);
  expect(await at(null)).toEqual([]);
  expect(await at(-25_000)).toEqual([]);
  expect(await at(400)).toEqual(['over: console:clock']);
  expect(await at(400)).toEqual([]);
  expect(await at(600_000)).toEqual(['The clock of this computer is 600 s ahead']);
});
