import { z } from 'zod';
import { namedKeys } from '../kit/named-keys.ts';

const line = /^\s*([A-Za-z0-9_-]{1,64})\s*=\s*(https:\/\/\S{1,1000})\s*$/;

/** `status = https://…` a line: every target this organisation sends to. null when a line has another form. */
export function targetsOf(text: string): ReadonlyMap<string, string> | null {
  const targets = new Map<string, string>();
  for (const each of text.split('\n').filter((one) => one.trim() !== '')) {
    const [, id, address] = line.exec(each) ?? [];
    if (id === undefined || address === undefined || targets.has(id) || !URL.canParse(address)) return null;
    const url = new URL(address);
    if (url.username !== '' || url.password !== '' || url.hash !== '') return null;
    targets.set(id, url.href);
  }
  return targets;
}

/** `whsec_` and 24 to 64 random bytes in base64. */
const secretForm = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;
export const signingKeysOf = (text: string | undefined): ReadonlyMap<string, string> =>
  namedKeys(text ?? '', secretForm) ?? new Map();
const keys = z
  .string()
  .max(8_000)
  .refine((text) => signingKeysOf(text).size > 0, 'whsec_…, or target=whsec_… for several');

export const settings = z.object({
  targets: z
    .string()
    .max(20_000)
    .refine((text) => (targetsOf(text)?.size ?? 0) > 0, 'one target a line, "name = https://…"')
    .meta({ label: 'Targets', help: 'webhook.md#targets', control: 'multiline' }),
  oldKeysUntil: z
    .union([z.literal(''), z.iso.datetime()])
    .default('')
    .meta({ label: 'Old signing keys valid until (UTC)', help: 'webhook.md#changing-the-key', control: 'text' }),
});

export const secrets = z.object({
  signingKeys: keys.meta({ label: 'Signing key', help: 'webhook.md#signing-key', env: 'WEBHOOK_SIGNING_KEY' }),
  oldSigningKeys: keys.optional().meta({
    label: 'Old signing key, while it is changed',
    help: 'webhook.md#changing-the-key',
    env: 'WEBHOOK_OLD_SIGNING_KEY',
  }),
});
