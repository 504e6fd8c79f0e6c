import { describe, expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { HttpClient } from '../../ports/http.ts';
import { aPush } from '../tave/testing/samples.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { openBench } from '../testing/bench.ts';
import { honeybook } from './index.ts';
import { partnerHost } from './sandbox/partner.ts';
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
  const plan = action?.plan(aPush(), honeybook.settings.schema.parse({ mode: 'zapier' }), stamp);
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
  const plan = action?.plan(aPush(), honeybook.settings.schema.parse({ mode: 'off' }), stamp);
  if (!action || !plan) throw new Error('no plan');
  await expect(action.deliver(plan, stamp, bench.context())).rejects.toMatchObject({
    code: 'misconfigured',
    detail: { hint: expect.stringContaining('no public API') },
  });
  expect(bench.sandbox.received('honeybook')).toEqual([]);
});

describe('a partner with an agreement', () => {
  const base = `https://${partnerHost}`;
  const settings = {
    mode: 'oauth2',
    authorizeUrl: `${base}/oauth/authorize`,
    tokenUrl: `${base}/oauth/token`,
    clientId: 'wedsync-practice',
    apiUrl: base,
    probePath: '/v1/me',
    recordPath: '/v1/vendors/{vendor}/metrics/{period}',
  };
  const consent = async (http: HttpClient, url: string) => {
    const { headers } = await http.send({ method: 'GET', url });
    return Object.fromEntries(new URL(headers.location ?? '').searchParams);
  };
  async function opened() {
    const bench = await openBench(honeybook, { systems: [honeybookSandbox], settings, consent });
    onTestFinished(() => bench.close());
    const deliver = async (push = aPush()) => {
      const plan = action?.plan(push, honeybook.settings.schema.parse(settings), stamp);
      if (!action || !plan) throw new Error('no plan');
      return (await action.deliver(plan, stamp, bench.context())).document;
    };
    const records = () => bench.sandbox.documents<Record<string, string>>('honeybook', 'records').all();
    const writes = () => bench.sandbox.received('honeybook').filter(({ method }) => method === 'PUT').length;
    return { bench, deliver, records, writes };
  }

  test('signs in with PKCE to the addresses of the settings, writes one record and reads it back; a repeat writes nothing', async () => {
    const { bench, deliver, records, writes } = await opened();
    expect((await honeybook.checkHealth(bench.context()))[0]).toMatchObject({ failure: null });
    expect(await deliver()).toMatchObject({ readBack: true, fields: { ai_requests: '25', cost_savings_gbp: '62.50' } });
    await deliver();
    expect(writes()).toBe(1);
    expect(records()).toHaveLength(1);
  });

  test('renews a token that ended, once, with the refresh token that changes each time', async () => {
    const { bench, deliver } = await opened();
    await deliver();
    bench.clock.jump(3_700_000);
    expect(await deliver(aPush({ reference: 'psh_2' }))).toMatchObject({ readBack: true });
    const tokens = bench.sandbox.received('honeybook').filter(({ path }) => path.includes('/oauth/token'));
    expect(tokens).toHaveLength(2);
  });

  test('never writes over an edit, nor over fields of others', async () => {
    const { bench, deliver, records, writes } = await opened();
    await deliver();
    const held = bench.sandbox.documents<Record<string, string>>('honeybook', 'records');
    held.put('lens-and-light 2026-10', { ...records()[0], theirs: 'keep me' });
    const fields = aPush().fields.map((field) => ({
      ...field,
      before: field.value,
      value: field.key === 'ai_requests' ? '31' : field.value,
    }));
    await deliver(aPush({ fields, reference: 'psh_2' }));
    expect(records()[0]).toMatchObject({ theirs: 'keep me', ai_requests: '31' });
    held.put('lens-and-light 2026-10', { ...records()[0], ai_requests: '99' });
    const count = writes();
    await expect(deliver(aPush({ fields, reference: 'psh_3' }))).rejects.toMatchObject({ code: 'superseded' });
    expect(writes()).toBe(count);
  });

  test('is told which of the agreement’s addresses are missing, and there is nothing to sign in to until then', async () => {
    const half = honeybook.settings.schema.parse({ ...settings, tokenUrl: '', recordPath: '' });
    expect(honeybook.oauthFor?.(half)).toBeNull();
    expect(honeybook.oauthFor?.(honeybook.settings.schema.parse({ mode: 'zapier' }))).toBeNull();
    const bench = await openBench(honeybook, { systems: [honeybookSandbox], settings: half });
    onTestFinished(() => bench.close());
    expect((await honeybook.checkHealth(bench.context()))[0]?.failure).toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('tokenUrl, recordPath'),
    });
    for (const wrong of [{ apiUrl: 'http://plain.example' }, { recordPath: '/no/place' }, { probePath: 'https://x' }])
      expect(honeybook.settings.schema.safeParse({ ...settings, ...wrong }).success).toBe(false);
  });
});
