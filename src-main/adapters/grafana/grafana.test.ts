import { readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { kpis } from '../../../src-shared/domain/kpi/catalogue.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { openBench } from '../testing/bench.ts';
import { aBatch, manyPoints } from '../testing/metric-samples.ts';
import { kpiDashboard } from './dashboard.ts';
import { grafana } from './index.ts';
import { grafanaSandbox, type StoredSeries } from './sandbox.ts';
import { GrafanaDashboard } from './testing/dashboard-schema.ts';

const options = {
  systems: [grafanaSandbox],
  settings: {},
  secrets: { writeToken: 'glc_practicetoken0001', serviceToken: 'glsa_practiceservicetoken0000001' },
};
const now = Date.parse('2026-08-03T09:00:00Z');

adapterSuite(grafana, {
  ...options,
  noBody: ['push-metrics'],
  samples: {
    'push-metrics': { payload: aBatch() },
    annotate: { payload: { at: now, text: 'Peak season readiness fell to 0.62', tags: ['wedsync', 'season:peak'] } },
    'save-dashboard': { payload: {} },
  },
});

async function bench(change: object = {}) {
  const opened = await openBench(grafana, { ...options, ...change });
  onTestFinished(() => opened.close());
  return opened;
}
type Bench = Awaited<ReturnType<typeof bench>>;
const run = (opened: Bench, name: string, payload: unknown, settings: object = {}) => {
  const action = grafana.actions[name];
  const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: 1 };
  const parsed = grafana.settings.schema.parse(settings);
  return action?.deliver(
    action.plan(action.payload.parse(payload), parsed, stamp),
    stamp,
    opened.context({ settings: parsed }),
  );
};
const series = (opened: Bench) => opened.sandbox.documents<StoredSeries>('grafana', 'series').all();

test('the preview shows what is sent: running totals', () => {
  const action = grafana.actions['push-metrics'];
  const plan = action?.plan(aBatch(), grafana.settings.schema.parse({}), {
    idempotencyKey: 'k',
    at: Instant.parse(0),
    attempt: 1,
  });
  expect(plan?.fields.map(({ next }) => next)).toEqual(['42.5 requests/h', '91827 count']);
});

test('series arrive with sorted labels, milliseconds, and counters as running totals', async () => {
  const opened = await bench();
  await run(opened, 'push-metrics', aBatch());
  const labels = {
    context: 'wedding_industry',
    instance: 'console-bluebell',
    job: 'wedsync-ops-console',
    org: 'bluebell',
    region: 'south-west',
    season: 'peak',
    venue: 'cotswold-barn',
  };
  expect(series(opened)).toEqual([
    {
      labels: { __name__: 'wedsync_wedding_requests_per_hour', ...labels },
      samples: [{ at: now - 5_000, value: 42.5 }],
    },
    { labels: { __name__: 'wedsync_ai_requests_total', ...labels }, samples: [{ at: now - 5_000, value: 91827 }] },
  ]);
});

test('the same samples again are one sample', async () => {
  const opened = await bench();
  await run(opened, 'push-metrics', aBatch());
  await run(opened, 'push-metrics', aBatch());
  expect(series(opened).every(({ samples }) => samples.length === 1)).toBe(true);
});

test('one sample out of order costs only itself', async () => {
  const opened = await bench();
  const points = manyPoints(50, now);
  await run(opened, 'push-metrics', aBatch(now, points.slice(7, 8)));
  const late = points.map((point) => ({ ...point, at: point.at - 60_000 }));
  expect(await run(opened, 'push-metrics', aBatch(now, late))).toMatchObject({
    document: { accepted: 49, dropped: [{ points: 1 }] },
  });
});

test('OTLP goes as protobuf to the address of the gateway', async () => {
  const opened = await bench();
  const settings = { protocol: 'otlp', writeUrl: 'https://otlp-gateway-prod-eu-west-2.grafana.net/otlp/v1/metrics' };
  expect(await run(opened, 'push-metrics', aBatch(), settings)).toMatchObject({ document: { accepted: 2 } });
});

test('the dashboard has one panel a KPI and no two in one place', () => {
  const { panels } = kpiDashboard();
  expect(panels.map(({ title }) => title)).toEqual(kpis.map(({ name }) => name));
  expect(new Set(panels.map(({ gridPos }) => `${gridPos.x} ${gridPos.y}`)).size).toBe(panels.length);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

test('the dashboard file is what Grafana’s own schema of dashboards takes, and asks for variables it has', () => {
  const file = new URL('../../../resources/grafana/wedsync-kpis.json', import.meta.url);
  const { panels, templating } = GrafanaDashboard.parse(JSON.parse(readFileSync(file, 'utf8')));
  const known = new Set(templating.list.map(({ name }) => name));
  const asked = JSON.stringify(panels).matchAll(/\$(\w+)/g);
  for (const [, name] of asked) expect(known).toContain(name);
  const [panel] = panels;
  for (const wrong of [
    { ...panel, gridPos: { h: 7, w: 8, x: 20, y: 0 } },
    { ...panel, feildConfig: {} },
    { ...panel, options: { tooltip: { mode: 'all', sort: 'none' } } },
  ])
    expect(GrafanaDashboard.shape.panels.element.safeParse(wrong).success).toBe(false);
});

test('saving the dashboard again replaces it', async () => {
  const opened = await bench();
  await run(opened, 'save-dashboard', {});
  expect(await run(opened, 'save-dashboard', {})).toMatchObject({ vendorId: 'wedsync-kpis', note: 'Version 2' });
});

test('the dashboard file for provisioning is the one of the catalogue', () => {
  const file = new URL('../../../resources/grafana/wedsync-kpis.json', import.meta.url);
  const text = `${JSON.stringify(kpiDashboard(), null, 2)}\n`;
  if (process.env.UPDATE_DASHBOARD) writeFileSync(file, text);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(text));
});
