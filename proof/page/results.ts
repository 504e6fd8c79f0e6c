import { cpus, totalmem } from 'node:os';
import { z } from 'zod';

/** What it ran on, and nothing that names it. */
export const Machine = z.object({ cores: z.number(), memoryGiB: z.number(), node: z.string() });
export const machine = (): z.infer<typeof Machine> => ({
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
});

const Line = z.object({
  id: z.string(),
  /** `proven`: every test named ran and passed. `partly`: so, and `note` says what is missing. */
  state: z.enum(['proven', 'partly', 'not run', 'failed', 'skipped']),
  tests: z.array(z.string()),
  note: z.string(),
  at: z.string(),
});
export type Line = z.infer<typeof Line>;

export const SuiteResult = z.object({
  at: z.string(),
  machine: Machine,
  seconds: z.number(),
  passed: z.number(),
  failed: z.number(),
  skipped: z.number(),
  lines: z.array(Line),
});
export type SuiteResult = z.infer<typeof SuiteResult>;

export const BenchResult = z.object({
  at: z.string(),
  machine: Machine,
  rows: z.array(
    z.object({
      group: z.string(),
      name: z.string(),
      value: z.number().nullable(),
      unit: z.string(),
      limit: z.number().nullable(),
      ratio: z.number().nullable(),
      target: z.string(),
      ok: z.boolean(),
      at: z.string(),
    }),
  ),
});
export type BenchResult = z.infer<typeof BenchResult>;

export const StormResult = z.object({
  at: z.string(),
  machine: Machine,
  asked: z.number(),
  seed: z.number(),
  minutes: z.number(),
  kills: z.number(),
  inStart: z.number().default(0),
  acknowledged: z.object({
    webhooks: z.number(),
    alerts: z.number(),
    imports: z.number(),
    batches: z.number(),
    crm: z.number().default(0),
    metrics: z.number().default(0),
  }),
  deliveries: z.number(),
  bySystem: z.record(z.string(), z.number()).default({}),
  refusals: z.array(z.string()),
  wrong: z.array(z.string()),
});
export type StormResult = z.infer<typeof StormResult>;

export interface Results {
  readonly faults: SuiteResult | null;
  readonly security: SuiteResult | null;
  readonly bench: BenchResult | null;
  readonly storm: StormResult | null;
}
