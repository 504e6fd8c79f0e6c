import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { WarehouseServer } from '../ports/warehouse.ts';
import { testTls } from './tls.ts';

/** Where Debian and others put the server; null: it is not on this machine. */
export function postgresFolder(): string | null {
  const debian = '/usr/lib/postgresql';
  const found = existsSync(debian)
    ? readdirSync(debian)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(debian, version, 'bin'))
    : [];
  return (
    [...found, '/usr/local/bin', '/opt/homebrew/bin', '/usr/bin'].find((folder) =>
      existsSync(join(folder, 'initdb')),
    ) ?? null
  );
}

export interface TestPostgres {
  readonly server: WarehouseServer;
  /** As the owner of everything. */
  query<T extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

/**
 * A PostgreSQL of its own in a temporary folder, on a free port of loopback. It refuses to run as root, so there it runs
 * as `postgres` or `nobody`. It speaks plain and TLS, with the certificate of `tls.ts`. No time is given to the disk: it is thrown away.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = postgresFolder();
  if (bin === null) throw new Error('There is no PostgreSQL on this machine (package "postgresql")');
  const folder = mkdtempSync(join(tmpdir(), 'warehouse-'));
  const owner = ordinaryUser();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  writeFileSync(join(folder, 'password'), 'admin password', { mode: 0o644 });
  const as = owner === null ? {} : { uid: owner.uid, gid: owner.gid };
  const env = { PATH: process.env.PATH ?? '', HOME: folder, LC_ALL: 'C.UTF-8' };
  execFileSync(
    join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'admin',
      '--auth-local=trust',
      '--auth-host=scram-sha-256',
      '--no-sync',
      '-E',
      'UTF8',
      `--pwfile=${join(folder, 'password')}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env, cwd: folder, ...as },
  );
  const port = await freePort();
  const tls = [
    '-c',
    'ssl=on',
    '-c',
    `ssl_cert_file=${join(folder, 'cert.pem')}`,
    '-c',
    `ssl_key_file=${join(folder, 'key.pem')}`,
  ];
  for (const [name, text] of Object.entries(testTls)) {
    const file = join(folder, `${name}.pem`);
    writeFileSync(file, text, { mode: 0o600 });
    if (owner) chownSync(file, owner.uid, owner.gid);
  }
  const flags = [
    '-D',
    data,
    '-p',
    String(port),
    '-h',
    '127.0.0.1',
    '-k',
    folder,
    '-c',
    'fsync=off',
    '-c',
    'synchronous_commit=off',
    ...tls,
  ];
  const child: ChildProcess = spawn(join(bin, 'postgres'), flags, { stdio: 'ignore', env, cwd: folder, ...as });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const admin = { host: '127.0.0.1', port, user: 'admin', password: 'admin password', database: 'postgres' };

  async function query<T extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    const db = new pg.Client({ ...admin, database: text.startsWith('CREATE DATABASE') ? 'postgres' : 'warehouse' });
    try {
      await db.connect();
      return (await db.query<T>(text, [...values])).rows;
    } finally {
      await db.end().catch(() => undefined);
    }
  }
  for (const end = performance.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    try {
      await query('CREATE DATABASE warehouse');
      break;
    } catch (thrown) {
      if (performance.now() > end || child.exitCode !== null) throw thrown;
    }
  }
  await query("CREATE ROLE loader LOGIN PASSWORD 'loader password'");
  await query('CREATE SCHEMA ops_metrics AUTHORIZATION loader');
  return {
    server: {
      host: '127.0.0.1',
      port,
      database: 'warehouse',
      schema: 'ops_metrics',
      user: 'loader',
      password: 'loader password',
      tls: 'off',
      ca: null,
    },
    query,
    async close() {
      child.kill('SIGQUIT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function ordinaryUser(): { uid: number; gid: number } | null {
  if (userInfo().uid !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' })));
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // Not known here.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is no ordinary user to run it as');
}

async function freePort(): Promise<number> {
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const address = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port');
  return address.port;
}
