import { statfs } from 'node:fs/promises';
import type { SendingSeat } from '../../../src-shared/contract/settings.ts';
import type { SystemHealth } from '../../../src-shared/contract/systems.ts';
import { type Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatBytes, formatCounted } from '../../../src-shared/format/number.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { countJobs } from '../../store/repositories/outbox.ts';
import { getOpsSetting } from '../../store/repositories/weddings.ts';
import type { Weekend } from '../weekend/weekend.ts';
import type { PreflightCheck, PreflightProbe } from './parts.ts';

const LEAST_FREE = 1_000_000_000;
const BACKUP_MS = 24 * 3_600_000;
const CLOCK_MS = 2_000;
/** From here on signatures of senders and vendors stop being right (R34). */
const SIGNATURES_MS = 240_000;
/** A day's allowance of which more is gone may not last until the evening. */
const QUOTA_SHARE = 0.9;

export interface ProbeParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly dataFolder: string;
  readonly weekend: Pick<Weekend, 'calendar'>;
  /** Every system as it stands: state, sign-in, allowance. */
  readonly health: (organisationId: string) => Promise<readonly SystemHealth[]>;
  /** Which computer sends (R52). */
  readonly seat: (organisationId: string) => Promise<Pick<SendingSeat, 'here' | 'sender' | 'rival'>>;
  /** How far this machine's clock is ahead of the systems that answered lately, ms; null: none has. */
  readonly clockAhead: () => number | null;
  /** Whether this host can show native notifications; null: it has no screen to show them on. */
  readonly notifications: (() => boolean) | null;
  /** Whether this machine is kept from sleeping on wedding days; null: this host does not decide it. */
  readonly staysAwake: (() => 'yes' | 'not on battery' | 'switched off') | null;
}

const line = (check: string, ok: boolean, detail: string, fix: string): readonly PreflightCheck[] => [
  { check, ok, detail, fix: ok ? '' : fix },
];
const names = (systems: readonly SystemHealth[]) => systems.map(({ name }) => name).join(', ');

/** What the weekend needs besides channels and people (A17, X11, X12). */
export function createProbes(parts: ProbeParts): readonly PreflightProbe[] {
  const { store, clock, dataFolder, weekend, health, seat, clockAhead, notifications, staysAwake } = parts;
  const practice = async (organisationId: string) => (await weekend.calendar(organisationId)).organisation.practice;

  return [
    async (organisationId) => {
      const { here, sender, rival } = await seat(organisationId);
      return line(
        'This computer sends, and it alone',
        here && rival === null,
        here ? (rival === null ? `${sender} sends` : `${rival} sends as well`) : `${sender} sends, this one does not`,
        'Open Settings, Sending, and decide which computer it is.',
      );
    },
    async (organisationId) => {
      const { dead, inDoubt } = await countJobs(store.read, organisationId);
      return line(
        'Nothing dead or in doubt',
        dead + inDoubt === 0,
        dead + inDoubt === 0 ? 'The queue is clean' : `${dead} dead, ${inDoubt} in doubt`,
        'Open Deliveries and decide each of them.',
      );
    },
    async () => {
      const { bavail, bsize } = await statfs(dataFolder);
      const free = bavail * bsize;
      return line(
        'Room on disk',
        free >= LEAST_FREE,
        `${formatBytes(free)} free`,
        `Free space until at least ${formatBytes(LEAST_FREE)} are left.`,
      );
    },
    async (organisationId, until) => {
      const connected = (await health(organisationId)).filter(
        ({ state }) => state !== 'not_connected' && state !== 'off',
      );
      const { zone } = await weekend.calendar(organisationId);
      return [...signIns(connected, until, zone), ...answering(connected), ...allowances(connected)];
    },
    async (organisationId) => {
      const check = 'Backup younger than 24 h';
      const fix = 'Make one under Settings, Backup and restore, and let it be made by itself there.';
      if (await practice(organisationId)) return line(check, true, 'Sample data needs none', '');
      const text = await getOpsSetting(store.read, organisationId, 'last-backup');
      if (text === null) return line(check, false, 'None was made from this console', fix);
      const at = Number((JSON.parse(text) as { at: number }).at);
      const hours = Math.floor((clock.now() - at) / 3_600_000);
      return line(check, clock.now() - at < BACKUP_MS, `Made ${hours} h ago`, fix);
    },
    async (organisationId) => {
      const check = 'Clock within 2 s';
      const ahead = clockAhead();
      if (ahead === null) {
        return (await practice(organisationId))
          ? line(check, true, 'The sandbox goes by this computer’s clock', '')
          : line(check, false, 'No system has answered yet', 'Send a channel test, then run the pre-flight again.');
      }
      const off = `${(Math.abs(ahead) / 1_000).toFixed(1)} s ${ahead > 0 ? 'ahead' : 'behind'}`;
      const signatures = Math.abs(ahead) >= SIGNATURES_MS ? '; signatures fail at this distance' : '';
      return line(
        check,
        Math.abs(ahead) <= CLOCK_MS,
        Math.abs(ahead) <= CLOCK_MS ? 'Agrees with the systems that answered' : `${off}${signatures}`,
        'Let the operating system set the clock by itself.',
      );
    },
    async () =>
      notifications === null
        ? []
        : line(
            'Notifications on this computer',
            notifications(),
            notifications() ? 'Shown' : 'The operating system does not show them',
            'Allow notifications for WedSync Ops in the system settings.',
          ),
    async () => {
      if (staysAwake === null) return [];
      const now = staysAwake();
      return line(
        'This computer stays awake on wedding days',
        now === 'yes',
        now === 'yes'
          ? 'Kept from sleeping in wedding-day mode'
          : now === 'not on battery'
            ? 'It runs on battery'
            : 'Switched off',
        now === 'not on battery' ? 'Connect it to mains power.' : 'Switch it on under Settings, Appearance and keys.',
      );
    },
  ];
}

function signIns(connected: readonly SystemHealth[], until: Instant, zone: string): readonly PreflightCheck[] {
  const ending = connected.filter(
    ({ tokenExpiresAt }) => tokenExpiresAt !== null && Date.parse(tokenExpiresAt) < until,
  );
  return line(
    'Sign-ins outlast the window',
    ending.length === 0,
    ending.length === 0
      ? `None ends before ${formatInstant(isoOf(until), zone)}`
      : `${formatCounted(ending.length, 'sign-in ends', 'sign-ins end')} before: ${names(ending)}`,
    'Reconnect them in Settings.',
  );
}

/** By the last look, permissions included, and by what deliveries met since. */
function answering(connected: readonly SystemHealth[]): readonly PreflightCheck[] {
  const bad = connected.filter(({ state }) => state === 'down' || state === 'degraded');
  return line(
    'Systems answer, permissions are there',
    bad.length === 0,
    bad.length === 0
      ? `${formatCounted(connected.length, 'system', 'systems')} connected, none failing`
      : bad.map(({ name, problem }) => `${name}: ${problem ?? 'failing'}`).join('; '),
    'Open Systems and mend what is red there.',
  );
}

function allowances(connected: readonly SystemHealth[]): readonly PreflightCheck[] {
  const short = connected.filter(({ quotas }) =>
    quotas.some(
      ({ per, used, limit, runsOutAt }) => per === 'day' && (runsOutAt !== null || used >= limit * QUOTA_SHARE),
    ),
  );
  return line(
    'Allowances last',
    short.length === 0,
    short.length === 0 ? 'No daily allowance runs out at this pace' : `Runs out today: ${names(short)}`,
    'Pause what is not needed this weekend, or ask the provider for more.',
  );
}
