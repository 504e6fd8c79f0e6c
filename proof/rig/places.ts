import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (command: string, ...words: string[]) => spawnSync(command, words, { encoding: 'utf8' });
const has = (command: string) => run('which', command).status === 0;
const works = (command: string, ...words: string[]) => run(command, ...words).status === 0;

/** What this machine lets a test do; the reason where it does not. */
const isRoot = process.getuid?.() === 0;
export const can = {
  mount: process.platform === 'linux' && isRoot && works('unshare', '-m', 'true'),
  strace: process.platform === 'linux' && has('strace') && works('strace', '-o', '/dev/null', 'true'),
  networkNamespace: process.platform === 'linux' && has('ip') && works('unshare', '-n', 'true'),
  otherUser: process.platform === 'linux' && isRoot && has('setpriv'),
  secretService: process.platform === 'linux' && has('dbus-run-session') && has('gnome-keyring-daemon'),
} as const;

let places: string[] = [];
let mounts: string[] = [];

/** A folder of its own, gone after `removeAll`. */
export function place(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `wedops-${name}-`));
  places.push(folder);
  return folder;
}

/** A disk of its own of so many MiB. */
export function smallDisk(folder: string, mib: number): void {
  mkdirSync(folder, { recursive: true });
  const done = run('mount', '-t', 'tmpfs', '-o', `size=${mib}m,mode=0700`, 'tmpfs', folder);
  if (done.status !== 0) throw new Error(done.stderr);
  mounts.push(folder);
}

export function unmount(folder: string): void {
  run('umount', '-l', folder);
  mounts = mounts.filter((one) => one !== folder);
}

/** The same folder seen at `at`, and nothing can be written there; mode bits would not stop root. */
export function readOnlyView(of: string, at: string): void {
  mkdirSync(at, { recursive: true });
  for (const words of [
    ['--bind', of, at],
    ['-o', 'remount,ro,bind', at],
  ]) {
    const done = run('mount', ...words);
    if (done.status !== 0) throw new Error(done.stderr);
    if (!mounts.includes(at)) mounts.push(at);
  }
}

/** Fills the disk of a folder to the last byte; gives what to remove to free it. */
export function fill(folder: string): { free(): void } {
  const files = ['fill-1', 'fill-2'].map((name) => join(folder, name));
  for (const [file, size] of [
    [files[0], '1M'],
    [files[1], '512'],
  ]) {
    run('dd', 'if=/dev/zero', `of=${file}`, `bs=${size}`);
  }
  if (!existsSync(files[0] ?? '')) writeFileSync(files[0] ?? '', '');
  return {
    free() {
      for (const file of files) rmSync(file, { force: true });
    },
  };
}

export function removeAll(): void {
  for (const folder of mounts.toReversed()) run('umount', '-l', folder);
  mounts = [];
  for (const folder of places) rmSync(folder, { recursive: true, force: true });
  places = [];
}
