import { z } from 'zod';

/** Sites share nothing: a key of one is refused by every other. */
export const sites = [
  'datadoghq.eu',
  'uk1.datadoghq.com',
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
] as const;

export const settings = z.object({
  site: z
    .enum(sites)
    .default('datadoghq.eu')
    .meta({ label: 'Datadog site', help: 'datadog.md#site', control: 'select', env: 'DATADOG_SITE' }),
  protocol: z
    .enum(['series', 'otlp'])
    .default('series')
    .meta({ label: 'How metrics are sent', help: 'datadog.md#protocol', control: 'select' }),
});

export const secrets = z.object({
  apiKey: z
    .string()
    .regex(/^[0-9A-Za-z_-]{20,80}$/, 'is the API key, not the application key')
    .meta({ label: 'API key', help: 'datadog.md#keys', env: 'DATADOG_API_KEY' }),
  appKey: z
    .string()
    .regex(/^[0-9A-Za-z_-]{20,80}$/, 'is the application key')
    .optional()
    .meta({ label: 'Application key (units and descriptions)', help: 'datadog.md#keys', env: 'DATADOG_APP_KEY' }),
});
