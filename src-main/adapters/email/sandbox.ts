import type { AddressInfo } from 'node:net';
import type { SMTPServer, SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import { makeCertificates } from '../../sandbox/certificate.ts';
import type { SandboxHub, SandboxListening, SandboxSystem } from '../../sandbox/kit.ts';
import { readMail } from './sandbox/mime.ts';

/** The relay of practice mode and who may use it. */
export const practiceEmail = {
  host: 'smtp.bluebell.example',
  user: 'alerts@bluebell.example',
  password: 'practice-relay-password',
  from: 'WedSync Alerts <alerts@bluebell.example>',
} as const;

const maxBytes = 200_000;

/** What a relay takes in: the envelope as said on the wire, the letter as a mail program shows it. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
  readonly tls: boolean;
  readonly source: string;
}

function refusal(code: number, said: string): Error & { responseCode: number } {
  return Object.assign(new Error(said), { responseCode: code });
}

/**
 * A real SMTP server on loopback, once with TLS from the first byte and once with STARTTLS: no sign-in before TLS, no mail
 * without sign-in, no foreign sender, no letter over 200 kB. Faults (FT-62): `greylist`, `refuse-recipient`,
 * `refuse-content`, `quota`, `no-starttls`, `slow-banner` (`value` ms), `drop-before-answer`, `refuse-sign-in`,
 * `sign-in-later`, `drop-at-once`.
 */
async function listen(hub: SandboxHub): Promise<SandboxListening> {
  const { SMTPServer: Server } = await import('smtp-server');
  const { ca, leaf } = makeCertificates([practiceEmail.host, 'localhost'], hub.clock.now());
  const fault = (name: string) => hub.step((world) => world.fault(name));
  const gone = new AbortController();
  const servers: SMTPServer[] = [];

  const options = (): SMTPServerOptions => ({
    key: leaf.key,
    cert: leaf.cert,
    minVersion: 'TLSv1.2',
    name: practiceEmail.host,
    banner: 'practice sandbox',
    size: maxBytes,
    authMethods: ['PLAIN', 'LOGIN'],
    disableReverseLookup: true,
    logger: false,
    onConnect(session, callback) {
      if (fault('drop-at-once')) return void connectionOf(session)?.close();
      if (fault('no-starttls')) Object.assign(session, { disabledCommands: ['STARTTLS'] });
      const slow = fault('slow-banner');
      if (!slow) return callback();
      void hub.clock.sleep(Number(slow.value ?? 60_000), gone.signal).then(() => callback());
    },
    onAuth(auth, _session, callback) {
      if (fault('sign-in-later')) return callback(refusal(454, 'Temporary authentication failure'));
      const good = auth.username === practiceEmail.user && auth.password === practiceEmail.password;
      if (!good || fault('refuse-sign-in')) return callback(refusal(535, 'Authentication credentials invalid'));
      callback(null, { user: auth.username });
    },
    onMailFrom({ address }, _session, callback) {
      if (!address.endsWith('@bluebell.example'))
        return callback(refusal(553, 'Sender address rejected: not owned by user'));
      callback();
    },
    onRcptTo({ address }, _session, callback) {
      if (fault('greylist')) return callback(refusal(451, 'Greylisted, please try again later'));
      if (fault('refuse-recipient') || address.startsWith('nobody@'))
        return callback(refusal(550, 'No such user here'));
      if (fault('quota')) return callback(refusal(452, 'Mailbox full'));
      callback();
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (stream.sizeExceeded) return callback(refusal(552, 'Message size exceeds fixed limit'));
        if (fault('refuse-content')) return callback(refusal(554, 'Message content rejected by policy'));
        take(session, Buffer.concat(chunks));
        // The letter is in; only the word about it is lost.
        if (fault('drop-before-answer')) return void connectionOf(session)?.close();
        callback(null, 'queued in practice');
      });
    },
  });

  function connectionOf(session: SMTPServerSession): { close(): void } | undefined {
    for (const server of servers) {
      for (const connection of server.connections) if (connection.session?.id === session.id) return connection;
    }
    return undefined;
  }

  function take(session: SMTPServerSession, source: Buffer): void {
    const { envelope } = session;
    const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
    const to = envelope.rcptTo.map(({ address }) => address);
    const { headers, text, html } = readMail(source);
    hub.step((world) => {
      const mails = world.documents<ReceivedMail>('mails');
      mails.put(world.uuid(), {
        from,
        to,
        headers,
        text,
        html,
        tls: session.secure,
        source: source.toString('latin1').slice(0, 65_536),
      });
      const [oldest] = mails.entries();
      if (oldest && mails.all().length > 2_000) mails.remove(oldest[0]);
    });
    hub.note({
      method: 'SMTP',
      path: `/${practiceEmail.host}/${to.join(',')}`,
      headers,
      body: { from, to, subject: headers.subject ?? '', text },
    });
  }

  async function open(more: SMTPServerOptions): Promise<number> {
    const server = new Server({ ...options(), ...more });
    // A client that hangs up in the middle is its own affair.
    server.on('error', () => undefined);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    return (server.server.address() as AddressInfo).port;
  }

  const implicit = await open({ secure: true });
  const starttls = await open({ secure: false });
  return {
    facts: { implicit, starttls, ca },
    async close() {
      gone.abort();
      for (const server of servers) for (const connection of server.connections) connection.close();
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    },
  };
}

export const emailSandbox: SandboxSystem = {
  id: 'email',
  hosts: [],
  faults: [
    'greylist',
    'refuse-recipient',
    'refuse-content',
    'quota',
    'no-starttls',
    'slow-banner',
    'drop-before-answer',
    'drop-at-once',
    'refuse-sign-in',
    'sign-in-later',
  ],
  handle: () => ({ status: 404 }),
  listen,
};
