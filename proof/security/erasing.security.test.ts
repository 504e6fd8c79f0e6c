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

test('SEC-49 AUD-09 an erased person is in no file written after, and what an older backup holds of the record nobody can read', async () => {
  const folder = place('erased');
  const data = join(folder, 'data');
  const agent = await startAgent(data);
  const client = await agent.client();
  const { id } = await client.settings.savePerson({ organisationId, name, roles: ['admin', 'ops'] });
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
    for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1))
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
}, 120_000);
