import { z } from 'zod';
import { namedKeys } from '../kit/named-keys.ts';

const routingKey = /^[A-Za-z0-9]{32}$/;

export const routingKeysOf = (text: string): ReadonlyMap<string, string> => namedKeys(text, routingKey) ?? new Map();

export const settings = z.object({
  region: z
    .enum(['us', 'eu'])
    .default('us')
    .meta({ label: 'Service region', help: 'pagerduty.md#region', control: 'select', protected: true }),
  consoleAddress: z
    .union([z.literal(''), z.url({ protocol: /^https$/ })])
    .default('')
    .meta({ label: 'Address of the console for the link', help: 'pagerduty.md#link', control: 'url' }),
});

export const secrets = z.object({
  routingKeys: z
    .string()
    .max(4_000)
    .refine((text) => routingKeysOf(text).size > 0, '32 letters and digits, or name=key for several')
    .meta({
      label: 'Integration key (Events API v2)',
      help: 'pagerduty.md#integration-key',
      env: 'PAGERDUTY_ROUTING_KEY',
    }),
  apiToken: z.string().min(10).max(200).optional().meta({
    label: 'REST API key (to hear acknowledgements)',
    help: 'pagerduty.md#rest-key',
    env: 'PAGERDUTY_API_TOKEN',
  }),
});
