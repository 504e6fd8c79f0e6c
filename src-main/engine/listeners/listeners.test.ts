import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { Instant, isoOf, later } from '../../../src-shared/domain/time-and-ids.ts';
import type { AnyAdapter, Heard } from '../../adapters/kit/adapter.ts';
import type { Store } from '../../ports/store.ts';
import { insertConnection, updateConnection } from '../../store/repositories/connections.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createEvents } from '../events.ts';
import { refused } from '../problem.ts';
import { createHear } from './hear.ts';
import { createListeners } from './listeners.ts';

const press = (change: Partial<Extract<Heard, { kind: 'press' }>> = {}): Heard => ({
  kind: 'press',
  id: 'p1',
  about: 'alert',
  alertId: 'a1',
  action: 'acknowledge',
  user: 'U0SAM',
  personId: 'sam',
  at: Instant.parse(0),
  ...change,
});

describe('what is heard', () => {
  let calls: unknown[][];
  let answer: () => Promise<void>;
  /** How many of a bundle were taken. */
  let result: number;
  let hear: ReturnType<typeof createHear>;
  const runtime = testRuntime('2026-08-01T12:00:00Z');

  beforeEach(() => {
    calls = [];
    answer = async () => undefined;
    result = 3;
    const note =
      (name: string) =>
      async (...given: unknown[]) => {
        calls.push([name, ...given]);
        await answer();
        return result;
      };
    hear = createHear({
      runtime,
      alerts: {
        acknowledge: note('acknowledge'),
        snooze: note('snooze'),
        resolve: note('resolve'),
        refuseStranger: note('refuse'),
        takeBundle: note('takeBundle'),
        snoozeBundle: note('snoozeBundle'),
        refuseStrangerAtBundle: note('refuseAtBundle'),
      } as never,
      organisations: { people: async () => [{ id: 'sam', name: 'Sam Okafor' }] } as never,
      seats: { heard: note('rival') } as never,
    });
  });

  test('a press acts as the person it belongs to, once', async () => {
    expect(await hear('bluebell', 'slack', press())).toEqual({ say: null });
    await hear('bluebell', 'slack', press());
    expect(calls).toMatchObject([
      ['acknowledge', 'bluebell', 'a1', {}, { personId: 'sam', name: 'Sam Okafor', channel: 'slack' }],
    ]);
    await hear('bluebell', 'slack', press({ id: 'p2', action: 'snooze' }));
    expect(calls[1]?.slice(0, 4)).toEqual(['snooze', 'bluebell', 'a1', Date.parse('2026-08-01T12:15:00Z')]);
    await hear('other', 'slack', press());
    expect(calls).toHaveLength(3);
  });

  test('a stranger’s press is refused, shown, and answered', async () => {
    for (const personId of [null, 'somebody-gone']) {
      const { say } = await hear('bluebell', 'slack', press({ id: `s-${personId}`, user: 'U0STRANGE', personId }));
      expect(say).toContain('does not know you');
    }
    expect(calls.map(([name]) => name)).toEqual(['refuse', 'refuse']);
  });

  test('a press at a bundle takes or snoozes all of it, once; a stranger’s is refused there', async () => {
    const all = { about: 'bundle', alertId: 'b1' } as const;
    await hear('bluebell', 'slack', press({ id: 'b-1', ...all }));
    await hear('bluebell', 'slack', press({ id: 'b-1', ...all }));
    await hear('bluebell', 'slack', press({ id: 'b-2', ...all, action: 'snooze' }));
    await hear('bluebell', 'slack', press({ id: 'b-3', ...all, personId: null }));
    expect(calls.map((call) => call.slice(0, 5))).toMatchObject([
      ['takeBundle', 'bluebell', 'b1', 'acknowledged', { personId: 'sam', channel: 'slack' }],
      ['snoozeBundle', 'bluebell', 'b1', Date.parse('2026-08-01T12:15:00Z'), { name: 'Sam Okafor' }],
      ['refuseAtBundle', 'bluebell', 'b1', expect.stringContaining('is nobody of'), { name: 'U0SAM' }],
    ]);
  });

  test('who presses for a bundle that is taken already is told so', async () => {
    result = 0;
    const { say } = await hear('bluebell', 'slack', press({ about: 'bundle', alertId: 'b1' }));
    expect(say).toContain('somebody has each of these already');
  });

  test('a late press is told in words, and a press that could not be stored may come again', async () => {
    answer = async () => {
      throw refused({ happened: 'A-7 is resolved.', remedy: 'It will fire again by itself.' });
    };
    expect(await hear('bluebell', 'slack', press())).toEqual({ say: 'A-7 is resolved. It will fire again by itself.' });
    answer = async () => {
      throw new Error('disk full');
    };
    expect((await hear('bluebell', 'slack', press({ id: 'p9' }))).say).toContain('could not be stored');
    answer = async () => undefined;
    await hear('bluebell', 'slack', press({ id: 'p9' }));
    expect(calls).toHaveLength(3);
  });

  test('a mark of whoever sent a message goes to who watches over that, once', async () => {
    const mark = { kind: 'mark', id: 'm1', at: Instant.parse(5), seatId: 's', startId: 't', name: 'OPS-2' } as const;
    expect(await hear('bluebell', 'pagerduty', mark)).toEqual({ say: null });
    await hear('bluebell', 'pagerduty', mark);
    expect(calls).toEqual([['rival', 'bluebell', mark]]);
  });

  test('a state of the other side carries the name it gives', async () => {
    await hear('bluebell', 'pagerduty', {
      kind: 'state',
      about: 'alert',
      id: 's1',
      alertId: 'a1',
      key: 'wedsync:alert:a1',
      state: 'resolved',
      by: 'Priya Shah',
    });
    await hear('bluebell', 'pagerduty', {
      ...{ kind: 'state', about: 'alert', id: 's2', alertId: 'a1', key: 'wedsync:alert:a1' },
      ...{ state: 'acknowledged', by: null },
    });
    await hear('bluebell', 'pagerduty', {
      ...{ kind: 'state', about: 'bundle', id: 's3', alertId: 'b1', key: 'wedsync:bundle:b1' },
      ...{ state: 'resolved', by: 'Priya Shah' },
    });
    expect(calls).toMatchObject([
      ['resolve', 'bluebell', 'a1', '', { personId: null, name: 'Priya Shah', channel: 'pagerduty' }],
      ['acknowledge', 'bluebell', 'a1', {}, { name: 'pagerduty' }],
      ['takeBundle', 'bluebell', 'b1', 'resolved', { name: 'Priya Shah' }],
    ]);
  });
});

