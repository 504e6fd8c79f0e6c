import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerHeaders } from '../pages.ts';

/** Served at a time, in all and for one address (SEC-24). */
const SERVED = 200;
const PER_ADDRESS = 20;
/** More wait unread for one of these, so many and so long; then they are asked to come back. */
const WAITING = 400;
const WAIT_MS = 2_000;
/** Being told so, and how long that may take; who comes beyond them is cut off without a word. */
const REFUSED = 200;
const REFUSE_MS = 1_000;

const comeBack = [
  'HTTP/1.1 503 Service Unavailable',
  ...Object.entries(answerHeaders).map(([name, value]) => `${name}: ${value}`),
  'retry-after: 1',
  'content-length: 0',
  'connection: close',
  '\r\n',
].join('\r\n');

/**
 * Serves at most 200 connections, 20 of one address. Senders behind one tunnel have one address, and come all at once when a
 * thing breaks: who is too many waits a moment (`waitMs`), and is answered 503 with Retry-After rather than reset. While somebody
 * waits, a connection is closed once it has its answers. Nobody who waits takes a place from another address. Returns what ends
 * the waiting, for a listener that closes.
 */
export function limitConnections(server: Server, waitMs = WAIT_MS): () => void {
  const serve = server.listeners('connection');
  const served = new Map<string, Set<Socket>>();
  const waiting = new Map<Socket, { readonly address: string; readonly late: NodeJS.Timeout }>();
  const refused = new Set<Socket>();
  /** By connection under way, answers that are due. */
  const due = new WeakMap<Socket, number>();
  let total = 0;

  const hasRoom = (address: string) => total < SERVED && (served.get(address)?.size ?? 0) < PER_ADDRESS;

  function begin(address: string, socket: Socket): void {
    const its = served.get(address) ?? new Set();
    served.set(address, its.add(socket));
    total += 1;
    socket.once('close', () => {
      its.delete(socket);
      if (its.size === 0) served.delete(address);
      total -= 1;
      for (const [next, { address: from, late }] of waiting) {
        if (!hasRoom(from)) continue;
        clearTimeout(late);
        waiting.delete(next);
        begin(from, next);
        break;
      }
    });
    for (const each of serve) each.call(server, socket);
  }

  function refuse(socket: Socket): void {
    if (refused.size >= REFUSED) return void socket.destroy();
    refused.add(socket);
    const cut = setTimeout(() => socket.destroy(), REFUSE_MS).unref();
    socket.once('close', () => {
      refused.delete(socket);
      clearTimeout(cut);
    });
    // What it sent is read and dropped: closed over unread bytes, it would see a reset instead of the answer.
    socket.resume().end(comeBack);
  }

  function wait(address: string, socket: Socket): void {
    const late = setTimeout(() => {
      waiting.delete(socket);
      refuse(socket);
    }, waitMs).unref();
    waiting.set(socket, { address, late });
    socket.once('close', () => {
      clearTimeout(late);
      waiting.delete(socket);
    });
    for (const each of served.get(address) ?? []) if (due.get(each) === 0) each.destroySoon();
  }

  server.removeAllListeners('connection').on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    socket.on('error', () => undefined);
    if (hasRoom(address)) begin(address, socket);
    else if (waiting.size < WAITING) wait(address, socket);
    else refuse(socket);
  });
  server.prependListener('request', ({ socket }: IncomingMessage, reply: ServerResponse) => {
    if (waiting.size > 0) reply.shouldKeepAlive = false;
    due.set(socket, (due.get(socket) ?? 0) + 1);
    reply.once('close', () => {
      const left = (due.get(socket) ?? 1) - 1;
      due.set(socket, left);
      if (left === 0 && waiting.size > 0) socket.destroySoon();
    });
  });
  return () => {
    for (const socket of [...waiting.keys(), ...refused]) socket.destroy();
  };
}
