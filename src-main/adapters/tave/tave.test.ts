import { describe, expect, onTestFinished, test } from 'vitest';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { type CrmPush, type CrmReceipt, standingOf } from '../kit/crm.ts';
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

  test.each([
    ['while its fields were made', 'reset-after', 'POST', '/custom-field'],
    ['before the contact was made', 'reset-before', 'POST', '/address-book'],
    ['after the contact was made, still empty', 'reset-after', 'POST', '/address-book'],
    ['before the values were there', 'reset-before', 'PUT', '/address-book'],
    ['after the values were there', 'reset-after', 'PUT', '/address-book'],
    ['before its note', 'reset-before', 'POST', '/note'],
    ['after its note', 'reset-after', 'POST', '/note'],
  ])(
    'a push that broke off %s is found half-written and finished, nothing twice',
    async (_when, fault, method, path) => {
      const opened = await bench();
      opened.sandbox.misbehave({ system: 'tave', fault, method, path });
      await expect(deliver(opened, aPush())).rejects.toMatchObject({ kind: 'retryable' });
      const puts = () => opened.sandbox.received('tave').filter((one) => one.method === 'PUT').length;
      const wasThere = puts() > 0 && path === '/note';
      const before = puts();
      expect(await deliver(opened, aPush())).toMatchObject({ readBack: true, fields: values(aPush()) });
      if (wasThere) expect(puts()).toBe(before);
      expect(contacts(opened)).toHaveLength(1);
      expect(notes(opened)).toHaveLength(1);
      const own = opened.sandbox
        .documents<Doc>('tave', 'fields')
        .all()
        .map(({ name }) => name);
      expect(own).toHaveLength(new Set(own).size);
    },
  );

  /** Custom fields of the studio's own, as many as a page and some more. */
  const crowd = (opened: Bench, names: string) => {
    for (let i = 100; i < 230; i++)
      opened.sandbox.documents<object>('tave', 'fields').put(`01own${i}`, {
        id: `01own${i}`,
        studio: studioKey,
        name: `${names} ${i}`,
        kind: 'TextField',
        canApplyTo: 'Contact',
        clientAccess: 'None',
      });
  };
  const ownNames = (opened: Bench) =>
    opened.sandbox
      .documents<Doc>('tave', 'fields')
      .all()
      .map(({ name = '' }) => name)
      .filter((name) => name.startsWith('WedSync'));

  test('its fields are found in a studio with more fields than Táve lists at once', async () => {
    const opened = await bench();
    crowd(opened, 'Guests');
    await deliver(opened, aPush());
    expect(await deliver(opened, aPush())).toMatchObject({ fields: values(aPush()) });
    expect(ownNames(opened)).toHaveLength(10);
  });

  test('where the list ends before its fields could be in it, no twins are made: a person is told', async () => {
    const opened = await bench();
    crowd(opened, 'Zebra');
    await expect(deliver(opened, aPush())).rejects.toMatchObject({
      code: 'rejected',
      message: 'Táve lists 100 of 131 custom fields of contacts, and ours may be among the others',
    });
    expect(writes(opened)).toBe(0);
  });

  test('what the vendor writes while our fields are made is kept', async () => {
    const opened = await bench();
    await action?.current?.(aPush(), opened.context());
    opened.sandbox.documents<object>('tave', 'contacts').put('01own', {
      id: '01own',
      studio: studioKey,
      kind: 'company',
      name: 'WedSync (AI business value)',
      email: 'crm-metrics@wedsync.example',
      customFields: [],
    });
    const plan = action?.plan(aPush(), tave.settings.schema.parse({}), stamp);
    const { http } = opened.context();
    const edited: typeof http = {
      ...http,
      async send(request) {
        const reply = await http.send(request);
        if (request.method === 'POST' && request.url.endsWith('/custom-field'))
          opened.sandbox.misbehave({ system: 'tave', fault: 'edit', value: `${studioKey}|House style|seen today` });
        return reply;
      },
    };
    if (!action || !plan) throw new Error('no plan');
    opened.clock.jump(60_000);
    await action.deliver(plan, stamp, opened.context({ http: edited }));
    expect(contacts(opened)[0]?.customFields?.map(({ value }) => value)).toEqual(
      expect.arrayContaining(['seen today', '25']),
    );
  });

  test('a record Táve kept only half of is told field by field, and never counted as written', async () => {
    const opened = await bench();
    const { target = {} } = await deliver(opened, aPush());
    // Somebody else’s write lands between ours and the look back: the values read are not the ones sent.
    opened.sandbox.misbehave({ system: 'tave', fault: 'edit', value: `${studioKey}|WedSync AI minutes saved|` });
    const receipt = await action?.current?.(aPush({ target }), opened.context());
    expect(receipt).toMatchObject({ ai_requests: '25', minutes_saved: '' });
    const { standing, left } = standingOf(aPush().fields, receipt ?? {});
    expect([standing, left.map(({ key }) => key)]).toEqual(['to-write', ['minutes_saved']]);
    expect(await deliver(opened, aPush({ target }))).toMatchObject({ fields: values(aPush()) });
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

describe('new clients of a studio', () => {
  const hooks = (opened: Bench) =>
    opened.sandbox
      .documents<{ url: string; event: string; limitTo: unknown }>('tave', 'hooks')
      .all()
      .map(({ url, event, limitTo }) => ({ url, event, limitTo }));
  const ask = (token: string, vendorId = 'lens-and-light') => ({
    vendorId,
    url: `https://ops.example/webhooks/bluebell/tave?token=${token}&vendor=${vendorId}`,
  });

  test('are told once however often it is asked, of persons alone; a new token replaces the old', async () => {
    const opened = await bench();
    const ctx = opened.context();
    await tave.clientHooks?.subscribe(ctx, ask('one'));
    await tave.clientHooks?.subscribe(ctx, ask('one'));
    const hook = { event: 'contact.created', limitTo: { contactKinds: ['person'] } };
    expect(hooks(opened)).toEqual([{ ...hook, url: `${ask('one').url}&event=contact.created` }]);
    await tave.clientHooks?.subscribe(ctx, ask('two'));
    expect(hooks(opened)).toEqual([{ ...hook, url: `${ask('two').url}&event=contact.created` }]);
  });

  test('are told no more when it is taken back, and nobody else’s hook is touched', async () => {
    const opened = await bench();
    const ctx = opened.context();
    await tave.clientHooks?.subscribe(ctx, ask('one'));
    await tave.clientHooks?.subscribe(ctx, ask('one', 'barn-photo'));
    await tave.clientHooks?.unsubscribe(ctx, ask('another'));
    expect(hooks(opened).map(({ url }) => url)).toEqual([expect.stringContaining('vendor=barn-photo')]);
    await tave.clientHooks?.unsubscribe(ctx, ask('another'));
    expect(hooks(opened)).toHaveLength(1);
  });
});
