import { expect, test } from 'vitest';
import { begin, systems } from '../../testing/whole-console.ts';

test('all in parallel take no longer than the slowest and a tenth', async () => {
  const { misbehave, everything } = await begin();
  for (const [i, system] of systems.entries()) await misbehave({ system, delayMs: 500 + 300 * i, times: 0 });
  const { ms, of } = await everything();
  const each = [...of.values()].map((one) => one.ms);
  expect([...of.values()].every(({ ok }) => ok)).toBe(true);
  const slowest = Math.max(...each);
  const sum = each.reduce((total, one) => total + one, 0);
  process.stdout.write(
    `${systems.length} systems in parallel: ${Math.round(ms)} ms, slowest ${slowest} ms, one after another ${sum} ms\n`,
  );
  expect(ms).toBeLessThanOrEqual(slowest * 1.1);
});
