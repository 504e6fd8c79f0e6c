import { z } from 'zod';

export const settings = z.object({
  region: z
    .enum(['from-key', 'eu', 'us'])
    .default('from-key')
    .meta({ label: 'Region of the account', help: 'newrelic.md#region', control: 'select', env: 'NEW_RELIC_REGION' }),
  accountId: z
    .string()
    .trim()
    .regex(/^\d{0,12}$/, 'is the number of the account')
    .default('')
    .meta({
      label: 'Account number (reading back)',
      help: 'newrelic.md#reading-back',
      control: 'text',
      env: 'NEW_RELIC_ACCOUNT_ID',
    }),
  protocol: z
    .enum(['metric-api', 'otlp'])
    .default('metric-api')
    .meta({ label: 'How metrics are sent', help: 'newrelic.md#protocol', control: 'select' }),
});

export const secrets = z.object({
  licenceKey: z
    .string()
    .regex(/^[0-9A-Za-z]{32,48}$/, 'is the ingest licence key, not a user key')
    .meta({ label: 'Licence key (ingest)', help: 'newrelic.md#keys', env: 'NEW_RELIC_API_KEY' }),
  userKey: z
    .string()
    .regex(/^NRAK-[0-9A-Z]{20,40}$/, 'starts with NRAK-')
    .optional()
    .meta({ label: 'User key (reading back)', help: 'newrelic.md#keys', env: 'NEW_RELIC_USER_KEY' }),
});
