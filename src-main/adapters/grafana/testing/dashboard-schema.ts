import { z } from 'zod';

/**
 * What Grafana's own schema says of a dashboard, as far as ours uses it: kind `Dashboard` 0.0, panel `timeseries` with the
 * common options of a legend and a tooltip, and the Prometheus query. Names that are not here are refused, so that a slip
 * in one is not silently ignored as Grafana would.
 */
const DataSource = z.strictObject({ type: z.string().min(1), uid: z.string().min(1) });

const Variable = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('datasource'),
    name: z.string().regex(/^\w+$/),
    label: z.string().optional(),
    query: z.string().min(1),
  }),
  z.strictObject({
    type: z.literal('query'),
    name: z.string().regex(/^\w+$/),
    label: z.string().optional(),
    datasource: DataSource,
    query: z.string().min(1),
    /** Never, when the dashboard opens, when its time range changes. */
    refresh: z.literal([0, 1, 2]),
  }),
]);

const Annotation = z.strictObject({
  name: z.string().min(1),
  datasource: DataSource,
  enable: z.boolean(),
  iconColor: z.string().min(1),
  target: z.strictObject({
    type: z.literal('tags'),
    tags: z.array(z.string()),
    limit: z.int().positive(),
    matchAny: z.boolean(),
  }),
});

/** In rising order; the first stands for everything below the second and has no value. */
const Steps = z
  .array(z.strictObject({ color: z.string().min(1), value: z.number().nullable() }))
  .min(1)
  .refine(([first]) => first?.value === null, 'the first step has no value')
  .refine((steps) => {
    const values = steps.slice(1).map(({ value }) => value);
    return values.every((value, at) => value !== null && value > (values[at - 1] ?? Number.NEGATIVE_INFINITY));
  }, 'the steps rise');

const Panel = z.strictObject({
  id: z.int().positive(),
  type: z.literal('timeseries'),
  title: z.string().min(1),
  description: z.string(),
  datasource: DataSource,
  /** A row has 24 columns. */
  gridPos: z
    .strictObject({
      h: z.int().positive(),
      w: z.int().positive().max(24),
      x: z.int().nonnegative().max(23),
      y: z.int().nonnegative(),
    })
    .refine(({ x, w }) => x + w <= 24, 'a panel ends within its row'),
  targets: z
    .array(
      z.strictObject({
        refId: z.string().regex(/^[A-Z]+$/),
        datasource: DataSource,
        expr: z.string().min(1),
        legendFormat: z.string(),
      }),
    )
    .min(1),
  fieldConfig: z.strictObject({
    defaults: z.strictObject({
      unit: z.enum(['none', 'currencyGBP', 'percentunit', 's']),
      decimals: z.int().nonnegative().max(20),
      thresholds: z.strictObject({ mode: z.enum(['absolute', 'percentage']), steps: Steps }),
    }),
    overrides: z.array(z.never()),
  }),
  options: z.strictObject({
    legend: z.strictObject({
      displayMode: z.enum(['list', 'table', 'hidden']),
      placement: z.enum(['bottom', 'right']),
      showLegend: z.boolean(),
      calcs: z.array(z.string()),
    }),
    tooltip: z.strictObject({ mode: z.enum(['single', 'multi', 'none']), sort: z.enum(['asc', 'desc', 'none']) }),
  }),
});

export const GrafanaDashboard = z.strictObject({
  /** At most 40 characters that need no escaping in an address. */
  uid: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string().min(1),
  tags: z.array(z.string()),
  timezone: z.string(),
  schemaVersion: z.int().min(36).max(65_535),
  editable: z.boolean(),
  refresh: z.string().regex(/^\d+[smhd]$/),
  time: z.strictObject({ from: z.string().regex(/^now(-\d+[smhdwMy])?$/), to: z.string().regex(/^now/) }),
  templating: z.strictObject({ list: z.array(Variable) }),
  annotations: z.strictObject({ list: z.array(Annotation) }),
  panels: z.array(Panel),
});
