import { isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { RetryableError } from '../../src-shared/domain/failure.ts';
import type { Clock } from '../ports/runtime.ts';
import type { SocketClient } from '../ports/socket.ts';
import { certificateTrouble } from './certificates.ts';
import { systemNames } from './names.ts';
import { type Lines, straight } from './network.ts';
import { bare } from './proxy.ts';

const handshakeMs = 10_000;
const maxMessage = 1024 * 1024;
/** A healthy other side pings more often; a line that is silent for so long is dead although nobody said so. */
const silentMs = 60_000;
const checkEveryMs = 10_000;

/** Real WebSockets, TLS verified, no compression; half-open lines are noticed by their silence. */
export function createSockets({
  clock,
  lines = straight,
  ca,
}: {
  readonly clock: Clock;
  /** The way out of this computer; left out: straight. */
  readonly lines?: Lines;
  /** Extra certificate authority, PEM; tests. */
  readonly ca?: string;
}): SocketClient {
  return {
    async talk(url, handlers, signal) {
      const { protocol, hostname, port } = new URL(url);
      const inner = protocol === 'wss:' ? await lines.tunnel(hostname, port === '' ? 443 : Number(port)) : null;
      if (protocol === 'wss:') lines.trust();
      const { WebSocket } = await import('ws');
      return new Promise((resolve, reject) => {
        const socket = new WebSocket(url, {
          ...(inner === null
            ? {}
            : {
                createConnection: () =>
                  connectTls({
                    socket: inner,
                    minVersion: 'TLSv1.2',
                    ...(ca === undefined ? {} : { ca }),
                    ...(isIP(bare(hostname)) ? {} : { servername: hostname }),
                  }),
              }),
          handshakeTimeout: handshakeMs,
          maxPayload: maxMessage,
          perMessageDeflate: false,
          followRedirects: false,
          lookup: systemNames.lookup,
          minVersion: 'TLSv1.2',
          ...(ca === undefined ? {} : { ca }),
        });
        const over = new AbortController();
        let opened = false;
        let heardAt = clock.monotonicMs();
        const heard = () => {
          heardAt = clock.monotonicMs();
        };
        const aborted = () => socket.terminate();

        socket.on('open', () => {
          opened = true;
          heard();
          handlers.opened?.();
          void watch();
        });
        socket.on('ping', heard);
        socket.on('pong', heard);
        socket.on('message', (data, binary) => {
          heard();
          if (binary) return;
          handlers.message(String(data), (text) => {
            if (socket.readyState === WebSocket.OPEN) socket.send(text);
          });
        });
        socket.on('error', (cause) => {
          if (!opened && !signal.aborted)
            reject(
              certificateTrouble(hostname, cause) ??
                new RetryableError('network', 'The line could not be opened', { cause }),
            );
        });
        socket.on('close', () => {
          over.abort();
          signal.removeEventListener('abort', aborted);
          resolve();
        });
        signal.addEventListener('abort', aborted, { once: true });
        if (signal.aborted) aborted();

        async function watch(): Promise<void> {
          while (!over.signal.aborted) {
            await clock.sleep(checkEveryMs, over.signal);
            if (over.signal.aborted) return;
            if (clock.monotonicMs() - heardAt > silentMs) return socket.terminate();
            socket.ping();
          }
        }
      });
    },
  };
}
