import type { OutboxJob, Receipt } from '../../../src-shared/domain/delivery/job.ts';
import { releaseSpreadMs } from '../../../src-shared/domain/delivery/policies.ts';
import type { Failure } from '../../../src-shared/domain/failure.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { Tx } from '../../ports/store.ts';
import { getJob } from '../../store/repositories/outbox.ts';
import {
  holdUnfinished,
  runStatement,
  saveJob,
  spreadJobs,
  unparkConnection,
} from '../../store/repositories/outbox-statements.ts';

/** A person asked for something the job's state does not allow; the text is for them. */
export class OutboxRefusal extends Error {
  readonly code: 'NOT_FOUND' | 'REFUSED';
  constructor(code: 'NOT_FOUND' | 'REFUSED', message: string) {
    super(message);
    this.name = 'OutboxRefusal';
    this.code = code;
  }
}

type Change = (job: OutboxJob, at: OutboxJob['runAt']) => OutboxJob;

/** Reads, changes and stores one job inside the caller's transaction, where the caller also audits it. */
export async function changeJob(
  tx: Tx,
  clock: Clock,
  organisationId: string,
  jobId: string,
  change: Change,
): Promise<OutboxJob> {
  const job = await getJob(tx, organisationId, jobId);
  if (!job) throw new OutboxRefusal('NOT_FOUND', 'There is no such delivery');
  const next = change(job, clock.now());
  const [stored] = await runStatement(tx, saveJob(next, job.state, 'tell'));
  if (!stored) throw new OutboxRefusal('REFUSED', 'This delivery changed in the meantime');
  return next;
}

/** The same row again, same body and key, attempts from zero (R12). */
export const tryAgain: Change = (job, at) => {
  if (job.state !== 'held' && job.state !== 'failed')
    throw new OutboxRefusal('REFUSED', `This delivery is ${job.state}`);
  if (job.deliveryClass === 'never-twice' && job.inDoubt) {
    throw new OutboxRefusal('REFUSED', 'Its outcome is unknown: decide first whether it exists on the other side');
  }
  return { ...job, state: 'queued', attempts: 0, runAt: at, settledAt: null };
};

/** The same row, body and key once more although it had arrived (R12); never what must not exist twice. */
export const sendAgain: Change = (job, at) => {
  if (job.state !== 'delivered' && job.state !== 'cancelled') return tryAgain(job, at);
  if (job.deliveryClass === 'never-twice') {
    throw new OutboxRefusal('REFUSED', 'Sending it again could make a second one on the other side');
  }
  return { ...job, state: 'queued', attempts: 0, runAt: at, receipt: null, expiresAt: null, settledAt: null };
};

export const cancel: Change = (job, at) => {
  if (job.state !== 'held' && job.state !== 'queued')
    throw new OutboxRefusal('REFUSED', `This delivery is ${job.state}`);
  if (job.inDoubt) throw new OutboxRefusal('REFUSED', 'It may exist on the other side: decide that first');
  return { ...job, state: 'cancelled', settledAt: at };
};

export const hold: Change = (job) => {
  if (job.state !== 'queued') throw new OutboxRefusal('REFUSED', `This delivery is ${job.state}`);
  const message = 'Held by a person';
  return {
    ...job,
    state: 'held',
    lastFailure: { kind: 'needs-attention', code: 'misconfigured', scope: 'job', message },
  };
};

/** Searches again now, from the first search on: for a job in doubt that is held. */
export const lookAgain: Change = (job, at) => {
  if (job.state !== 'held' || !job.inDoubt) throw new OutboxRefusal('REFUSED', 'Its outcome is not in doubt');
  return { ...job, state: 'queued', lookups: 0, doubtSince: at, runAt: at };
};

/** A person put right what stopped it: looked for where it may exist there, else tried anew. */
export const goOn: Change = (job, at) => (job.inDoubt ? lookAgain : tryAgain)(job, at);

/** A person looked on the other side: it exists there, or it does not and may be sent. */
export function decide(
  answer: { readonly exists: true; readonly receipt: Receipt } | { readonly exists: false },
): Change {
  return (job, at) => {
    if (job.state !== 'held' || !job.inDoubt) throw new OutboxRefusal('REFUSED', 'Its outcome is not in doubt');
    const clear = { ...job, inDoubt: false, lookups: 0, doubtSince: null, lastFailure: null };
    if (answer.exists) return { ...clear, state: 'delivered', receipt: answer.receipt, settledAt: at };
    return { ...clear, state: 'queued', attempts: 0, runAt: at, receipt: null };
  };
}

/** The connection works again: what waited for it starts by priority, spread over 10 s (R17). */
export async function releaseConnection(
  tx: Tx,
  clock: Clock,
  organisationId: string,
  connectionId: string,
): Promise<void> {
  const at = clock.now();
  const [found] = await runStatement(tx, unparkConnection(organisationId, connectionId, at));
  if (!found) throw new OutboxRefusal('NOT_FOUND', 'There is no such connection');
  await runStatement(tx, spreadJobs(connectionId, at, releaseSpreadMs));
}

/** After a restore: every unfinished job waits for a person (BAK-07). */
export async function holdEverything(tx: Tx, clock: Clock, reason: string): Promise<void> {
  const failure: Failure = { kind: 'needs-attention', code: 'outcome-unknown', scope: 'job', message: reason };
  await runStatement(tx, holdUnfinished(JSON.stringify(failure), clock.now()));
}
