import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient, InferContractRouterOutputs } from '@orpc/contract';
import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { QueryClient } from '@tanstack/react-query';
import type { Contract } from '../../src-shared/contract/index.ts';
import { isProblem } from './problem.ts';
import { createLink } from './transport.ts';

/** The engine, as the contract describes it. */
export const client: ContractRouterClient<Contract> = createORPCClient(createLink());

/** Query and mutation options per call. */
export const api = createTanstackQueryUtils(client);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      // A refusal stays a refusal; only a host that did not answer is asked again.
      retry: (failures, error) => !isProblem(error) && failures < 3,
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

/** What each call answers, by its path. */
export type ContractOutputs = InferContractRouterOutputs<Contract>;
