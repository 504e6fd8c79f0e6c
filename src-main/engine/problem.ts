import type { Problem } from '../../src-shared/contract/base.ts';

export type ProblemCode = 'REFUSED' | 'NOT_FOUND' | 'NOT_ALLOWED' | 'UNAVAILABLE';

/**
 * A refusal a person can read. Capabilities throw it; every host shows it the same way, because the handler base turns it
 * into the contract's typed error and nothing else about it crosses a process.
 */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly problem: Problem;

  constructor(code: ProblemCode, problem: Problem) {
    super(problem.happened);
    this.name = 'ProblemError';
    this.code = code;
    this.problem = problem;
  }
}

/** Understood and refused by a rule: four eyes, a frozen batch, a stale version. */
export const refused = (problem: Problem) => new ProblemError('REFUSED', problem);
export const notFound = (problem: Problem) => new ProblemError('NOT_FOUND', problem);
/** The role or the access level does not allow it. */
export const notAllowed = (problem: Problem) => new ProblemError('NOT_ALLOWED', problem);
