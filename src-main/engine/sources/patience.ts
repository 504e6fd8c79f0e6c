import { IntegrationError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { ProblemError } from '../problem.ts';

const tries = 5;
const longestWaitMs = 60_000;

/** Asks again where that may help, as long as the vendor wants; what a person must mend is told at once. */
export function patience(
  { clock, random }: Runtime,
  problemOf: (name: string, error: IntegrationError) => ProblemError,
  signal?: AbortSignal,
) {
  return async function patiently<T>(name: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (thrown) {
        if (!(thrown instanceof IntegrationError)) throw thrown;
        if (!(thrown instanceof RetryableError) || attempt === tries || signal?.aborted) throw problemOf(name, thrown);
        const usual = 1_000 * 2 ** attempt * (0.5 + random.next() / 2);
        await clock.sleep(Math.min(thrown.detail.retryAfterMs ?? usual, longestWaitMs), signal);
      }
    }
  };
}
