import { z } from 'zod';

export const settings = z.object({
  address: z
    .url({ protocol: /^https$/ })
    .default('https://wedsync.cloud.looker.com')
    .meta({
      label: 'Address of your Looker',
      help: 'looker.md#address',
      control: 'url',
      protected: true,
      env: 'LOOKER_BASE_URL',
    }),
  clientId: z
    .string()
    .trim()
    .regex(/^\w{10,60}$/, 'the client id of an API key')
    .default('wedsyncpracticekey01')
    .meta({ label: 'Client id', help: 'looker.md#keys', control: 'text', env: 'LOOKER_CLIENT_ID' }),
  model: z
    .string()
    .trim()
    .regex(/^\w{1,120}$/)
    .default('wedsync_ops')
    .meta({ label: 'LookML model', help: 'looker.md#model', control: 'text' }),
  datagroup: z
    .string()
    .trim()
    .regex(/^\w{1,120}$/)
    .default('ops_metrics_dg')
    .meta({ label: 'Datagroup', help: 'looker.md#model', control: 'text' }),
  callsPerMonth: z
    .number()
    .int()
    .min(100)
    .max(1_000_000)
    .default(1_000)
    .meta({ label: 'API calls a month your edition allows', help: 'looker.md#quota', control: 'number' }),
});

export const secrets = z.object({
  clientSecret: z
    .string()
    .min(10)
    .max(200)
    .meta({ label: 'Client secret', help: 'looker.md#keys', env: 'LOOKER_CLIENT_SECRET' }),
});
