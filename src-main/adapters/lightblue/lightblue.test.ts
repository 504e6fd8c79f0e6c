import { describe, expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { aPush } from '../tave/testing/samples.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { openBench } from '../testing/bench.ts';
import { lightblue } from './index.ts';
import { lightblueSandbox } from './sandbox.ts';

const options = { systems: [lightblueSandbox], settings: {}, secrets: { apiKey: 'practice-lightblue-barn-photo' } };
adapterSuite(lightblue, { ...options, samples: { 'push-value': { payload: aPush() } } });

const action = lightblue.actions['push-value'];
const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: 1 };
async function bench(change: object = {}) {
  const opened = await openBench(lightblue, { ...options, ...change });
  onTestFinished(() => opened.close());
  const deliver = (push = aPush()) => {
    const plan = action?.plan(push, lightblue.settings.schema.parse({}), stamp);
    if (!action || !plan) throw new Error('no plan');
    return action.deliver(plan, stamp, opened.context());
  };
  return {
    ...opened,
    deliver,
    inbox: () => opened.sandbox.documents<{ fields: Record<string, string> }>('lightblue', 'inbox').all(),
  };
}

describe('Light Blue’s Inbox', () => {
  test('gets one item with every figure; the same push again is known there', async () => {
    const { deliver, inbox } = await bench();
    expect(await deliver()).toMatchObject({
      note: expect.stringContaining('left in the Inbox'),
      document: { readBack: false },
    });
    expect(await deliver()).toMatchObject({ note: 'was in the Inbox already' });
    expect(inbox()).toHaveLength(1);
    for (const { label, value } of aPush().fields) expect(inbox()[0]?.fields.Message).toContain(`${label}: ${value}`);
  });

  test('an answer that was lost is repeated and stored once', async () => {
    const { deliver, inbox, sandbox } = await bench();
    sandbox.misbehave({ system: 'lightblue', fault: 'reset-after' });
    await expect(deliver()).rejects.toMatchObject({ kind: 'retryable' });
    await deliver();
    expect(inbox()).toHaveLength(1);
  });

  test('a refused key asks for a person and stops this vendor alone', async () => {
    const { deliver } = await bench({ secrets: { apiKey: 'wrong-key' } });
    const error = await deliver().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'auth' });
    expect((error as { detail: { scope?: string } }).detail.scope).toBeUndefined();
  });
});
