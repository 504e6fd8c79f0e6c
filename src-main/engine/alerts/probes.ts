import { statfs } from 'node:fs/promises';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatBytes, formatCounted } from '../../../src-shared/format/number.ts';
import type { Store } from '../../ports/store.ts';
import { countJobs } from '../../store/repositories/outbox.ts';
import type { PreflightProbe } from './parts.ts';

const LEAST_FREE = 1_000_000_000;

export interface ProbeParts {
  readonly store: Store;
  readonly dataFolder: string;
  /** Every connection with a sign-in, and when the longest-lived part of it ends; null: it does not end. */
  readonly signIns: (
    organisationId: string,
  ) => Promise<readonly { readonly name: string; readonly endsAt: string | null }[]>;
}

/** What the weekend needs besides channels: nothing stuck in the queue, room on disk, sign-ins that last (A17, X11). */
export function createProbes({ store, dataFolder, signIns }: ProbeParts): readonly PreflightProbe[] {
  return [
    async (organisationId) => {
      const { dead, inDoubt } = await countJobs(store.read, organisationId);
      const ok = dead + inDoubt === 0;
      return [
        {
          check: 'Nothing dead or in doubt',
          ok,
          detail: ok ? 'The queue is clean' : `${dead} dead, ${inDoubt} in doubt`,
          fix: ok ? '' : 'Open Deliveries and decide each of them.',
        },
      ];
    },
    async () => {
      const { bavail, bsize } = await statfs(dataFolder);
      const free = bavail * bsize;
      const ok = free >= LEAST_FREE;
      return [
        {
          check: 'Room on disk',
          ok,
          detail: `${formatBytes(free)} free`,
          fix: ok ? '' : `Free space until at least ${formatBytes(LEAST_FREE)} are left.`,
        },
      ];
    },
    async (organisationId, until) => {
      const ending = (await signIns(organisationId)).filter(
        ({ endsAt }) => endsAt !== null && Date.parse(endsAt) < until,
      );
      const ok = ending.length === 0;
      return [
        {
          check: 'Sign-ins outlast the window',
          ok,
          detail: ok
            ? `None ends before ${isoOf(until)}`
            : `${formatCounted(ending.length, 'sign-in ends', 'sign-ins end')} before: ${ending.map(({ name }) => name).join(', ')}`,
          fix: ok ? '' : 'Reconnect them in Settings.',
        },
      ];
    },
  ];
}
