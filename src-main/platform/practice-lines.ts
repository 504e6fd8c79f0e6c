import { z } from 'zod';
import { NeedsAttentionError, RetryableError } from '../../src-shared/domain/failure.ts';
import type { HttpClient } from '../ports/http.ts';
import type { Redactor } from '../ports/secrets.ts';
import type { SmtpClient } from '../ports/smtp.ts';
import type { SocketClient } from '../ports/socket.ts';
import { isLoopbackHost } from './public-address.ts';
import { createSmtp } from './smtp.ts';

const Listeners = z.object({
  email: z.object({ implicit: z.number(), starttls: z.number(), ca: z.string() }).optional(),
});

/**
 * SMTP of practice mode (X9): every relay is the sandbox's own on loopback, reached with real TLS; its certificate
 * authority is trusted here and nowhere else. The sandbox is asked each time, since it may have been started anew.
 */
export function createPracticeSmtp(options: {
  readonly http: HttpClient;
  readonly sandboxUrl: string;
  readonly redactor: Pick<Redactor, 'redact'>;
}): SmtpClient {
  const origin = loopback(options.sandboxUrl);

  async function client(security: 'implicit' | 'starttls', signal: AbortSignal): Promise<SmtpClient> {
    const reply = await options.http.send({ method: 'GET', url: `${origin}/_listeners`, signal });
    const told = Listeners.safeParse(reply.json);
    const email = told.success ? told.data.email : undefined;
    if (email === undefined) throw new RetryableError('network', 'The sandbox plays no mail relay');
    const { redactor } = options;
    return createSmtp({ redactor, ca: email.ca, at: { address: '127.0.0.1', port: email[security] } });
  }

  return {
    send: async (server, mail, signal) => (await client(server.security, signal)).send(server, mail, signal),
    verify: async (server, signal) => (await client(server.security, signal)).verify(server, signal),
  };
}

/** WebSockets of practice mode: `wss://HOST/PATH` goes to the sandbox, everything else is refused. */
export function createPracticeSockets(options: {
  readonly sockets: SocketClient;
  readonly sandboxUrl: string;
}): SocketClient {
  const origin = loopback(options.sandboxUrl).replace(/^http/, 'ws');
  return {
    async talk(address, handlers, signal) {
      const url = URL.canParse(address) ? new URL(address) : null;
      if (url?.protocol !== 'wss:' || url.username !== '') {
        throw new NeedsAttentionError('misconfigured', 'Practice mode reaches nothing but its own sandbox');
      }
      return options.sockets.talk(`${origin}/${url.hostname}${url.pathname}${url.search}`, handlers, signal);
    },
  };
}

function loopback(url: string): string {
  const { hostname, origin } = new URL(url);
  if (!isLoopbackHost(hostname)) throw new Error('The sandbox must be on loopback');
  return origin;
}
