import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { endAll, organisationId, startAgent, wedops } from '../rig/console.ts';
import { broken, filesUnder } from '../rig/invariants.ts';
import { place, removeAll } from '../rig/places.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

const name = 'Quintilla Marlowe';
const maiden = 'Quintilla Ash of Kent';

test('SEC-49 AUD-09 an erased person is in no file written after, and what an older backup holds of the record nobody can read', async () => {
  const folder = place('erased');
  const data = join(folder, 'data');
  const agent = await startAgent(data);
  const client = await agent.client();
  const { id } = await client.settings.savePerson({ organisationId, name: maiden, roles: ['admin', 'ops'] });
  await client.settings.actAs({ organisationId, personId: id, pin: '' });
  const raise = (title: string) =>
    client.alerts.raise({
      ...{
        organisationId,
        severity: 'warning' as const,
        title,
        detail: '',
        venues: [],
        key: title,
        source: 'security',
      },
    });
  const { id: first } = await raise('one');
  await client.alerts.acknowledge({ organisationId, alertId: first, note: 'my knee-operation is over' });
  await client.alerts.note({ organisationId, alertId: first, text: 'looked at it' });
  const { id: second } = await raise('two');
  await client.alerts.snooze({
    organisationId,
    alertId: second,
    until: new Date(Date.now() + 3_600_000).toISOString(),
  });
  await client.settings.savePerson({ organisationId, id, name, roles: ['admin', 'ops'] });
  const silence = await client.alerts.addSilence({
    organisationId,
    matcher: { source: 'elsewhere' },
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    reason: `${name} has her knee-operation`,
  } as never);
  expect(silence).toBeDefined();
  await client.weekend.switchMode({
    ...{ organisationId, mode: 'on', reason: 'knee-operation', endsAt: new Date(Date.now() + 3_600_000).toISOString() },
  } as never);
  await client.settings.actAs({ organisationId, personId: 'alex', pin: '' });
  await wedops(data, ['backup', '--out', join(folder, 'before.db')]);

  const erased = await wedops(data, ['person', 'erase', name, '--reason', 'Asked for, case 12', '--confirm', name]);
  expect(erased).toMatchObject({ exit: 0, value: { keyForgotten: true } });
  await wedops(data, ['audit', 'export', '--out', join(folder, 'audit.jsonl')]);
  await wedops(data, ['diagnostics', '--out', join(folder, 'diagnostics.json')]);
  await wedops(data, ['backup', '--out', join(folder, 'after.db')]);
  expect(await wedops(data, ['audit', 'verify'])).toMatchObject({ exit: 0, value: { ok: true } });
  expect(await agent.stop()).toBe(0);

  // What the vendors' side was sent is theirs; the backup is from before.
  const written = filesUnder(folder).filter((file) => !/(sandbox|before)\.db/.test(file));
  expect(written.length).toBeGreaterThan(5);
  const found: string[] = [];
  for (const file of written) {
    const text = readFileSync(file, 'latin1');
    for (let at = text.indexOf('Quintilla'); at >= 0; at = text.indexOf('Quintilla', at + 1))
      found.push(`${file}: ${text.slice(at - 80, at + 40)}`);
  }
  expect(found).toEqual([]);
  const before = new Database(join(folder, 'before.db'), { readonly: true });
  const texts = before.prepare('SELECT sealed FROM audit_personal WHERE person_id = ?').pluck().all(id) as Buffer[];
  expect(texts.length).toBeGreaterThanOrEqual(4);
  for (const text of texts) expect([text[0], text.includes('knee')]).toEqual([1, false]);
  expect(JSON.stringify(before.prepare('SELECT * FROM audit_entry').all())).not.toMatch(/Quintilla|knee-operation/);
  before.close();
  expect(readFileSync(join(data, 'practice-secrets.json'), 'utf8')).toContain('"value":"erased"');
  expect(broken({ data })).toEqual([]);

  // Whoever comes back with that backup is erased again, before anybody is asked.
  expect(await wedops(data, ['restore', join(folder, 'before.db')])).toMatchObject({ exit: 0 });
  const again = await startAgent(data);
  const restored = await again.client();
  await expect
    .poll(async () => (await restored.settings.people({ organisationId })).map((person) => person.name), {
      timeout: 10_000,
    })
    .not.toContain(name);
  const [last] = (await restored.audit.list({ organisationId, action: 'person.erased' })).rows;
  expect(last).toMatchObject({ actor: 'system', object: 'erased person' });
  expect(await again.stop()).toBe(0);
  expect(await wedops(data, ['audit', 'verify'])).toMatchObject({ exit: 0, value: { ok: true } });
}, 120_000);

test('AUD-09 killed while erasing: the person is there as before or gone, never half, and the next start ends what is left', async () => {
  const data = join(place('erase-killed'), 'data');
  let erased = 0;
  for (let round = 0; round < 6; round += 1) {
    const agent = await startAgent(data);
    const client = await agent.client();
    const { id } = await client.settings.savePerson({ organisationId, name: `${name} ${round}`, roles: ['ops'] });
    const asked = { organisationId, personId: id, reason: 'Asked for, case 12', confirm: `${name} ${round}` };
    const answer = client.settings.erasePerson(asked).catch(() => null);
    // Nearer and nearer to its end; the last is killed as soon as it has answered.
    await (round === 5 ? answer : new Promise((resolve) => setTimeout(resolve, round * 8)));
    await agent.kill();
    await answer;
    const again = await startAgent(data);
    const people = await (await again.client()).settings.people({ organisationId });
    const record = await (await again.client()).audit.list({ organisationId, object: `person:${id}` });
    const isGone = !people.some((person) => person.id === id);
    const added = record.rows.find(({ action }) => action === 'person.added');
    expect(record.rows.some(({ action }) => action === 'person.erased')).toBe(isGone);
    expect(added).toMatchObject(isGone ? { aside: 'erased' } : { aside: 'shown', after: { name: `${name} ${round}` } });
    // What the secret store has yet to forget is forgotten by now.
    await expect.poll(() => leftKeys(data), { timeout: 10_000 }).toBe(0);
    expect(await again.stop()).toBe(0);
    expect(broken({ data })).toEqual([]);
    erased += Number(isGone);
  }
  expect(erased).toBeGreaterThan(0);
}, 120_000);

/** Erased people whose key is not forgotten yet. */
function leftKeys(data: string): number {
  const db = new Database(join(data, 'console.db'), { readonly: true });
  try {
    const left = db.prepare('SELECT count(*) FROM person WHERE erased_at IS NOT NULL AND public_key IS NOT NULL');
    return Number(left.pluck().get());
  } finally {
    db.close();
  }
}
