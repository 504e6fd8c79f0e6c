import { createRequire } from 'node:module';
import { connect, isIP, type Socket } from 'node:net';
import {
  type IntegrationError,
  NeedsAttentionError,
  PermanentError,
  RetryableError,
} from '../../src-shared/domain/failure.ts';
import type { Redactor } from '../ports/secrets.ts';
import type { OutgoingMail, SmtpClient, SmtpServer } from '../ports/smtp.ts';
import { type Lines, straight } from './network.ts';
import { checkedHost, pinnedLookup, type Resolve, type ResolvedAddress, systemResolve } from './public-address.ts';

const load = createRequire(import.meta.url);

/** The library's own are 2 and 10 minutes: useless on a wedding day (R18). */
const limits = { connectMs: 3_000, greetingMs: 5_000, silentMs: 10_000 } as const;

export interface SmtpOptions {
  readonly redactor: Pick<Redactor, 'redact'>;
  readonly resolve?: Resolve;
  /** Relays an administrator allowed although they are internal (SEC-36). */
  readonly allowInternal?: (host: string) => boolean;
  /** Extra certificate authority, PEM; tests and practice. Verification itself cannot be switched off. */
  readonly ca?: string;
  /** Where the relay really is; practice plays every relay on loopback. The name is still what the certificate must show. */
  readonly at?: { readonly address: string; readonly port: number };
  /** Whose certificates are trusted; mail itself goes straight to its relay. */
  readonly lines?: Pick<Lines, 'trust'>;
}

/** Mail by SMTP: TLS 1.2 or newer always, addresses checked and pinned at every attempt, one connection a mail. */
export function createSmtp(options: SmtpOptions): SmtpClient {
  const { redactor, resolve = systemResolve, allowInternal = () => false, ca, at, lines = straight } = options;

  async function using<T>(
    server: SmtpServer,
    signal: AbortSignal,
    work: (transport: Awaited<ReturnType<typeof transportTo>>) => Promise<T>,
  ): Promise<T> {
    if (signal.aborted) throw new RetryableError('network', 'Cancelled before it was sent');
    lines.trust();
    const places = at === undefined && !allowInternal(server.host) ? await checkedHost(server.host, resolve) : null;
    const address = at?.address ?? server.host;
    const connection = await connected({ port: server.port, ...at, address }, places, server, signal);
    const talk = watched();
    const transport = await transportTo(server, { address: places?.[0]?.address ?? address, connection }, ca, talk);
    const stop = () => transport.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await work(transport);
    } catch (thrown) {
      throw failureOf(thrown, server, talk.mailBegun, (text) => redactor.redact(text));
    } finally {
      signal.removeEventListener('abort', stop);
      transport.close();
    }
  }

  return {
    send: (server, mail, signal) =>
      using(server, signal, async (transport) => {
        const info = await transport.sendMail({ ...composed(mail), signal });
        return {
          response: redactor.redact(info.response).slice(0, 300),
          serverMessageId: typeof info.serverMessageId === 'string' ? info.serverMessageId : null,
        };
      }),
    verify: (server, signal) =>
      using(server, signal, async (transport) => {
        await transport.verify();
      }),
  };
}

/**
 * A line to the relay: to one of the checked addresses, whichever family answers first (FT-48), or to where it was told
 * to be. Nothing was sent on it.
 */
function connected(
  { address, port }: { readonly address: string; readonly port: number },
  places: readonly ResolvedAddress[] | null,
  { host }: SmtpServer,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      timeout: limits.connectMs,
      autoSelectFamily: true,
      ...(places === null ? {} : { lookup: pinnedLookup(places) }),
    });
    const stop = () => socket.destroy(new Error('cancelled'));
    const settle = () => {
      signal.removeEventListener('abort', stop);
      socket.removeAllListeners();
      socket.setTimeout(0);
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.once('timeout', () => socket.destroy(new Error(`no connection within ${limits.connectMs} ms`)));
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      settle();
      reject(new RetryableError('network', `${host}: ${cause.code ?? cause.message}; nothing was sent`, { cause }));
    });
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
  });
}

