import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLink, type Link } from './link.ts';
import type { Envelope, Request } from './protocol.ts';

let thread: MessagePort;
let link: Link;
let came: readonly Request[][];
let texts: Map<number, string>;

beforeEach(() => {
  const { port1, port2 } = new MessageChannel();
  thread = port2;
  link = createLink(port1);
  link.started.catch(() => undefined);
  came = [];
  texts = new Map();
  thread.on('message', ({ define, requests }: Envelope) => {
    for (const [number, text] of define) texts.set(number, text);
    came = [...came, [...requests]];
  });
});
afterEach(() => thread.close());

const insert = (id: string) => ({ sql: 'INSERT', params: [id] });
/** Until the thread has heard all that was sent before. */
async function heard(): Promise<void> {
  link.hurry();
  while (!came.flat().some(({ kind }) => kind === 'hurry')) await new Promise((resolve) => setImmediate(resolve));
}
const kinds = () => came.map((requests) => requests.map(({ kind }) => kind));

describe('a line to a database thread', () => {
  it('sends a transaction that only expects as one request, statements of one text as rows of one', async () => {
    link.begin(1);
    for (const id of ['a', 'b']) link.expect(1, insert(id));
    link.expect(1, { sql: 'UPDATE', params: ['c'] });
    link.expect(1, insert('d'));
    link.commit(1, true).catch(() => undefined);
    await heard();
    expect(came.flat()[0]).toMatchObject({
      kind: 'unit',
      tx: 1,
      more: true,
      statements: [
        { params: [], rows: [['a'], ['b']] },
        { params: [], rows: [['c']] },
        { params: [], rows: [['d']] },
      ],
    });
    expect([...texts.values()]).toEqual(['INSERT', 'UPDATE']);
  });

  it('sends what is expected in its place once something is asked, and what is undone', async () => {
    link.begin(1);
    link.expect(1, insert('a'));
    link.run(1, { sql: 'SELECT', params: [] }).catch(() => undefined);
    link.expect(1, insert('b'));
    link.commit(1, false).catch(() => undefined);
    link.begin(2);
    link.expect(2, insert('c'));
    link.rollback(2, false);
    await heard();
    const order = ['begin', 'expect', 'run', 'expect', 'commit', 'begin', 'expect', 'rollback', 'hurry'];
    expect(kinds().flat()).toEqual(order);
  });

  it('takes nothing of a transaction that has ended into the one that began behind it', async () => {
    link.begin(1);
    link.commit(1, true).catch(() => undefined);
    link.begin(2);
    link.expect(2, insert('a'));
    link.expect(1, insert('late'));
    link.commit(2, false).catch(() => undefined);
    await heard();
    const written = came
      .flat()
      .flatMap((one) => (one.kind === 'unit' ? one.statements.flatMap(({ rows }) => rows) : []));
    expect(written).toEqual([['a']]);
  });

  it('lets much of one turn leave before the turn ends, so that the thread works meanwhile', async () => {
    for (let tx = 1; tx <= 3; tx++) {
      link.begin(tx);
      for (let at = 0; at < 500; at++) link.expect(tx, insert(`${tx}-${at}`));
      link.commit(tx, tx < 3).catch(() => undefined);
    }
    await heard();
    expect(kinds()).toEqual([['unit'], ['unit'], ['unit'], ['hurry']]);
  });

  it('and what a few ask side by side goes in one message', async () => {
    for (let tx = 1; tx <= 16; tx++) {
      link.begin(tx);
      link.expect(tx, insert(String(tx)));
      link.commit(tx, tx < 16).catch(() => undefined);
    }
    await heard();
    expect(kinds()).toEqual([[...Array.from({ length: 16 }, () => 'unit'), 'hurry']]);
  });
});
