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

describe('Light Blue by its pages is not begun', () => {
  const never = async () => Promise.reject(new Error('a browser was started'));
  const real = { practice: false, signIn: never, run: async () => Promise.reject(new Error('a browser was started')) };
  test.each([
    ['before the notice was accepted', { mode: 'pages' }, real, 'Nobody has accepted'],
    ['where there is no browser to drive', { mode: 'pages', termsAccepted: true }, undefined, 'cannot drive a browser'],
    [
      'with a profile nobody confirmed, on the real site',
      { mode: 'pages', termsAccepted: true },
      real,
      'never confirmed',
    ],
    [
      'without the vendor’s sign-in',
      { mode: 'pages', termsAccepted: true },
      { ...real, practice: true },
      'no sign-in for pages',
    ],
  ])('%s', async (_when, wished, pages, said) => {
    const opened = await openBench(lightblue, options);
    onTestFinished(() => opened.close());
    const settings = lightblue.settings.schema.parse(wished);
    const plan = action?.plan(aPush(), settings, stamp);
    if (!action || !plan) throw new Error('no plan');
    const ctx = opened.context({ settings, ...(pages === undefined ? {} : { pages }) });
    await expect(action.deliver(plan, stamp, ctx)).rejects.toMatchObject({ message: expect.stringContaining(said) });
    expect(opened.sandbox.received('lightblue')).toEqual([]);
  });
});
