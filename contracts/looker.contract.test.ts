import { describe, expect, test } from 'vitest';
import { SYNC_KPIS } from '../src-main/adapters/kit/bi.ts';
import { looker } from '../src-main/adapters/looker/index.ts';
import { lookerSandbox, practiceLooker } from '../src-main/adapters/looker/sandbox.ts';
import { aSync } from '../src-main/adapters/testing/bi-samples.ts';
import { description, heldAgainst } from './metrics.ts';

const document = description('looker');
const benchOptions = {
  systems: [lookerSandbox],
  settings: { clientId: practiceLooker.clientId },
  secrets: { clientSecret: practiceLooker.clientSecret },
};

describe.skipIf(document === null)('the description of Looker’s API', () => {
  test('sign-in, reset, health and every refusal are as described', async () => {
    const held = await heldAgainst(document ?? {}, looker, benchOptions, {
      base: 'https://wedsync.cloud.looker.com/api/4.0',
    });
    await held.run(SYNC_KPIS, aSync().payload);
    expect((await held.health()).map(({ failure }) => failure)).toEqual([null, null]);
    // A wrong key, a moment in the future, a used-up month: the sandbox's own refusals.
    await held.run(SYNC_KPIS, aSync().payload, { clientId: 'anotherclientid' }).catch(() => undefined);
    held.bench.clock.jump(-60_000);
    await held.run(SYNC_KPIS, aSync().payload).catch(() => undefined);
    held.bench.sandbox.misbehave({ system: 'looker', fault: 'quota' });
    await held.run(SYNC_KPIS, aSync().payload).catch(() => undefined);
    expect(held.problems).toEqual([]);
    expect(held.seen).toEqual(
      expect.arrayContaining([
        'POST /api/4.0/login 200',
        'GET /api/4.0/datagroups 200',
        'PATCH /api/4.0/datagroups/42 200',
        'GET /api/4.0/user 200',
        'POST /api/4.0/login 404',
        'POST /api/4.0/login 429',
      ]),
    );
    await held.bench.close();
  });
});
