import { existsSync } from 'node:fs';
import { access, constants, mkdir, statfs } from 'node:fs/promises';
import type { Command } from '../command.ts';
import { table } from '../output.ts';

interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do; empty when all is well. */
  readonly fix: string;
}

const LEAST_FREE_BYTES = 500 * 1024 ** 2;

async function nodeCheck(): Promise<Check> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 22 || (major === 22 && minor >= 19);
  return {
    check: 'node',
    ok,
    detail: process.version,
    fix: ok ? '' : 'Run it through npm, which uses the pinned Node',
  };
}

async function databaseCheck(): Promise<Check> {
  try {
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(':memory:');
    const version = String(db.prepare('SELECT sqlite_version()').pluck().get());
    db.close();
    return { check: 'database', ok: true, detail: `SQLite ${version}`, fix: '' };
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return { check: 'database', ok: false, detail, fix: 'Remove node_modules and start again: npm start' };
  }
}

async function keychainCheck(): Promise<Check> {
  const { loadKeytar } = await import('../../../platform/keychain.ts');
  const driver = await loadKeytar();
  if (!driver) {
    return {
      check: 'keychain',
      ok: false,
      detail: 'the driver cannot be loaded',
      fix: process.platform === 'linux' ? 'Install libsecret-1-dev, then npm rebuild keytar' : 'npm rebuild keytar',
    };
  }
  if (process.platform === 'linux' && !process.env.DBUS_SESSION_BUS_ADDRESS) {
    return {
      check: 'keychain',
      ok: false,
      detail: 'no session bus: headless',
      fix: 'Give secrets through the environment, or run inside a desktop session with a Secret Service',
    };
  }
  return { check: 'keychain', ok: true, detail: 'the driver is loaded', fix: '' };
}

async function folderChecks(folder: string): Promise<Check[]> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch {
    return [{ check: 'data folder', ok: false, detail: folder, fix: 'Choose a folder you may write to: --data DIR' }];
  }
  const { unsafePlace } = await import('../../../platform/folder-place.ts');
  const place = await unsafePlace(folder);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const enough = free >= LEAST_FREE_BYTES;
  return [
    {
      check: 'data folder',
      ok: place === null,
      detail: place === null ? folder : `${folder}: ${place}`,
      fix: place === null ? '' : 'Choose a folder on this computer that no other program copies: --data DIR',
    },
    {
      check: 'disk',
      ok: enough,
      detail: `${Math.floor(free / 1024 ** 2).toLocaleString('en-GB')} MB free`,
      fix: enough ? '' : 'Free some space; new work is refused when the disk is full',
    },
  ];
}

async function ownerCheck(folder: string): Promise<Check> {
  const { DoorShut, FolderUnavailable, ownOrFind } = await import('../../owner.ts');
  try {
    const found = await ownOrFind(folder, 1_000);
    if (found.owned) {
      await found.lock.release();
      return { check: 'owner', ok: true, detail: 'nobody holds the data folder', fix: '' };
    }
    return { check: 'owner', ok: true, detail: `${found.owner.host}, process ${found.owner.pid}`, fix: '' };
  } catch (thrown) {
    if (!(thrown instanceof FolderUnavailable)) throw thrown;
    if (thrown instanceof DoorShut) {
      const fix = 'Free the port: the console opens it by itself then. Everything else of it runs';
      return { check: 'owner', ok: false, detail: `Down: ${thrown.message}`, fix };
    }
    return { check: 'owner', ok: false, detail: thrown.message, fix: 'End that process, then try again' };
  }
}

async function clockCheck(): Promise<Check> {
  const year = new Date().getFullYear();
  const ok = year >= 2026 && year < 2100;
  return {
    check: 'clock',
    ok,
    detail: new Date().toISOString(),
    fix: ok ? '' : 'Set the clock of this computer; signatures and schedules depend on it',
  };
}

async function zonesCheck(): Promise<Check> {
  const { wrongWeekends } = await import('../../../../src-shared/domain/wedding-time/known-answers.ts');
  const wrong = wrongWeekends();
  return {
    check: 'time zones',
    ok: wrong.length === 0,
    detail: `zone data ${process.versions.tz ?? 'unknown'}${wrong.length === 0 ? '' : `: the weekends of ${wrong.join(', ')} come out wrong`}`,
    fix: wrong.length === 0 ? '' : 'Use the Node this program was made for; clock changes are not to be trusted',
  };
}

async function networkCheck(): Promise<Check> {
  const { lookup } = await import('node:dns/promises');
  const found = await Promise.race([
    lookup('api.xero.com').then(
      () => true,
      () => false,
    ),
    new Promise<boolean>((resolve) => setTimeout(resolve, 3_000, false).unref()),
  ]);
  return {
    check: 'network',
    ok: found,
    detail: found ? 'names resolve' : 'no answer from the name service',
    fix: found ? '' : 'Practice mode needs no network; real systems do',
  };
}

async function screenChecks(): Promise<Check[]> {
  const { hasPages, resourcesFolder } = await import('../../resources.ts');
  const electron = existsSync(`${resourcesFolder}/../node_modules/electron/path.txt`);
  return [
    {
      check: 'screens',
      ok: hasPages(),
      detail: hasPages() ? 'built' : 'not built',
      fix: hasPages() ? '' : 'npm run build',
    },
    {
      check: 'electron',
      ok: electron,
      detail: electron ? 'its binary is here' : 'its binary is not here',
      fix: electron
        ? ''
        : 'npm start tries once to fetch it, then no more: node node_modules/electron/install.js does; without it the same screens open in a browser',
    },
  ];
}

export const command: Command = {
  about: 'what is missing on this computer, and how to mend it',
  usage: ['doctor'],
  examples: ['doctor'],
  async run({ dataFolder }) {
    const checks: Check[] = [
      await nodeCheck(),
      await databaseCheck(),
      await keychainCheck(),
      ...(await folderChecks(dataFolder)),
      await ownerCheck(dataFolder),
      await clockCheck(),
      await zonesCheck(),
      await networkCheck(),
      ...(await screenChecks()),
    ];
    return {
      value: checks,
      text: table(
        ['', 'check', 'detail', 'what to do'],
        checks.map(({ check, ok, detail, fix }) => [ok ? 'ok' : '!!', check, detail, fix]),
      ),
      exit: checks.every(({ ok }) => ok) ? 0 : 1,
    };
  },
};
