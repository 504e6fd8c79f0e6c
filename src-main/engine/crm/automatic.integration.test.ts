import { describe, expect, test } from 'vitest';
import { getMapping } from '../../store/repositories/crm.ts';
import {
  alex,
  crm,
  crmDesk,
  entries,
  lens,
  org,
  prepared,
  sandbox,
  settled,
  store,
  timePasses,
  usage,
} from './testing/crm-desk.ts';

crmDesk();

describe('CRM pushes', () => {
  test('an automatic vendor goes by itself up to its ceiling, and waits for a person above it', async () => {
    await expect(
      crm.automatic(org, { vendorId: 'lens-and-light', crm: 'tave', on: true, ceilingPercent: 50, why: ' ' }, alex),
    ).rejects.toThrow('need a reason');
    await crm.automatic(
      org,
      { vendorId: 'lens-and-light', crm: 'tave', on: true, ceilingPercent: 50, why: 'asked for' },
      alex,
    );
    const push = lens(await prepared());
    expect((await settled([push.id]))[0]).toMatchObject({ state: 'verified', approvedBy: 'Automatic' });
    await usage('lens-and-light', '2026-10', 50);
    expect(lens(await prepared())).toMatchObject({
      state: 'to_approve',
      problem: expect.stringContaining('more than the 50%'),
    });
  });

  test('a new client’s event prepares that vendor alone, and an automatic one is in the CRM within seconds (V7)', async () => {
    await crm.automatic(
      org,
      { vendorId: 'lens-and-light', crm: 'tave', on: true, ceilingPercent: 50, why: 'asked for' },
      alex,
    );
    const at = performance.now();
    const { vendorId, pushes } = await crm.newClient(org, 'hello@LENS-AND-LIGHT.example');
    expect(vendorId).toBe('lens-and-light');
    const [push] = await settled(pushes);
    expect(push).toMatchObject({ state: 'verified', eventAt: expect.any(String) });
    expect(performance.now() - at).toBeLessThan(5_000);
    expect((await crm.previews(org, { period: '2026-10' })).map((one) => one.vendorId)).toEqual(['lens-and-light']);
    await expect(crm.newClient(org, 'nobody')).rejects.toThrow('No vendor');
  });

  test('usage of two months at once: an automatic vendor gets the later one, and its own write is nobody’s edit', async () => {
    await crm.automatic(
      org,
      { vendorId: 'lens-and-light', crm: 'tave', on: true, ceilingPercent: 1_000, why: 'asked for' },
      alex,
    );
    await usage('lens-and-light', '2026-11', 30);
    crm.usageChanged(org, ['2026-10', '2026-11']);
    const ofLens = async () => {
      timePasses(20_000);
      const pushes = await crm.previews(org, { vendorId: 'lens-and-light' });
      return new Map(pushes.map(({ period, state, problem }) => [period, { state, problem }]));
    };
    await expect
      .poll(async () => (await ofLens()).get('2026-11'), { timeout: 15_000 })
      .toEqual({ state: 'verified', problem: null });
    expect((await ofLens()).get('2026-10')).toEqual({
      state: 'to_approve',
      problem: expect.stringContaining('later period'),
    });
  });

  test('another push on its way to an automatic vendor: the next is read and sent once it is there', async () => {
    await crm.automatic(
      org,
      { vendorId: 'lens-and-light', crm: 'tave', on: true, ceilingPercent: 1_000, why: 'asked for' },
      alex,
    );
    await crm.prepare(org, { period: '2026-10' }, 'c');
    await usage('lens-and-light', '2026-11', 30);
    const { pushes } = await crm.newClient(org, 'lens-and-light');
    await expect.poll(async () => (await crm.push(org, pushes[0] ?? '')).state, { timeout: 15_000 }).toBe('verified');
    expect((await getMapping(store.read, org, 'lens-and-light', 'tave'))?.last_period).toBe('2026-11');
  });

  test('two periods of a vendor sent together: the later goes, the other waits for approval again, and no delivery dies', async () => {
    await usage('lens-and-light', '2026-11', 30);
    const wish = { vendorId: 'lens-and-light' };
    for (const period of ['2026-10', '2026-11']) await crm.prepare(org, { ...wish, period }, 'c');
    const ids = (await crm.previews(org, wish)).map(({ id }) => id);
    await crm.approve(org, ids, alex);
    const { refused } = await crm.send(org, { ids }, alex);
    expect(refused).toEqual([{ id: expect.any(String), reason: expect.stringContaining('later period (2026-11)') }]);
    const states = async () => {
      timePasses(20_000);
      return (await crm.previews(org, wish)).map(({ period, state, problem }) => [period, state, problem]).toSorted();
    };
    await expect.poll(states, { timeout: 10_000, interval: 200 }).toEqual([
      ['2026-10', 'to_approve', expect.stringContaining('later period')],
      ['2026-11', 'verified', null],
    ]);
    const jobs = await store.read.selectFrom('outbox_job').select('state').execute();
    expect(jobs.map(({ state }) => state)).toEqual(['delivered']);
  });

  test('a vendor’s studio is asked to tell of new clients with its key, and told to stop before the key goes (V7)', async () => {
    const urls = () =>
      sandbox
        .documents<{ url: string; studio: string }>('tave', 'hooks')
        .all()
        .map(({ url, studio }) => [studio, new URL(url).searchParams.get('vendor')]);
    expect(urls()).toEqual([
      ['practice-tave-lens-and-light', 'lens-and-light'],
      ['practice-tave-castle-mead', 'castle-mead'],
    ]);
    timePasses(20_000);
    const off = await crm.watchClients(org, { vendorId: 'castle-mead', crm: 'tave', on: false }, alex);
    expect(off.mappings[0]?.watchesClients).toBe(false);
    await crm.watchClients(org, { vendorId: 'castle-mead', crm: 'tave', on: true }, alex);
    await crm.unmap(org, 'lens-and-light', 'tave', alex);
    expect(urls()).toEqual([['practice-tave-castle-mead', 'castle-mead']]);
    await expect(crm.watchClients(org, { vendorId: 'lens-and-light', crm: 'tave', on: true }, alex)).rejects.toThrow(
      'does not use',
    );
    expect(entries.map(({ action }) => action)).toContain('vendor.clients-unwatched');
  });
});
