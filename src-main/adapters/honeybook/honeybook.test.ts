import { expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { aPush } from '../tave/testing/samples.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { openBench } from '../testing/bench.ts';
import { honeybook } from './index.ts';
import { honeybookSandbox } from './sandbox.ts';

const options = {
  systems: [honeybookSandbox],
  settings: { mode: 'zapier' },
  secrets: { hookUrl: 'https://hooks.zapier.com/hooks/catch/1000001/petal-events/' },
};
adapterSuite(honeybook, {
  ...options,
  samples: { 'push-value': { payload: aPush() } },
  deviations: { 404: 'needs-attention', 410: 'needs-attention' },
});

const action = honeybook.actions['push-value'];
const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: 1 };

test('the Zap gets the figures as text with one reference for all repeats, and nothing claims more than "taken"', async () => {
  const bench = await openBench(honeybook, options);
  onTestFinished(() => bench.close());
  const plan = action?.plan(aPush(), { mode: 'zapier' }, stamp);
  if (!action || !plan) throw new Error('no plan');
  const receipt = await action.deliver(plan, stamp, bench.context());
  expect(receipt.document).toMatchObject({ readBack: false });
  expect(bench.sandbox.received('honeybook')[0]?.body).toMatchObject({
    schema: 'wedsync.crm_metrics.v1',
    push_id: 'psh_id000001_1',
    vendor_id: 'lens-and-light',
    period: '2026-10',
    ai_requests: '25',
    cost_savings_gbp: '62.50',
  });
  expect(action.current).toBeUndefined();
});

test('switched off, as it is until somebody chooses, it sends nothing and says why', async () => {
  const bench = await openBench(honeybook, { ...options, settings: {} });
  onTestFinished(() => bench.close());
  const plan = action?.plan(aPush(), { mode: 'off' }, stamp);
  if (!action || !plan) throw new Error('no plan');
  await expect(action.deliver(plan, stamp, bench.context())).rejects.toMatchObject({
    code: 'misconfigured',
    detail: { hint: expect.stringContaining('no public API') },
  });
  expect(bench.sandbox.received('honeybook')).toEqual([]);
});
