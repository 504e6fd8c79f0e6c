import { z } from 'zod';

export const settings = z.object({
  clientId: z
    .string()
    .trim()
    .regex(/^[0-9A-Za-z]{8,64}$/, 'A client id is letters and digits only')
    .default('PRACTICEQUICKBOOKSCLIENT0001')
    .meta({
      label: 'Client id of your Intuit app',
      help: 'quickbooks.md#your-app',
      control: 'text',
      protected: true,
      env: 'QUICKBOOKS_CLIENT_ID',
    }),
  redirectUrl: z
    .url({ protocol: /^https$/, error: 'An https address is needed: Intuit takes no other' })
    .regex(/^[^?#]*$/, 'The address carries no ? and no #')
    .default('https://ops.bluebell.example/quickbooks')
    .meta({
      label: 'Redirect page registered with Intuit',
      help: 'quickbooks.md#redirect-page',
      control: 'url',
      protected: true,
      env: 'QUICKBOOKS_REDIRECT_URL',
    }),
  companies: z.enum(['production', 'sandbox']).default('production').meta({
    label: 'Which companies: production, or Intuit’s sandbox with development keys',
    help: 'quickbooks.md#your-app',
    control: 'select',
    protected: true,
  }),
});

export const secrets = z.object({
  clientSecret: z.string().min(8).meta({
    label: 'Client secret of your Intuit app',
    help: 'quickbooks.md#your-app',
    env: 'QUICKBOOKS_CLIENT_SECRET',
  }),
});
