import { z } from 'zod';

export const settings = z.object({
  mode: z
    .enum(['off', 'zapier'])
    .default('off')
    .meta({ label: 'Road to HoneyBook', help: 'honeybook.md#roads', control: 'select' }),
});

/** The address is a capability: whoever has it may send. Each vendor has one of their own; this serves those without. */
export const secrets = z.object({
  hookUrl: z
    .string()
    .regex(
      /^https:\/\/hooks\.zapier\.com\/hooks\/catch\/\S+$/,
      'An address of Webhooks by Zapier, https://hooks.zapier.com/hooks/catch/…',
    )
    .optional()
    .meta({
      label: 'Catch Hook address, for vendors without their own',
      help: 'honeybook.md#zapier',
      env: 'HONEYBOOK_ZAPIER_HOOK',
    }),
});
