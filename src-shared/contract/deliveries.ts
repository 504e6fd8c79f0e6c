import { z } from 'zod';
import { command, InOrganisation, page, query } from './base.ts';

export const DeliveryView = z.object({
  id: z.string(),
  system: z.string(),
  action: z.string(),
  state: z.enum(['queued', 'sending', 'delivered', 'held', 'failed', 'cancelled']),
  inDoubt: z.boolean(),
  attempts: z.number().int(),
  createdAt: z.string(),
  nextAttemptAt: z.string().nullable(),
  lastError: z.string().nullable(),
});
export type DeliveryView = z.infer<typeof DeliveryView>;

export const deliveries = {
  /** Unsettled work first; with `state`, only that state. */
  list: query
    .input(
      InOrganisation.extend({
        state: DeliveryView.shape.state.optional(),
        system: z.string().optional(),
        after: z.string().nullable().default(null),
      }),
    )
    .output(page(DeliveryView)),
  /** Held or failed work goes back to the queue; attempts start again at zero. */
  retry: command.input(InOrganisation.extend({ id: z.string() })).output(DeliveryView),
};
