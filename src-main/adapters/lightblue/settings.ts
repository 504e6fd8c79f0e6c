import { z } from 'zod';

export const settings = z.object({
  mode: z
    .enum(['inbox', 'pages'])
    .default('inbox')
    .meta({ label: 'Road to Light Blue', help: 'lightblue.md#roads', control: 'select' }),
  termsAccepted: z.boolean().default(false).meta({
    label: 'Each vendor driven by pages has agreed in writing, and Light Blue’s terms were read',
    help: 'lightblue.md#driving-pages',
    control: 'switch',
  }),
});

export const secrets = z.object({
  apiKey: z.string().min(4).optional().meta({
    label: 'API key of one account, for vendors without their own',
    help: 'lightblue.md#api-key',
    env: 'LIGHTBLUE_API_KEY',
  }),
});