async function transportTo(
  { host, port, security, auth }: SmtpServer,
  place: { readonly address: string; readonly connection: Socket },
  ca: string | undefined,
  talk: Talk,
) {
  // Most consoles send no mail by themselves. Imported, it would bring Node's own fetch with it.
  const { createTransport } = load('nodemailer') as typeof import('nodemailer');
  return createTransport({
    host: place.address,
    port,
    connection: place.connection,
    secure: security === 'implicit',
    requireTLS: security === 'starttls',
    ...(auth === null ? {} : { auth: { user: auth.user, pass: auth.password } }),
    // The address was checked and pinned; the certificate is still checked against the name a person entered.
    ...(isIP(host) ? {} : { servername: host }),
    tls: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(isIP(host) ? {} : { servername: host }),
      ...(ca === undefined ? {} : { ca }),
    },
    greetingTimeout: limits.greetingMs,
    socketTimeout: limits.silentMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    // Not for a log: the one way to see how far the talk has come.
    logger: talk.logger,
    transactionLog: true,
  });
}

interface Talk {
  /** The relay was asked to take the letter itself; before that it cannot have it (R15). */
  readonly mailBegun: boolean;
  readonly logger: Readonly<
    Record<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal', (...said: unknown[]) => void>
  >;
}

function watched(): Talk {
  const silent = () => undefined;
  let mailBegun = false;
  return {
    get mailBegun() {
      return mailBegun;
    },
    logger: {
      trace: silent,
      info: silent,
      warn: silent,
      error: silent,
      fatal: silent,
      debug(entry, line) {
        const { tnx } = (entry ?? {}) as { readonly tnx?: unknown };
        if (tnx === 'client' && line === 'DATA') mailBegun = true;
      },
    },
  };
}

function composed(mail: OutgoingMail) {
  const [first] = mail.references;
  return {
    from: mail.from,
    to: mail.to,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    messageId: mail.messageId,
    ...(first === undefined ? {} : { inReplyTo: mail.references.at(-1) ?? first, references: [...mail.references] }),
    ...(mail.urgent ? { priority: 'high' as const } : {}),
    headers: { ...mail.headers },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

interface Trouble {
  readonly code: string;
  readonly permanent: boolean | null;
  readonly status: number | null;
  readonly said: string;
  readonly original: string;
}

function troubleOf(thrown: unknown): Trouble {
  const error = (thrown ?? {}) as Readonly<Record<string, unknown>>;
  const word = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    code: word(error.code),
    permanent: typeof error.permanent === 'boolean' ? error.permanent : null,
    status: typeof error.responseCode === 'number' ? error.responseCode : null,
    said: word(error.response) || word(error.message) || 'No reason given',
    original: word(error.originalCode),
  };
}

const certificateTrouble = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|TLSV1|SSL/;

function failureOf(
  thrown: unknown,
  { host }: SmtpServer,
  mailBegun: boolean,
  redact: (text: string) => string,
): unknown {
  const trouble = troubleOf(thrown);
  const { code, status } = trouble;
  const said = redact(trouble.said).replace(/\s+/g, ' ').slice(0, 300);
  const attention = (why: 'auth' | 'misconfigured', message: string, hint: string): IntegrationError =>
    new NeedsAttentionError(why, message, { hint, scope: 'connection', cause: thrown });

  if (code === 'ETLS' || code === 'EREQUIRETLS' || certificateTrouble.test(`${trouble.original} ${trouble.code}`)) {
    return attention(
      'misconfigured',
      `No safe line to ${host}: ${said}`,
      'Check the relay’s certificate, port and TLS setting. Mail is never sent without TLS.',
    );
  }
  if (['EAUTH', 'ENOAUTH', 'EOAUTH2'].includes(code) || (status !== null && [530, 534, 535, 538].includes(status))) {
    if (trouble.permanent === false)
      return new RetryableError('busy', `${host} cannot check the sign-in now: ${said}`, { cause: thrown });
    return attention('auth', `${host} did not accept the sign-in: ${said}`, 'Enter user name and password again.');
  }
  if (status !== null && trouble.permanent === true) {
    return new PermanentError(
      status === 552 || (status === 554 && /size|large/i.test(said)) ? 'too-large' : 'rejected',
      `${host} refused it: ${said}`,
      { cause: thrown },
    );
  }
  if (status !== null) return new RetryableError('busy', `${host} asked us to come back: ${said}`, { cause: thrown });
  if (['EDNS', 'ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EABORT', 'EPROTOCOL', 'ESTREAM'].includes(code)) {
    return new RetryableError(mailBegun ? 'timeout' : 'network', `${host}: ${said}`, { cause: thrown });
  }
  // Whatever has no code of the library is ours: a refusal of the address check, or a defect.
  return thrown;
}
