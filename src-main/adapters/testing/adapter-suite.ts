import { describe, expect, onTestFinished, test } from 'vitest';
import { type FailureKind, IntegrationError } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { fieldsOf } from '../../../src-shared/fields/fields-of.ts';
import type { FaultInput } from '../../sandbox/faults.ts';
import type { AnyAdapter, Stamp } from '../kit/adapter.ts';
import { type Bench, type BenchOptions, openBench, timePasses } from './bench.ts';

export interface SuiteOptions extends BenchOptions {
  /** One good payload for every action; `prepare` makes what it refers to and may complete it. */
  readonly samples: Readonly<
    Record<string, { readonly payload: unknown; readonly prepare?: (bench: Bench) => Promise<unknown> }>
  >;
  /** Where the vendor's statuses mean something else than the common table. */
  readonly deviations?: Readonly<Partial<Record<number, FailureKind>>>;
  /** Faults hit requests with this in their path, so that they spare the sign-in. */
  readonly faultPath?: string;
  /** Actions whose vendor answers 204: there is no body that could be unreadable. */
  readonly noBody?: readonly string[];
  /** false: speaks something else, so the faults of http say nothing; its own tests show what it owes instead. */
  readonly http?: false;
  /** A 2xx is all the other side ever says; a page for an answer is no trouble then. */
  readonly ignoresBody?: true;
  /** How long an alert waits for its first byte and its whole answer, ms; R18 when left out. */
  readonly alertWaits?: readonly [firstByteMs: number, wholeMs: number];
}

const unreadable: [string, FailureKind][] = [
  ['bad-json', 'retryable'],
  ['html', 'retryable'],
];
const stamp: Stamp = { idempotencyKey: 'bluebell:suite:one:1', at: Instant.parse(0), attempt: 1 };

/** The common table, written down a second time on purpose. */
function usualKind(status: number): FailureKind {
  if (status < 400 || [401, 402, 403].includes(status)) return 'needs-attention';
  if ([408, 425, 429].includes(status) || (status >= 500 && status !== 501)) return 'retryable';
  return 'permanent';
}

/**
 * What every adapter owes, against its own sandbox over real loopback http (lesson 12): nobody can leave a part out. An
 * action without a sample fails the suite.
 */
