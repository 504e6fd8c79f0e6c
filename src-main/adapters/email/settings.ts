import { z } from 'zod';

/** `WedSync Alerts <alerts@example.org>` or the bare address. null: neither. */
export function senderOf(
  text: string,
): { readonly name: string; readonly address: string; readonly domain: string } | null {
  const [, name = '', inBrackets] = /^([^<>\r\n]{0,100})<([^<>\s]+)>$/.exec(text.trim()) ?? [];
  const address = inBrackets ?? text.trim();
  if (!z.email().safeParse(address).success) return null;
  return { name: name.trim().replace(/^"|"$/g, ''), address, domain: address.slice(address.lastIndexOf('@') + 1) };
}

const hostName = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z][A-Za-z0-9-]{0,62}$/;

export const settings = z.object({
  host: z
    .string()
    .trim()
    .regex(hostName, 'a host name such as smtp.example.org')
    .meta({ label: 'Mail relay', help: 'email.md#relay', control: 'text', protected: true, env: 'SMTP_HOST' }),
  security: z
    .enum(['implicit', 'starttls'])
    .default('implicit')
    .meta({ label: 'TLS: from the first byte, or STARTTLS', help: 'email.md#tls', control: 'select' }),
  port: z
    .union([z.literal(465), z.literal(587), z.literal(25), z.literal(2465), z.literal(2587), z.literal(2525)])
    .default(465)
    .meta({ label: 'Port', help: 'email.md#tls', control: 'number', protected: true }),
  user: z.string().trim().max(200).default('').meta({ label: 'User name', help: 'email.md#sign-in', control: 'text' }),
  from: z
    .string()
    .trim()
    .refine((text) => senderOf(text) !== null, 'an address, or Name <address>')
    .meta({ label: 'Sender', help: 'email.md#sender', control: 'text' }),
});

export const secrets = z.object({
  password: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ label: 'Password', help: 'email.md#sign-in', env: 'SMTP_PASSWORD' }),
});
