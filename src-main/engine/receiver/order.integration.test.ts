import { expect, test } from 'vitest';
import { organisationId, testDesk } from '../../testing/receiver-desk.ts';
import { testRandom } from '../../testing/runtime.ts';

test('ten thousand events shuffled, doubled and days late leave every alert as the right order would (FT-66)', async () => {
  const desk = await testDesk();
  const { next } = testRandom(66);
  const begun: number = desk.runtime.clock.now();
  // Many objects, a chain of states each; the last one of a chain decides.
  const objects = 50;
  const events = Array.from({ length: 200 }, (_, step) => step).flatMap((step) =>
    Array.from({ length: objects }, (_, object) => ({ object, step })),
  );
  const last = new Map<number, string>();
  const body = ({ object, step }: { object: number; step: number }) => {
    // Half of them end; none goes to and fro so often that it would be held for flapping.
    const status = object % 2 === 0 && step >= 150 ? 'resolved' : 'firing';
    if (step === 199) last.set(object, status);
    return {
      key: `o${object}`,
      title: `Object ${object}`,
      severity: 'info',
      status,
      timestamp: new Date(begun + step).toISOString(),
    };
  };
  const sent = events.map(body);
  expect(sent).toHaveLength(10_000);
  const order = [...sent, ...sent.filter(() => next() < 0.1)]
    .map((event) => ({ event, at: next() }))
    .sort((a, b) => a.at - b.at);
  const rows = order.map(({ event }, index) => ({
    ...{ id: `r${index}`, organisation_id: organisationId, source: 'generic-hmac', dedupe_key: JSON.stringify(event) },
    ...{ priority: 10, received_at: begun + Math.floor(next() * 3 * 86_400_000), headers: '{}' },
    ...{ body: Buffer.from(JSON.stringify(event)), key_used: 0, due_at: 0, worked_at: null, replay_of: null },
  }));
  for (let at = 0; at < rows.length; at += 500) {
    const some = rows.slice(at, at + 500);
    await desk.store.transaction((tx) => tx.insertInto('inbound_event').values(some).execute());
  }
  await desk.receiver.workDue();
  const alerts = await desk.store.read.selectFrom('alert').select(['title', 'state']).orderBy('number').execute();
  const states = new Map(alerts.map(({ title, state }) => [title, state]));
  for (const [object, status] of last) {
    const state = states.get(`Object ${object}`);
    // What was over before any of it was seen raises nothing.
    const due = status === 'resolved' ? (state === undefined ? undefined : 'resolved') : 'firing';
    expect([object, state]).toEqual([object, due]);
  }
  const left = await desk.store.read
    .selectFrom('inbound_event')
    .select('id')
    .where('state', 'in', ['stored', 'failed'])
    .execute();
  expect(left).toEqual([]);
  await desk.store.close();
}, 90_000);
