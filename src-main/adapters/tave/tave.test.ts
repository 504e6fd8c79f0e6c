import { describe, expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { CrmPush, CrmReceipt } from '../kit/crm.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { type Bench, openBench } from '../testing/bench.ts';
import { tave } from './index.ts';
import { aPush, studioKey, taveBench } from './testing/samples.ts';

adapterSuite(tave, { ...taveBench, samples: { 'push-value': { payload: aPush() } } });

const action = tave.actions['push-value'];
const stamp = {
  idempotencyKey: 'bluebell:tave:push:one:r1',
  at: Instant.parse(Date.parse('2026-11-02T09:00:00Z')),
  attempt: 1,
};

async function bench(change: Partial<typeof taveBench> = {}): Promise<Bench> {
  const opened = await openBench(tave, { ...taveBench, ...change });
  onTestFinished(() => opened.close());
  return opened;
}
async function deliver(opened: Bench, push: CrmPush) {
  // Each push is minutes apart, as far as the studio's quota is concerned.
  opened.clock.jump(60_000);
  const plan = action?.plan(push, tave.settings.schema.parse({}), stamp);
  if (!action || !plan) throw new Error('no plan');
  const receipt = await action.deliver(plan, stamp, opened.context());
  return receipt.document as unknown as CrmReceipt;
}
const values = (push: CrmPush) => Object.fromEntries(push.fields.map(({ key, value }) => [key, value]));
interface Doc {
  id: string;
  name?: string;
  contentHtml?: string;
  customFields?: { fieldId: string; value: string | null }[];
}
const contacts = (opened: Bench) => opened.sandbox.documents<Doc>('tave', 'contacts').all();
const notes = (opened: Bench) => opened.sandbox.documents<Doc>('tave', 'notes').all();
const writes = (opened: Bench) => opened.sandbox.received('tave').filter(({ method }) => method !== 'GET').length;

describe('a push to Táve', () => {
  test('leaves exactly the approved fields, reads them back, and adds one note', async () => {
    const opened = await bench();
    const push = aPush();
    const receipt = await deliver(opened, push);
    expect(receipt).toMatchObject({ readBack: true, fields: values(push) });
    expect(contacts(opened)).toHaveLength(1);
    expect(notes(opened)).toHaveLength(1);
    expect(notes(opened)[0]?.contentHtml).toContain('Ref psh_id000001_1');
    expect(await action?.current?.(push, opened.context())).toEqual(values(push));
  });

  test('repeated writes nothing more', async () => {
    const opened = await bench();
    const { target = {} } = await deliver(opened, aPush());
    const before = writes(opened);
    await deliver(opened, aPush());
    await deliver(opened, aPush({ target }));
    expect(writes(opened)).toBe(before);
  });

  test('keeps the fields of others, which a PUT without them would erase', async () => {
    const opened = await bench();
    const { target = {} } = await deliver(opened, aPush());
    opened.sandbox.misbehave({ system: 'tave', fault: 'edit', value: `${studioKey}|House style|keep me` });
    const next = aPush({ target, reference: 'psh_2' });
    const fields = next.fields.map((field) => ({
      ...field,
      before: field.value,
      value: field.key === 'ai_requests' ? '26' : field.value,
    }));
    await deliver(opened, { ...next, fields });
    expect(contacts(opened)[0]?.customFields?.map(({ value }) => value)).toEqual(
      expect.arrayContaining(['keep me', '26']),
    );
  });

  test('stops when a field was edited since the approval, and writes nothing (FT-59)', async () => {
    const opened = await bench();
    const { target = {} } = await deliver(opened, aPush());
    opened.sandbox.misbehave({ system: 'tave', fault: 'edit', value: `${studioKey}|WedSync AI requests|99` });
    const before = writes(opened);
    const fields = aPush().fields.map((field) => ({
      ...field,
      before: field.value,
      value: field.key === 'period' ? '2026-11' : field.value,
    }));
    await expect(deliver(opened, aPush({ target, reference: 'psh_2', fields }))).rejects.toMatchObject({
      code: 'superseded',
      message: expect.stringContaining('edited in Táve'),
    });
    expect(writes(opened)).toBe(before);
  });

  test('a push that broke off after the contact is finished, not repeated', async () => {
    const opened = await bench();
    opened.sandbox.misbehave({ system: 'tave', fault: 'reset-before', method: 'POST', path: '/note' });
    await expect(deliver(opened, aPush())).rejects.toMatchObject({ kind: 'retryable' });
    expect(notes(opened)).toHaveLength(0);
    const puts = () => opened.sandbox.received('tave').filter(({ method }) => method === 'PUT').length;
    const before = puts();
    await deliver(opened, aPush());
    expect(notes(opened)).toHaveLength(1);
    expect(puts()).toBe(before);
    expect(contacts(opened)).toHaveLength(1);
  });

  test.each([
    ['renamed', 'rename-field', 'Our AI requests', 'is called "Our AI requests"'],
    ['of another kind', 'retype-field', 'Money', 'is of kind Money'],
    ['visible to clients', 'expose-field', '', 'can be seen by clients'],
  ])('a field of ours that is %s is refused with the remedy', async (_what, fault, value, said) => {
    const opened = await bench();
    const { target = {} } = await deliver(opened, aPush());
    opened.sandbox.misbehave({ system: 'tave', fault, value: `${studioKey}|WedSync AI requests|${value}` });
    const before = writes(opened);
    const fields = aPush().fields.map((field) => ({
      ...field,
      before: field.value,
      value: field.key === 'period' ? '2026-11' : field.value,
    }));
    await expect(deliver(opened, aPush({ target, fields }))).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining(said),
      detail: { hint: expect.stringContaining('Táve') },
    });
    expect(writes(opened)).toBe(before);
  });

  test.each([
    ['practice-tave-readonly-barn', 'read-only'],
    ['practice-tave-usd-barn', 'works in USD'],
  ])('a studio that must not get figures (%s) gets none', async (apiKey, said) => {
    const opened = await bench({ secrets: { apiKey } });
    await expect(deliver(opened, aPush())).rejects.toMatchObject({ message: expect.stringContaining(said) });
    expect(writes(opened)).toBe(0);
  });

  test('a vendor’s own key opens that vendor’s studio; without any key a person is asked', async () => {
    const opened = await bench({ secrets: {} });
    const plan = action?.plan(aPush(), tave.settings.schema.parse({}), stamp);
    const ctx = opened.context({
      secret: async (name: string) => (name === 'vendor.lens-and-light' ? studioKey : null),
    });
    if (!action || !plan) throw new Error('no plan');
    await action.deliver(plan, stamp, ctx);
    expect(contacts(opened)).toHaveLength(1);
    await expect(action.deliver(plan, stamp, opened.context())).rejects.toMatchObject({ code: 'auth' });
  });
});
