import { z } from 'zod';

export const settings = z.object({
  clientId: z
    .string()
    .trim()
    .regex(/^[0-9A-Za-z]{8,128}$/, 'A client id is letters and digits only')
    .default('PRACTICEFRESHBOOKSCLIENT0001')
    .meta({
      label: 'Client id of your FreshBooks app',
      help: 'freshbooks.md#your-app',
      control: 'text',
      protected: true,
      env: 'FRESHBOOKS_CLIENT_ID',
    }),
  redirectUrl: z
    .url({ protocol: /^https$/, error: 'An https address is needed: FreshBooks takes no other' })
    .regex(/^[^?#]*$/, 'The address carries no ? and no #')
    .default('https://ops.bluebell.example/freshbooks')
    .meta({
      label: 'Redirect page registered with FreshBooks',
      help: 'freshbooks.md#redirect-page',
      control: 'url',
      protected: true,
      env: 'FRESHBOOKS_REDIRECT_URL',
    }),
  postAs: z.enum(['bills', 'expenses']).default('bills').meta({
    label: 'Post as bills to be paid, or as expenses already paid',
    help: 'freshbooks.md#bills-or-expenses',
    control: 'select',
  }),
  staffId: z
    .string()
    .regex(/^\d{1,12}$/, 'A number')
    .default('1')
    .meta({
      label: 'Staff number that expenses are booked under',
      help: 'freshbooks.md#bills-or-expenses',
      control: 'text',
    }),
});
export type Settings = z.output<typeof settings>;

export const secrets = z.object({
  clientSecret: z.string().min(8).meta({
    label: 'Client secret of your FreshBooks app',
    help: 'freshbooks.md#your-app',
    env: 'FRESHBOOKS_CLIENT_SECRET',
  }),
});
