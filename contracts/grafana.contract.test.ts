import { describe, expect, test } from 'vitest';
import { grafana } from '../src-main/adapters/grafana/index.ts';
import { grafanaSandbox } from '../src-main/adapters/grafana/sandbox.ts';
import { description, heldAgainst } from './metrics.ts';

const document = description('grafana');
const benchOptions = {
  systems: [grafanaSandbox],
  settings: {},
  secrets: { writeToken: 'glc_practicetoken0001', serviceToken: 'glsa_practiceservicetoken0000001' },
};

describe.skipIf(document === null)('Grafana’s own description', () => {
  test('annotations, the dashboard and the health check are as described', async () => {
    const held = await heldAgainst(document ?? {}, grafana, benchOptions, { base: 'https://wedsync.grafana.net/api' });
    const annotation = { at: 1_795_341_600_000, until: 1_795_345_200_000, text: 'Readiness fell', tags: ['wedsync'] };
    await held.run('annotate', annotation);
    await held.run('annotate', annotation);
    await held.run('save-dashboard', {});
    await held.health();
    for (const status of [400, 401, 403, 412, 500]) {
      held.bench.sandbox.misbehave({ system: 'grafana', path: '/api/dashboards', status, body: { message: 'no' } });
      await held.run('save-dashboard', {}).catch(() => undefined);
    }
    expect(held.problems).toEqual([]);
    expect(held.seen.length).toBeGreaterThanOrEqual(10);
    await held.bench.close();
  });
});
