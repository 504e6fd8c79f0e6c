import { z } from 'zod';

/** Microsoft makes no new push models after this day (announced with the end of real-time streaming). */
export const pushEndsOn = '31 October 2027';

export const settings = z.object({
  tenantId: z.uuid().meta({
    label: 'Directory (tenant) id',
    help: 'powerbi.md#sign-in',
    control: 'text',
    protected: true,
    env: 'POWERBI_TENANT_ID',
  }),
  clientId: z.uuid().meta({
    label: 'Application (client) id',
    help: 'powerbi.md#sign-in',
    control: 'text',
    env: 'POWERBI_CLIENT_ID',
  }),
  workspaceId: z.uuid().meta({ label: 'Workspace id', help: 'powerbi.md#workspace', control: 'text' }),
  mode: z
    .enum(['refresh', 'push'])
    .default('refresh')
    .meta({
      label: `How rows arrive (no new push models after ${pushEndsOn})`,
      help: 'powerbi.md#refresh-or-push',
      control: 'select',
    }),
  modelId: z
    .union([z.uuid(), z.literal('')])
    .default('')
    .meta({
      label: 'Semantic model id (push: may stay empty)',
      help: 'powerbi.md#workspace',
      control: 'text',
    }),
  capacity: z
    .enum(['shared', 'premium'])
    .default('shared')
    .meta({ label: 'Capacity of the workspace', help: 'powerbi.md#eight-a-day', control: 'select' }),
});

export const secrets = z.object({
  clientSecret: z
    .string()
    .min(10)
    .max(200)
    .meta({ label: 'Client secret', help: 'powerbi.md#sign-in', env: 'POWERBI_CLIENT_SECRET' }),
});
