import { ORPCError } from '@orpc/client';
import { Problem } from '../../src-shared/contract/base.ts';

/** A refusal the engine put into words, with the code that names its kind. */
export interface ShownProblem extends Problem {
  readonly code: string;
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

const unauthorised: ShownProblem = {
  code: 'UNAUTHORIZED',
  happened: 'This page is not signed in to the agent.',
  means: 'The agent was started again, or the address was opened without its token.',
  remedy: 'Open the address the agent printed when it started.',
};
