import { z } from 'zod';

export const settings = z.object({
  clientId: z
    .string()
    .trim()
    .regex(/^[0-9A-Za-z-]{8,64}$/)
    .default('00000000PRACTICE0000000000000000')
    .meta({
      label: 'Client id of your Xero app',
      help: 'xero.md#client-id',
      control: 'text',
      protected: true,
      env: 'XERO_CLIENT_ID',
    }),
});

/** A desktop app signs in with PKCE and has no secret; the tokens are kept by the sign-in itself. */
export const secrets = z.object({});
