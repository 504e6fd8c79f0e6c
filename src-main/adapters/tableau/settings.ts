import { z } from 'zod';

export const settings = z.object({
  address: z
    .url({ protocol: /^https$/ })
    .default('https://10ax.online.tableau.com')
    .meta({
      label: 'Address of your Tableau',
      help: 'tableau.md#address',
      control: 'url',
      protected: true,
      env: 'TABLEAU_SERVER_URL',
    }),
  site: z
    .string()
    .trim()
    .max(200)
    .regex(/^[\w-]*$/, 'is the part of the web address behind /site/')
    .default('wedsync')
    .meta({ label: 'Site', help: 'tableau.md#address', control: 'text', env: 'TABLEAU_SITE' }),
  tokenName: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .default('wedsync-console')
    .meta({ label: 'Name of the access token', help: 'tableau.md#token', control: 'text', env: 'TABLEAU_TOKEN_NAME' }),
  project: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .default('Ops')
    .meta({ label: 'Project', help: 'tableau.md#project', control: 'text' }),
  source: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .default('WedSync Ops KPIs')
    .meta({ label: 'Data sources are called', help: 'tableau.md#project', control: 'text' }),
});

export const secrets = z.object({
  tokenSecret: z
    .string()
    .min(10)
    .max(300)
    .meta({ label: 'Secret of the access token', help: 'tableau.md#token', env: 'TABLEAU_TOKEN_SECRET' }),
});
