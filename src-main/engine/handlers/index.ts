import type { Router } from '@orpc/server';
import type { Contract } from '../../../src-shared/contract/index.ts';
import type { CallContext } from './base.ts';

/** Everything a host can call; a missing or extra handler does not compile. */
export type ConsoleRouter = Router<Contract, CallContext>;
