import type { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { SmtpClient, SmtpServer } from '../../ports/smtp.ts';
import { adapterKit, type Context } from '../kit/adapter.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type EmailContext = Context<z.output<typeof settings>, z.output<typeof secrets>>;

export function relayOf({ settings: { host, port, security, user }, secrets: { password } }: EmailContext): SmtpServer {
  return { host, port, security, auth: user === '' || password === undefined ? null : { user, password } };
}

export function smtpOf(ctx: EmailContext): SmtpClient {
  if (ctx.smtp) return ctx.smtp;
  throw new NeedsAttentionError('misconfigured', 'This host sends no mail', { scope: 'connection' });
}