describe('the lines', () => {
  let store: Store;
  let wanted: boolean;
  let sendsHere: boolean;
  let runs: {
    readonly signal: AbortSignal;
    hear(heard: Heard): Promise<unknown>;
    stands(): void;
    end(error?: Error): void;
  }[];
  const runtime = testRuntime('2026-08-01T12:00:00Z');
  const { clock } = runtime;

  beforeEach(async () => {
    store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'listeners-')), runtime });
    wanted = true;
    sendsHere = true;
    runs = [];
    await store.transaction(async (tx) => {
      await tx.insertInto('organisation').values({ id: 'o', name: 'O', created_at: 0 }).execute();
      await insertConnection(tx, {
        id: 'o/talker',
        organisation_id: 'o',
        system: 'talker',
        settings: '{}',
        settings_version: 1,
        parked_code: null,
        parked_message: null,
        not_before: null,
        breaker: null,
        account: null,
        created_at: 0,
        updated_at: 0,
      });
    });
    return () => store.close();
  });

  function listening() {
    const events = createEvents();
    const talker = {
      manifest: { id: 'talker' },
      listener: {
        label: 'Talks',
        wanted: () => wanted,
        run: ({ signal }: { signal: AbortSignal }, hear: (heard: Heard) => Promise<unknown>, stands: () => void) =>
          new Promise<void>((resolve, reject) => {
            runs.push({ signal, hear, stands, end: (error) => (error ? reject(error) : resolve()) });
            signal.addEventListener('abort', () => resolve());
          }),
      },
    } as unknown as AnyAdapter;
    const lines = createListeners({
      store,
      runtime,
      events,
      registry: [talker],
      contextOf: async (_organisation, _system, signal) => ({ settings: {}, secrets: {}, signal }) as never,
      wanted: () => sendsHere,
      hear: async () => ({ say: null }),
    });
    lines.start();
    const told = (topic: 'connections' | 'health') => () =>
      events.publish({ topic, organisationId: 'o', ids: ['talker'] });
    return { lines, changed: told('connections'), looked: told('health') };
  }
  const opened = (count: number) => expect.poll(() => runs.length).toBe(count);
  async function passes(ms: number) {
    await expect.poll(() => clock.sleepers).toBe(1);
    await clock.advance(ms);
  }

  test('are opened again with growing pauses, and at once after a good one', async () => {
    const { lines } = listening();
    await opened(1);
    runs[0]?.end(new RetryableError('network', 'gone'));
    await passes(1_999);
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    await opened(2);
    runs[1]?.end();
    await passes(4_000);
    await opened(3);
    await clock.advance(61_000);
    runs[2]?.end();
    await passes(1_000);
    await opened(4);
    runs[3]?.end(new NeedsAttentionError('auth', 'no'));
    await passes(59_000);
    expect(runs).toHaveLength(4);
    await clock.advance(1_000);
    await opened(5);
    await lines.stop();
    expect(runs[4]?.signal.aborted).toBe(true);
  });

  test('stay open whatever a look at the system finds, and say since when they stand and what came last', async () => {
    const start = clock.now();
    const past = (ms: number) => isoOf(later(start, ms));
    const { lines, looked } = listening();
    await opened(1);
    expect(lines.lineOf('o', 'talker')).toBeNull();
    await clock.advance(1_000);
    runs[0]?.stands();
    looked();
    await clock.advance(5 * 60_000);
    runs[0]?.stands();
    await runs[0]?.hear(press());
    looked();
    await clock.advance(1_000);
    expect(runs).toHaveLength(1);
    expect(lines.lineOf('o', 'talker')).toEqual({
      ...{ label: 'Talks', up: true, since: past(1_000), problem: null },
      lastEventAt: past(301_000),
    });
    runs[0]?.end(new RetryableError('network', 'The line broke'));
    await expect
      .poll(() => lines.lineOf('o', 'talker'))
      .toMatchObject({
        ...{ up: false, since: past(302_000), problem: 'The line broke' },
        lastEventAt: past(301_000),
      });
    expect(lines.lineOf('other', 'talker')).toBeNull();
    await lines.stop();
  });

  test('are opened anew when the connection changes, and closed when it is paused or has nothing to listen with', async () => {
    const { lines, changed } = listening();
    await opened(1);
    changed();
    await opened(2);
    expect(runs[0]?.signal.aborted).toBe(true);
    await store.transaction((tx) => updateConnection(tx, 'o', 'talker', { mode: 'paused', updated_at: 1 }));
    changed();
    await expect.poll(() => runs[1]?.signal.aborted).toBe(true);
    expect(runs).toHaveLength(2);
    wanted = false;
    await store.transaction((tx) => updateConnection(tx, 'o', 'talker', { mode: 'on', updated_at: 2 }));
    changed();
    await lines.stop();
    expect(runs).toHaveLength(2);
  });

  test('are closed where another computer takes over sending, and opened where this one does', async () => {
    const { lines } = listening();
    await opened(1);
    sendsHere = false;
    lines.look('o');
    await expect.poll(() => runs[0]?.signal.aborted).toBe(true);
    expect(lines.lineOf('o', 'talker')).toBeNull();
    // Whatever the look still reads is answered before this.
    for (let turn = 0; turn < 5; turn += 1) await store.read.selectFrom('connection').selectAll().execute();
    expect(runs).toHaveLength(1);
    sendsHere = true;
    lines.look('o');
    await opened(2);
    await lines.stop();
  });
});
