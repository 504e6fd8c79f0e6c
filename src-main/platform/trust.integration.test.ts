import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createWeb } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { NetworkPlan } from '../ports/network.ts';
import { companyTls } from '../testing/tls.ts';

const { key, cert, ca } = companyTls;
const folder = mkdtempSync(join(tmpdir(), 'trust-'));
const closers: (() => void)[] = [];
let ports: string[];

async function listening(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closers.push(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

/** What a company puts between: https and sockets, mail, and PostgreSQL, each with a certificate by its own authority. */
beforeAll(async () => {
  const web = createWeb({ key, cert }, (_request, response) => response.end('ok'));
  const lines = new WebSocketServer({ server: web });
  const mail = new SMTPServer({
    key,
    cert,
    secure: true,
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
  });
  mail.on('error', () => undefined);
  // As far as a certificate matters: agrees to TLS, then hangs up.
  const database = createTcp((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('S');
      const inner = new TLSSocket(socket, { isServer: true, key, cert });
      inner.on('error', () => undefined);
      inner.on('data', () => inner.destroy());
    });
  });
  ports = await Promise.all([listening(web), listening(mail.server), listening(database)]);
  closers.push(
    () => lines.close(),
    () => web.closeAllConnections(),
  );
});
afterAll(() => {
  for (const close of closers.reverse()) close();
  rmSync(folder, { recursive: true });
});

/** One line of each kind from a fresh process; `system`: the authorities of that computer's own store, PEM. */
async function outward({ system = '', added = '' }: { readonly system?: string; readonly added?: string }) {
  const plan: NetworkPlan = { proxy: 'none', address: null, user: null, bypass: [], certificates: added };
  const planFile = join(folder, 'network.json');
  const store = join(folder, 'store.pem');
  writeFileSync(planFile, JSON.stringify(plan));
  writeFileSync(store, system);
  const { NODE_EXTRA_CA_CERTS: _extra, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, '..', 'testing', 'outward-child.ts'), planFile, ...ports],
    { env: { ...env, SSL_CERT_FILE: store, SSL_CERT_DIR: folder } },
  );
  return JSON.parse(stdout) as Record<'https' | 'smtp' | 'socket' | 'postgres', string>;
}

const all = { https: 'worked', smtp: 'worked', socket: 'worked', postgres: expect.stringMatching(/^network: /) };

test.runIf(process.platform === 'linux')(
  'an authority in the computer’s own store is trusted by https, mail, sockets and PostgreSQL alike (FT-44)',
  async () => expect(await outward({ system: ca })).toEqual(all),
);

test('an authority a person added is trusted by all of them as well (FT-44)', async () => {
  expect(await outward({ added: ca })).toEqual(all);
});

test('an authority nobody named is refused by all of them, in words that say so (FT-44)', async () => {
  const words = /refused: it is signed by an authority this computer does not trust/;
  expect(await outward({})).toEqual({
    https: expect.stringMatching(words),
    socket: expect.stringMatching(words),
    smtp: expect.stringMatching(/^misconfigured: No safe line to localhost: .*certificate/),
    postgres: expect.stringMatching(/^misconfigured: TLS: .*certificate/),
  });
});
