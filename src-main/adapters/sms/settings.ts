import { z } from 'zod';

export const settings = z.object({
  accountSid: z
    .string()
    .trim()
    .regex(/^AC[0-9a-fA-F]{32}$/, 'AC and 32 hexadecimal digits')
    .meta({
      label: 'Account SID',
      help: 'sms.md#account',
      control: 'text',
      protected: true,
      env: 'TWILIO_ACCOUNT_SID',
    }),
  sender: z
    .string()
    .trim()
    .regex(
      /^(MG[0-9a-fA-F]{32}|\+[1-9]\d{6,14}|(?=.*[A-Za-z])[A-Za-z0-9 ]{2,11})$/,
      'a Messaging Service (MG…), a number (+44…) or a name of at most 11 letters',
    )
    .meta({ label: 'Sender', help: 'sms.md#sender', control: 'text', env: 'TWILIO_SENDER' }),
  validitySeconds: z
    .number()
    .int()
    .min(60)
    .max(3_600)
    .default(600)
    .meta({ label: 'Give up after (seconds)', help: 'sms.md#validity', control: 'number' }),
  statusCallback: z
    .union([z.literal(''), z.url({ protocol: /^https$/, hostname: /^[^_]+$/ })])
    .default('')
    .meta({ label: 'Status callback (only with a public address)', help: 'sms.md#states', control: 'url' }),
});

export const secrets = z.object({
  key: z
    .string()
    .regex(/^(SK|AC)[0-9a-fA-F]{32}$/, 'SK and 32 hexadecimal digits')
    .meta({ label: 'API key SID', help: 'sms.md#api-key', env: 'TWILIO_API_KEY' }),
  keySecret: z
    .string()
    .min(16)
    .max(200)
    .meta({ label: 'API key secret', help: 'sms.md#api-key', env: 'TWILIO_API_SECRET' }),
});
