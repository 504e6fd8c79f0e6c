import { describe, expect, test } from 'vitest';
import { datadog } from '../src-main/adapters/datadog/index.ts';
import { datadogSandbox } from '../src-main/adapters/datadog/sandbox.ts';
import { newrelic } from '../src-main/adapters/newrelic/index.ts';
import { newrelicSandbox } from '../src-main/adapters/newrelic/sandbox.ts';
import { aBatch } from '../src-main/adapters/testing/metric-samples.ts';
import { description, heldAgainst } from './metrics.ts';

const document = description('otlp');

describe.skipIf(document === null)('the OTLP description', () => {
  test.each([
    ['datadog', datadog, datadogSandbox, { apiKey: 'eu1practicekey00000000000000000001' }, 'https://otlp.datadoghq.eu'],
    [
      'newrelic',
      newrelic,
      newrelicSandbox,
      { licenceKey: 'eu01xxpracticelicencekey000000000000NRAL' },
      'https://otlp.eu01.nr-data.net',
    ],
  ] as const)(
    '%s: requests, full and partial success are as described',
    async (system, adapter, sandbox, secrets, base) => {
      const held = await heldAgainst(
        document ?? {},
        adapter,
        { systems: [sandbox], settings: { protocol: 'otlp' }, secrets },
        { base },
      );
      await held.run('push-metrics', aBatch());
      held.bench.sandbox.misbehave({ system, fault: 'drop', value: '1' });
      expect(await held.run('push-metrics', aBatch())).toMatchObject({ document: { accepted: 1 } });
      expect(held.problems).toEqual([]);
      expect(held.seen).toHaveLength(2);
      await held.bench.close();
    },
  );
});
