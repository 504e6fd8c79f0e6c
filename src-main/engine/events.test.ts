import { describe, expect, it } from 'vitest';
import type { Change } from '../../src-shared/contract/app.ts';
import { createEvents } from './events.ts';

const change = (id: string): Change => ({ topic: 'deliveries', organisationId: 'o', ids: [id] });

describe('events', () => {
  it('reach every subscriber, whatever another one does', () => {
    const thrown: unknown[] = [];
    const events = createEvents((error) => thrown.push(error));
    const seen: string[] = [];
    events.subscribe(() => {
      throw new Error('mine alone');
    });
    const stop = events.subscribe(({ ids }) => seen.push(...ids));
    events.publish(change('a'));
    stop();
    events.publish(change('b'));
    expect([seen, thrown.length]).toEqual([['a'], 2]);
  });

  it('stream in order, those included that were published before the first pull', async () => {
    const events = createEvents();
    const stream = events.stream();
    events.publish(change('a'));
    events.publish(change('b'));
    expect((await stream.next()).value).toEqual(change('a'));
    expect((await stream.next()).value).toEqual(change('b'));
    const waiting = stream.next();
    events.publish(change('c'));
    expect((await waiting).value).toEqual(change('c'));
  });

  it('end with the signal or when the loop is left', async () => {
    const events = createEvents();
    const abort = new AbortController();
    const stream = events.stream(abort.signal);
    const waiting = stream.next();
    abort.abort();
    expect((await waiting).done).toBe(true);
    expect((await stream.next()).done).toBe(true);
    for await (const one of events.stream(AbortSignal.abort())) expect(one).toBe('never');
  });

  it('for a slow subscriber are merged, not dropped', async () => {
    const events = createEvents();
    const stream = events.stream();
    for (let index = 0; index < 2_000; index += 1) events.publish(change(String(index)));
    const first = (await stream.next()).value;
    expect(first).toEqual({ topic: 'deliveries', organisationId: 'o', ids: [] });
  });
});
