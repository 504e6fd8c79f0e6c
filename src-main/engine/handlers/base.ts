import type { ContractRouter } from '@orpc/contract';
import { type ImplementerInternalWithMiddlewares, implement, ORPCError, os, ValidationError } from '@orpc/server';
import type { Access, Problem } from '../../../src-shared/contract/base.ts';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import type { Logger } from '../../ports/runtime.ts';
import { SecretsNotReady } from '../../ports/secrets.ts';
import { ProblemError } from '../problem.ts';

export { notFound, refused } from '../problem.ts';

/** Who is calling, through what. `access` is the coarse gate of the channel; roles are decided by the capability. */
export interface Caller {
  readonly via: 'window' | 'http' | 'cli';
  readonly access: Access;
  /** The person this caller acts for; null: whoever is current on this machine. */
  readonly personId: string | null;
}

/** What every handler receives as `context`. */
export interface CallContext {
  readonly caller: Caller;
  /** Ties the answer, the log line and the audit entry of one call together. */
  readonly correlationId: string;
  readonly log: Logger;
}

const rank: Readonly<Record<Access, number>> = { read: 0, operate: 1, admin: 2 };

/**
 * Around every handler. Checks the access level of the procedure's `.meta`, and turns what a capability throws into the
 * contract's typed errors; anything unexpected is logged and leaves as a correlation id alone.
 */
const guarded = os.$context<CallContext>().middleware(async ({ context, next, path, procedure }) => {
  const needed = (procedure['~orpc'].meta as { readonly access: Access }).access;
  // Asked this way round, a call without a level is refused.
  if (!(rank[context.caller.access] >= rank[needed])) {
    throw new ORPCError('NOT_ALLOWED', {
      status: 403,
      data: {
        happened: 'This caller may not do that.',
        means: `It needs "${needed}" access; this connection has "${context.caller.access}".`,
        remedy: 'Use the window, or a command on the machine that runs the console.',
      } satisfies Problem,
    });
  }
  try {
    return await next();
  } catch (thrown) {
    throw explained(thrown, path.join('.'), context);
  }
});

type Screens = Readonly<Record<string, ContractRouter<{ access: Access }>>>;

/**
 * The one way from a contract to its handlers, so that none can leave the guard out. A contract without access levels does
 * not compile.
 */
export function implementGuarded<T extends Screens>(
  screens: T,
): ImplementerInternalWithMiddlewares<T, CallContext, CallContext>;
// The library's types follow a concrete contract only; what a caller sees is the line above.
export function implementGuarded(screens: Screens): unknown {
  return implement(screens).$context<CallContext>().use(guarded);
}

const statuses = { REFUSED: 422, NOT_FOUND: 404, NOT_ALLOWED: 403, UNAVAILABLE: 503 } as const;

function explained(thrown: unknown, path: string, context: CallContext): ORPCError<string, unknown> {
  if (thrown instanceof ProblemError) {
    return new ORPCError(thrown.code, {
      status: statuses[thrown.code],
      message: thrown.problem.happened,
      data: thrown.problem,
    });
  }
  if (thrown instanceof IntegrationError) {
    const { message, hint } = thrown.toFailure();
    const problem: Problem = { happened: message, ...(hint === undefined ? {} : { remedy: hint }) };
    // What an outside system answers is a refusal of this call; only our own keychain makes the console unavailable.
    const code = thrown instanceof SecretsNotReady ? 'UNAVAILABLE' : 'REFUSED';
    return new ORPCError(code, { status: statuses[code], message, data: problem });
  }
  // Bad input is the caller's to mend; a bad output is ours, and is logged like any other defect.
  if (thrown instanceof ORPCError && !(thrown.cause instanceof ValidationError && thrown.status >= 500)) return thrown;
  context.log.error('call.failed', {
    path,
    correlationId: context.correlationId,
    error: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
    at: thrown instanceof Error ? (thrown.stack ?? '').split('\n').slice(1, 4).join(' | ') : '',
  });
  return new ORPCError('INTERNAL_SERVER_ERROR', {
    status: 500,
    message: 'Something went wrong inside the console.',
    data: { correlationId: context.correlationId },
  });
}
