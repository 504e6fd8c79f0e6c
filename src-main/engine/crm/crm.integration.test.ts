import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { getMapping } from '../../store/repositories/crm.ts';
import { readPdf } from '../../testing/pdf.ts';
import {
  alex,
  crm,
  crmDesk,
  edit,
  entries,
  lens,
  org,
  prepared,
  sendAll,
  settled,
  store,
  timePasses,
  usage,
  writes,
} from './testing/crm-desk.ts';

crmDesk();

describe('CRM pushes', () => {
  test('a preview shows every field beside what is there, with its formula, and writes nothing', async () => {
    const push = lens(await prepared());
    expect(push).toMatchObject({ state: 'to_approve', action: 'create', changes: 9, saving: '62.50' });
    expect(push.fields.slice(0, 5).map(({ key, now, next, formula }) => [key, now, next, formula])).toEqual([
      ['ai_requests', null, '25', 'counted'],
      ['minutes_saved', null, '375', '25 × 15'],
      ['cost_savings_gbp', null, '62.50', '25 × £2.50'],
      ['revenue_impact_gbp', null, '250.00', '4 × £62.50'],
      ['clients_retained', null, '2', '15% of 14 = 2.1'],
    ]);
    expect(writes()).toBe(0);
    expect((await crm.send(org, { period: '2026-10' }, alex)).done).toEqual([]);
  });

  test('figures whose usage was taken back are not sent as they were approved: they are nought, to be approved anew', async () => {
    const { id } = lens(await prepared());
    await crm.approve(org, [id], alex);
    await store.transaction(async (tx) => {
      for (const table of ['usage_month', 'usage_client'] as const)
        await tx.deleteFrom(table).where('vendor_id', '=', 'lens-and-light').execute();
    });
    const after = lens(await prepared());
    expect(after).toMatchObject({ id, state: 'to_approve', saving: '0.00' });
    expect(after.fields.slice(0, 3).map(({ next }) => next)).toEqual(['0', '0', '0.00']);
    expect((await crm.send(org, { ids: [id] }, alex)).done).toEqual([]);
    expect(writes()).toBe(0);
  });

  test('what the CRM holds afterwards is the approved preview, field by field, and repeating everything changes nothing', async () => {
    const before = await prepared();
    const sent = await sendAll();
    expect(sent.map(({ state }) => state)).toEqual(['verified', 'verified']);
    const after = await prepared();
    for (const push of after) {
      const approved = before.find(({ id }) => id === push.id);
      expect(push.fields.map(({ key, now }) => [key, now])).toEqual(
        approved?.fields.map(({ key, next }) => [key, next]),
      );
      expect(push.readBack).toEqual(Object.fromEntries(approved?.fields.map(({ key, next }) => [key, next]) ?? []));
    }
    const count = writes();
    expect(await sendAll()).toEqual([]);
    expect(
      (
        await crm.approve(
          org,
          after.map(({ id }) => id),
          alex,
        )
      ).refused,
    ).toHaveLength(2);
    await crm.send(org, { period: '2026-10' }, alex);
    expect(writes()).toBe(count);
    expect(entries.filter(({ action }) => action === 'push.verified')).toHaveLength(2);
  });

  test('prepared twice at once, each vendor has one push, and both know it', async () => {
    const wish = { period: '2026-10' };
    const [one, two] = await Promise.all([crm.prepare(org, wish, 'a'), crm.prepare(org, wish, 'b')]);
    expect(one.pushes).toBe(2);
    expect(two.ids.toSorted()).toEqual(one.ids.toSorted());
    expect((await crm.previews(org, wish)).map(({ id }) => id).toSorted()).toEqual(one.ids.toSorted());
  });

  test('new usage makes a new push with only what differs', async () => {
    await sendAll();
    await usage('lens-and-light', '2026-10', 5);
    const push = lens(await prepared());
    expect(push).toMatchObject({ state: 'to_approve', action: 'update' });
    expect(push.fields.filter(({ changed }) => changed).map(({ key, now, next }) => [key, now, next])).toContainEqual([
      'ai_requests',
      '25',
      '30',
    ]);
    const [sent] = await sendAll();
    expect(sent?.readBack).toMatchObject({ ai_requests: '30', cost_savings_gbp: '75.00' });
  });

  test('an edit between approval and sending is a conflict, never overwritten, and a person chooses per field (FT-59)', async () => {
    await sendAll();
    await usage('lens-and-light', '2026-10', 5);
    const push = lens(await prepared());
    await crm.approve(org, [push.id], alex);
    edit('WedSync AI requests', '99');
    const count = writes();
    await crm.send(org, { ids: [push.id] }, alex);
    const [stopped] = await settled([push.id]);
    expect(stopped).toMatchObject({ state: 'conflict' });
    expect(writes()).toBe(count);
    const seen = lens(await prepared());
    expect(seen.state).toBe('conflict');
    expect(seen.fields.filter(({ conflict }) => conflict).map(({ key, now }) => [key, now])).toEqual([
      ['ai_requests', '99'],
    ]);
    expect((await crm.approve(org, [push.id], alex)).refused[0]?.reason).toContain('choose per field');
    await crm.choose(org, push.id, { ai_requests: 'theirs' }, alex);
    await crm.approve(org, [push.id], alex);
    await crm.send(org, { ids: [push.id] }, alex);
    expect((await settled([push.id]))[0]).toMatchObject({ state: 'verified' });
    const end = lens(await prepared());
    expect(end.fields.find(({ key }) => key === 'ai_requests')).toMatchObject({ now: '99', take: 'theirs' });
    expect(end.fields.find(({ key }) => key === 'cost_savings_gbp')).toMatchObject({ now: '75.00' });
  });

  test('approved and sent is one: when the sending cannot be kept, neither is the approval', async () => {
    const { id } = lens(await prepared());
    await store.transaction(async (tx) => {
      await sql`CREATE TRIGGER no_job BEFORE INSERT ON outbox_job BEGIN SELECT RAISE(ABORT, 'ended here'); END`.execute(
        tx,
      );
    });
    await expect(crm.approveAndSend(org, [id], alex)).rejects.toThrow();
    const kept = await crm.push(org, id);
    expect(kept).toMatchObject({ state: 'to_approve', approvedBy: null });
    expect(kept.history.filter(({ what }) => what === 'approved')).toEqual([]);

    await store.transaction(async (tx) => {
      await sql`DROP TRIGGER no_job`.execute(tx);
    });
    const twice = await Promise.all([
      crm.approveAndSend(org, [id], alex, { [id]: lens(await prepared()).hash }),
      crm.approveAndSend(org, [id], alex),
    ]);
    expect(twice.flatMap(({ done }) => done)).toEqual([id]);
    expect((await settled([id]))[0]).toMatchObject({ state: 'verified', approvedBy: 'Alex Morgan' });
  });

  test('of several periods approved and sent together the latest goes, and the earlier ones wait', async () => {
    await usage('lens-and-light', '2026-09', 7);
    await crm.prepare(org, { period: '2026-09', readAgain: true }, 'c');
    const [september] = (await crm.previews(org, { period: '2026-09' })).filter(
      (one) => one.vendorId === 'lens-and-light',
    );
    const october = lens(await prepared());
    if (!september) throw new Error('no push');
    const answer = await crm.approveAndSend(org, [september.id, october.id], alex);
    expect(answer.done).toEqual([october.id]);
    expect(answer.refused).toEqual([{ id: september.id, reason: expect.stringContaining('later period (2026-10)') }]);
    expect(await crm.push(org, september.id)).toMatchObject({ state: 'to_approve', approvedBy: null });
    expect((await settled([october.id]))[0]).toMatchObject({ state: 'verified' });
  });

  test('two periods approved and sent at the same moment by two people do not both go to one record', async () => {
    await usage('lens-and-light', '2026-09', 7);
    await crm.prepare(org, { period: '2026-09', readAgain: true }, 'c');
    const earlier = (await crm.previews(org, { period: '2026-09' })).find((one) => one.vendorId === 'lens-and-light');
    const later = lens(await prepared());
    const answers = await Promise.all([
      crm.approveAndSend(org, [earlier?.id ?? ''], alex),
      crm.approveAndSend(org, [later.id], alex),
    ]);
    expect(answers.flatMap(({ done }) => done)).toHaveLength(1);
    expect(answers.flatMap(({ refused }) => refused)).toMatchObject([
      { reason: expect.stringContaining('Another push is on its way') },
    ]);
  });

  test('an edit found while preparing is a conflict as well', async () => {
    await sendAll();
    edit('WedSync AI cost savings GBP', '1.00');
    expect(lens(await prepared())).toMatchObject({ state: 'conflict', action: 'conflict' });
  });

  test('an approval counts for what was seen, and for a day', async () => {
    const push = lens(await prepared());
    expect((await crm.approve(org, [push.id], alex, { [push.id]: 'another' })).refused[0]?.reason).toContain(
      'changed since you looked',
    );
    await crm.approve(org, [push.id], alex, { [push.id]: push.hash });
    timePasses(86_500_000);
    expect((await crm.send(org, { ids: [push.id] }, alex)).refused[0]?.reason).toContain('older than a day');
    expect(await crm.push(org, push.id)).toMatchObject({ state: 'to_approve', approvedBy: null });
    expect(writes()).toBe(0);
  });

  test('the values from before can be put back, after an approval of their own', async () => {
    await sendAll();
    await usage('lens-and-light', '2026-10', 5);
    const [second] = (await sendAll()).filter(({ vendorId }) => vendorId === 'lens-and-light');
    if (!second) throw new Error('no push');
    const back = await crm.putBack(org, second.id, 'wrong month', alex).then(() => crm.push(org, second.id));
    expect(back.fields.find(({ key }) => key === 'ai_requests')).toMatchObject({ now: '30', next: '25' });
    await crm.approve(org, [second.id], alex);
    await crm.send(org, { ids: [second.id] }, alex);
    expect((await settled([second.id]))[0]?.readBack).toMatchObject({ ai_requests: '25' });
  });

  test('what was written is remembered with the vendor, so that an edit is seen', async () => {
    await sendAll();
    const mapping = await getMapping(store.read, org, 'lens-and-light', 'tave');
    expect(JSON.parse(mapping?.last_written ?? '{}')).toMatchObject({ ai_requests: '25', period: '2026-10' });
    expect(JSON.parse(mapping?.target ?? '{}')).toHaveProperty('contactId');
  });

  test('a vendor’s value report is a PDF that names the vendor and its figures', async () => {
    const { download, name, bytes } = await crm.report(org, 'lens-and-light', '2026-10');
    expect(name).toBe('wedsync-value-lens-and-light-2026-10.pdf');
    const { text } = readPdf(readFileSync(download));
    expect(text.replaceAll('- ', '-')).toMatch(/^lens-and-light October 2026 .*Cost saving £62\.50 /);
    expect(bytes).toBeGreaterThan(1_000);
  });
});
