import { describe, expect, test } from 'vitest';
import { grafana } from '../src-main/adapters/grafana/index.ts';
import { grafanaSandbox } from '../src-main/adapters/grafana/sandbox.ts';
import { aBatch } from '../src-main/adapters/testing/metric-samples.ts';
import { description, heldAgainst } from './metrics.ts';

const document = description('prometheus');
const base = 'https://prometheus-prod-24-prod-eu-west-2.grafana.net/api/prom';

describe.skipIf(document === null)('Prometheus’ own description', () => {
  test('remote write goes to a path it names and is answered as it says', async () => {
    // Grafana Cloud calls the receiver `push` where Prometheus calls it `write`.
    const paths = (document?.paths ?? {}) as Record<string, unknown>;
    const held = await heldAgainst(
      { ...document, paths: { '/push': paths['/write'] } },
      grafana,
      { systems: [grafanaSandbox], settings: {}, secrets: { writeToken: 'glc_practicetoken0001' } },
      { base, rawBodies: true, undocumentedStatuses: [400, 401] },
    );
    await held.run('push-metrics', aBatch());
    await held.health();
    // It describes no body for this path: the body is proven against a real Prometheus instead.
    expect(held.problems.filter((problem) => !problem.endsWith('none is taken here'))).toEqual([]);
    expect(held.seen).toEqual(['POST /api/prom/push 204', 'POST /api/prom/push 204']);
    await held.bench.close();
  });
});
