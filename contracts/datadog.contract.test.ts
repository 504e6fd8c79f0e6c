import { describe, expect, test } from 'vitest';
import { datadog } from '../src-main/adapters/datadog/index.ts';
import { datadogSandbox } from '../src-main/adapters/datadog/sandbox.ts';
import { aBatch, manyPoints } from '../src-main/adapters/testing/metric-samples.ts';
import { description, heldAgainst } from './metrics.ts';

const document = description('datadog');
const benchOptions = {
  systems: [datadogSandbox],
  settings: { site: 'datadoghq.eu' },
  secrets: { apiKey: 'eu1practicekey00000000000000000001' },
};

describe.skipIf(document === null)('Datadog’s own description', () => {
  test('every request the adapter makes, and every answer it gets, is as described', async () => {
    const held = await heldAgainst(document ?? {}, datadog, benchOptions, { base: 'https://api.datadoghq.eu' });
    const now = Date.parse('2026-08-03T09:00:00Z');
    await held.run('push-metrics', aBatch());
    await held.run('push-metrics', aBatch(now, manyPoints(500, now)));
    await held.health();
    for (const status of [400, 403, 413, 429]) {
      held.bench.sandbox.misbehave({ system: 'datadog', status, body: { errors: ['no'] } });
      await held.run('push-metrics', aBatch()).catch(() => undefined);
    }
    expect(held.problems).toEqual([]);
    expect(held.seen.length).toBeGreaterThanOrEqual(7);
    await held.bench.close();
  });

  test('the check itself notices a misspelt field and a value that is no number', async () => {
    const held = await heldAgainst(document ?? {}, datadog, benchOptions, { base: 'https://api.datadoghq.eu' });
    await held.http.send({
      method: 'POST',
      url: 'https://api.datadoghq.eu/api/v2/series',
      headers: { 'dd-api-key': benchOptions.secrets.apiKey },
      json: { series: [{ metrik: 'x', points: [{ timestamp: 1, value: 'two' }] }] },
    });
    expect(held.problems.length).toBeGreaterThan(0);
    await held.bench.close();
  });
});
