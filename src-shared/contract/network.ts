import { z } from 'zod';
import { adminCommand, InOrganisation, query } from './base.ts';

/** How this computer reaches the outside: the same for every organisation on it. */
export const NetworkView = z.object({
  /** `system`: what the computer itself says. */
  proxy: z.enum(['none', 'system', 'address']),
  address: z.string(),
  user: z.string(),
  /** In the keychain; never shown. */
  passwordPresent: z.boolean(),
  /** Hosts reached without the proxy. */
  bypass: z.array(z.string()),
  /** Trusted beside those of the computer. */
  certificates: z.array(
    z.object({ subject: z.string(), issuer: z.string(), expiresAt: z.string(), expired: z.boolean() }),
  ),
  /** What is in force for a host on the internet: `host:port` of the proxy; null: straight. */
  through: z.string().nullable(),
  /** Why nothing can be sent as it stands; null: nothing known. */
  problem: z.string().nullable(),
});
export type NetworkView = z.infer<typeof NetworkView>;

export const NetworkProbe = z.object({
  ok: z.boolean(),
  host: z.string(),
  through: z.string().nullable(),
  /** Who vouches for the certificate that was shown. */
  issuer: z.string().nullable(),
  ms: z.number(),
  problem: z.string().nullable(),
  remedy: z.string().nullable(),
});
export type NetworkProbe = z.infer<typeof NetworkProbe>;

export const network = {
  view: query.input(InOrganisation).output(NetworkView),
  /** Left out: stays. In force at once. `certificates` is PEM text and takes the place of what was added before. */
  save: adminCommand
    .input(
      InOrganisation.extend({
        proxy: NetworkView.shape.proxy.optional(),
        address: z.string().max(300).optional(),
        user: z.string().max(200).optional(),
        /** Empty: forgets it. */
        password: z.string().max(500).optional(),
        bypass: z.array(z.string().max(300)).max(100).optional(),
        certificates: z.string().max(200_000).optional(),
      }),
    )
    .output(NetworkView),
  /** Opens a line to a public host, looks at its certificate and hangs up; nothing is sent. */
  probe: adminCommand.input(InOrganisation.extend({ host: z.string().min(1).max(253) })).output(NetworkProbe),
};
