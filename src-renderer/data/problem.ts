import { ORPCError } from '@orpc/client';
import { Problem } from '../../src-shared/contract/base.ts';

/** A refusal the engine put into words, with the code that names its kind. */
export interface ShownProblem extends Problem {
  readonly code: string;
  /** Under which the console's log holds the cause. */
  readonly reference?: string;
}

export function isProblem(error: unknown): boolean {
  return error instanceof ORPCError && Problem.safeParse(error.data).success;
}

/** The four parts for any failure of a call. A host that does not answer is said as such, without guessing why. */
export function problemOf(error: unknown): ShownProblem {
  if (error instanceof ORPCError) {
    const parsed = Problem.safeParse(error.data);
    if (parsed.success) return { ...parsed.data, code: error.code };
    if (error.code === 'UNAUTHORIZED') return unauthorised;
    if (error.status >= 500) return { ...defect, code: error.code, ...referenceIn(error.data) };
    return {
      code: error.code,
      happened: 'The console could not do this.',
      means: error.message.slice(0, 300),
      doing: 'Nothing was changed.',
      remedy: 'Try again. If it happens again, copy the details for whoever looks after this console.',
    };
  }
  return {
    code: 'NO_ANSWER',
    happened: 'The engine of this console did not answer.',
    means: 'What you see may be out of date.',
    doing: 'The console keeps trying to reach it.',
    remedy: 'Check that the agent or the desktop app is running on this computer.',
  };
}

/** The engine failed without words of its own; what it threw stays in its log (SEC-17). */
const defect: Problem = {
  happened: 'Something went wrong inside the console.',
  means: 'The fault is the console’s own. Whether anything was changed is not certain: look before you do it again.',
  doing: 'It has written the cause to its log.',
  remedy: 'Try again. If it happens again, copy the details for whoever looks after this console.',
};

function referenceIn(data: unknown): { reference?: string } {
  const id = typeof data === 'object' && data !== null && 'correlationId' in data ? data.correlationId : null;
  return typeof id === 'string' ? { reference: id } : {};
}

const unauthorised: ShownProblem = {
  code: 'UNAUTHORIZED',
  happened: 'This page is not signed in to the agent.',
  means: 'The agent was started again, or the address was opened without its token.',
  remedy: 'Open the address the agent printed when it started.',
};