export function adapterSuite(adapter: AnyAdapter, options: SuiteOptions): void {
  const { manifest } = adapter;
  const onPath = options.faultPath === undefined ? {} : { path: options.faultPath };

  async function bench(): Promise<Bench> {
    const opened = await openBench(adapter, options);
    onTestFinished(() => opened.close());
    return opened;
  }
  const misbehave = (opened: Bench, fault: Omit<FaultInput, 'system'>) =>
    opened.sandbox.misbehave({ system: manifest.id, ...onPath, ...fault });

  describe(`${manifest.id} as any adapter`, () => {
    test('every field is labelled, and the sample settings are good', () => {
      const fields = fieldsOf(adapter.settings.schema as never, adapter.secrets as never);
      expect(fields.every((field) => field.label.length > 2)).toBe(true);
      expect(adapter.settings.schema.safeParse(options.settings).success).toBe(true);
      expect(adapter.settings.upgrades).toHaveLength(adapter.settings.version - 1);
    });

    test('every action has a sample, and its host list is short and plain', () => {
      expect(Object.keys(options.samples).sort()).toEqual(Object.keys(adapter.actions).sort());
      for (const host of manifest.hosts) expect(host).toMatch(/^(\*\.)?[a-z0-9.-]+$/);
    });

    test('its health is good against a healthy system', async () => {
      const opened = await bench();
      const checks = await adapter.checkHealth(opened.context());
      expect(checks.filter((check) => check.failure)).toEqual([]);
      for (const { neededFor } of checks) {
        for (const name of neededFor) expect(Object.keys(adapter.actions)).toContain(name);
      }
    });
  });

  describe.each(Object.entries(options.samples))(`${manifest.id} %s`, (name, sample) => {
    const found = adapter.actions[name];
    if (!found) return;
    const action = found;

    async function ready(opened: Bench) {
      const given = (await sample.prepare?.(opened)) ?? sample.payload;
      const payload = action.payload.parse(given);
      const settings = adapter.settings.schema.parse(options.settings);
      return { payload, settings, plan: action.plan(payload, settings, stamp) };
    }

    test('plans alike twice, as plain JSON, without touching the payload or knowing a secret', async () => {
      const opened = await bench();
      const { payload, settings, plan } = await ready(opened);
      frozen(payload);
      expect(action.plan(payload, settings, stamp)).toEqual(plan);
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      for (const secret of opened.secrets()) expect(JSON.stringify(plan)).not.toContain(secret);
    });

    test('delivers, and finds afterwards what it delivered', async () => {
      const opened = await bench();
      const { plan } = await ready(opened);
      expect(action.find ? await action.find(plan, stamp, opened.context()) : null).toBeNull();
      const receipt = await action.deliver(plan, stamp, opened.context());
      expect(JSON.parse(JSON.stringify(receipt))).toEqual(receipt);
      if (action.find) {
        expect(await action.find(plan, stamp, opened.context())).toMatchObject({
          same: true,
          receipt: { vendorId: receipt.vendorId },
        });
      }
    });

    if (options.http === false) return;

    test('has an answer of the right kind to every status from 300 to 599, and no secret in it', async () => {
      const opened = await bench();
      const { plan } = await ready(opened);
      const wrong: string[] = [];
      for (let status = 300; status < 600; status++) {
        const body = { message: `no: ${opened.secrets().join(' ')}`, Message: opened.secrets().join(' ') };
        misbehave(opened, { status, body, times: 0 });
        const error = await thrown(action.deliver(plan, stamp, opened.context()));
        opened.sandbox.behave();
        const kind = error instanceof IntegrationError ? error.kind : `not ours: ${error}`;
        if (kind !== (options.deviations?.[status] ?? usualKind(status))) wrong.push(`${status}: ${kind}`);
        expectNoSecret(opened, error);
      }
      expect(wrong).toEqual([]);
    });

    test.each<[string, FailureKind]>([
      ['reset-before', 'retryable'],
      ['reset-after', 'retryable'],
      ['half-body', 'retryable'],
      ...(options.ignoresBody ? [] : unreadable),
      ['redirect', 'needs-attention'],
      ['hang', 'retryable'],
      ['slow-body', 'retryable'],
    ])('survives %s', async (fault, kind) => {
      if (fault === 'bad-json' && options.noBody?.includes(name)) return;
      const opened = await bench();
      const { plan } = await ready(opened);
      misbehave(opened, { fault, times: 0 });
      const error = await timePasses(opened.clock, thrown(action.deliver(plan, stamp, opened.context())));
      expect(error).toBeInstanceOf(IntegrationError);
      expect(error).toMatchObject({ kind });
      expectNoSecret(opened, error);
    });

    test.each([429, 503])('waits as long as %i says', async (status) => {
      const opened = await bench();
      const { plan } = await ready(opened);
      misbehave(opened, { status, headers: { 'retry-after': '7' } });
      const error = await thrown(action.deliver(plan, stamp, opened.context()));
      expect(error).toMatchObject({ kind: 'retryable', detail: { retryAfterMs: 7_000 } });
    });

    if (action.deliveryClass === 'never-miss')
      test('an alert does not wait long for a side that hangs (R18)', async () => {
        const opened = await bench();
        const { plan } = await ready(opened);
        const waits: unknown[] = [];
        const { send } = opened.http;
        const http: typeof opened.http = {
          send(request) {
            waits.push([request.firstByteMs, request.wholeMs]);
            return send(request);
          },
        };
        await action.deliver(plan, stamp, opened.context({ http }));
        expect(waits.length).toBeGreaterThan(0);
        for (const one of waits) expect(one).toEqual(options.alertWaits ?? [4_000, 10_000]);
      });

    test('stops at once when it is told to', async () => {
      const opened = await bench();
      const { plan } = await ready(opened);
      const controller = new AbortController();
      misbehave(opened, { fault: 'hang' });
      const before = opened.sandbox.received().length;
      const work = thrown(action.deliver(plan, stamp, opened.context({ signal: controller.signal })));
      while (opened.sandbox.received().length === before) await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      expect(await work).toBeInstanceOf(IntegrationError);
    });

    if (action.deliveryClass !== 'never-twice') return;

    test.each<[string, Omit<FaultInput, 'system'>]>([
      ['the connection dies after the effect', { fault: 'reset-after' }],
      ['the answer never comes', { fault: 'swallow' }],
      ['a 500 hides the effect', { status: 500, effect: true }],
      ['the answer is unreadable', { fault: 'html' }],
    ])('is in doubt, not repeated, when %s; one more run ends it with one effect', async (_what, fault) => {
      const opened = await bench();
      const { plan } = await ready(opened);
      for (const method of ['PUT', 'POST'] as const) {
        if (await writes(opened, method, plan)) misbehave(opened, { ...fault, method });
        else continue;
        const error = await timePasses(opened.clock, thrown(action.deliver(plan, stamp, opened.context())));
        expect(['timeout', 'vendor-down']).toContain((error as IntegrationError).code);
        break;
      }
      const receipt = await action.deliver(plan, stamp, opened.context());
      expect(await action.find?.(plan, stamp, opened.context())).toMatchObject({ same: true, receipt });
    });

    /** Whether this action uses the method at all, seen on a bench of its own. */
    async function writes(like: Bench, method: string, plan: Parameters<typeof action.deliver>[0]): Promise<boolean> {
      const other = await bench();
      await sample.prepare?.(other);
      await action.deliver(plan, stamp, other.context());
      return other.sandbox
        .received(like.sandbox.systems[0]?.id)
        .some(
          (one) => one.method === method && (options.faultPath === undefined || one.path.includes(options.faultPath)),
        );
    }
  });
}

async function thrown(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return new Error('it was delivered');
}

function expectNoSecret(opened: Bench, error: unknown): void {
  const said = error instanceof IntegrationError ? JSON.stringify(error.toFailure()) : String(error);
  const text = said + JSON.stringify(opened.log.lines);
  // A beginning is enough: messages are cut, and half a token is still no message.
  for (const secret of opened.secrets()) expect(text).not.toContain(secret.slice(0, 16));
}

function frozen(value: unknown): void {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) frozen(inner);
}
