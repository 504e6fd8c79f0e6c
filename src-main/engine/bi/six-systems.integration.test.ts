import { describe, expect, test } from 'vitest';
import type { FaultInput } from '../../sandbox/faults.ts';
import { begin, systems } from '../../testing/whole-console.ts';

const organisationId = 'bluebell';

/** One call of a slow one stands still this long; far above what any of the others takes. */
const slowMs = 4_000;
const faults: readonly (readonly [string, Omit<FaultInput, 'system'>])[] = [
  ['down', { fault: 'reset-before', times: 0 }],
  ['slow', { delayMs: slowMs }],
  ['lying', { fault: 'html', times: 0 }],
  ['refusing', { status: 403, body: { message: 'Forbidden' }, times: 0 }],
];

describe.each(systems)('with %s in trouble', (system) => {
  test.each(faults)('%s: the others are told as ever, and the screen says what happened', async (how, fault) => {
    const { client, misbehave, everything } = await begin();
    await misbehave({ system, ...fault });
    const { of } = await everything();
    expect([...of.keys()].sort()).toEqual([...systems].sort());
    for (const [other, result] of of) {
      if (other === system) continue;
      expect(result, `${other} beside ${system}`).toMatchObject({ ok: true, error: null });
      // Not held up by it, however fast this machine is.
      if (how === 'slow') expect(result.ms, `${other} beside ${system}`).toBeLessThan(of.get(system)?.ms ?? 0);
    }
    const own = of.get(system);
    const shown = (await client.kpis.view({ organisationId })).sync.find((row) => row.system === system);
    if (how === 'slow') {
      expect(own?.ms).toBeGreaterThanOrEqual(slowMs);
      expect(shown).toMatchObject({ ok: true });
    } else if (how !== 'lying' || system !== 'grafana') {
      // Remote write has no answer but its status: a proxy's page with 200 is what it cannot be told from.
      expect(own).toMatchObject({ ok: false, error: expect.stringMatching(/\w{4}/) });
      expect(shown).toMatchObject({ ok: false, detail: expect.stringMatching(/\w{4}/) });
    }
  });
});
