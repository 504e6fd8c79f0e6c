import { z } from 'zod';

export const settings = z.object({
  host: z
    .string()
    .trim()
    .regex(/^(?=.{1,253}$)[A-Za-z0-9][A-Za-z0-9.:-]*$/, 'a host name such as warehouse.example.org')
    .meta({ label: 'Host', help: 'warehouse.md#address', control: 'text', protected: true, env: 'WAREHOUSE_HOST' }),
  port: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(5_432)
    .meta({ label: 'Port', help: 'warehouse.md#address', control: 'number', protected: true }),
  database: z
    .string()
    .trim()
    .min(1)
    .max(63)
    .default('warehouse')
    .meta({ label: 'Database', help: 'warehouse.md#address', control: 'text', env: 'WAREHOUSE_DATABASE' }),
  schema: z
    .string()
    .trim()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'small letters, digits and underscores')
    .default('ops_metrics')
    .meta({ label: 'Schema of the console', help: 'warehouse.md#schema', control: 'text' }),
  user: z
    .string()
    .trim()
    .min(1)
    .max(63)
    .default('wedsync_loader')
    .meta({ label: 'User', help: 'warehouse.md#rights', control: 'text', env: 'WAREHOUSE_USER' }),
  tls: z
    .enum(['verify', 'off'])
    .default('verify')
    .meta({ label: 'TLS: checked, or off on this machine only', help: 'warehouse.md#tls', control: 'select' }),
  ca: z
    .string()
    .trim()
    .max(20_000)
    .refine((text) => text === '' || text.startsWith('-----BEGIN CERTIFICATE-----'), 'a certificate in PEM form')
    .default('')
    .meta({ label: 'Certificate of your own authority (PEM)', help: 'warehouse.md#tls', control: 'multiline' }),
});

export const secrets = z.object({
  password: z
    .string()
    .min(1)
    .max(500)
    .meta({ label: 'Password', help: 'warehouse.md#rights', env: 'WAREHOUSE_PASSWORD' }),
});
