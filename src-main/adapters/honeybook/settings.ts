import { z } from 'zod';

/** Https alone; where it leads is checked at every attempt (SEC-36). */
const address = z.union([z.literal(''), z.url({ protocol: /^https$/ })]).default('');
const path = z
  .string()
  .regex(/^(\/[^?#\s]*)?$/, 'a path such as /v1/me')
  .max(500)
  .default('');

export const settings = z.object({
  mode: z
    .enum(['off', 'zapier', 'oauth2'])
    .default('off')
    .meta({ label: 'Road to HoneyBook', help: 'honeybook.md#roads', control: 'select' }),
  authorizeUrl: address.meta({ label: 'Partners: address of the sign-in page', help: 'honeybook.md#partners' }),
  tokenUrl: address.meta({ label: 'Partners: address for tokens', help: 'honeybook.md#partners' }),
  clientId: z.string().max(500).default('').meta({ label: 'Partners: client id', help: 'honeybook.md#partners' }),
  scopes: z.string().max(1_000).default('').meta({ label: 'Partners: scopes', help: 'honeybook.md#partners' }),
  apiUrl: address.meta({ label: 'Partners: address of the API', help: 'honeybook.md#partners' }),
  probePath: path.meta({ label: 'Partners: path that only looks', help: 'honeybook.md#partners' }),
  recordPath: path
    .refine(
      (text) => text === '' || (text.includes('{vendor}') && text.includes('{period}')),
      'with {vendor} and {period}',
    )
    .meta({ label: 'Partners: path of a record, with {vendor} and {period}', help: 'honeybook.md#partners' }),
});
export type Settings = z.infer<typeof settings>;

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
