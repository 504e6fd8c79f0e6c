import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { expect, onTestFinished, test } from 'vitest';
import { IntegrationError } from '../../src-shared/domain/failure.ts';
import type { OutgoingMail, SmtpServer } from '../ports/smtp.ts';
import { testTls } from '../testing/tls.ts';
import { createSmtp, type SmtpOptions } from './smtp.ts';

const never = new AbortController().signal;
const mail: OutgoingMail = {
  from: 'a@b.example',
  to: 'c@d.example',
  subject: 's',
  text: 't',
  html: '<p>t</p>',
  messageId: '<1@b.example>',
  references: [],
  urgent: false,
  headers: {},
};
const redactor = { redact: (text: string) => text };

async function relay(more: object = {}): Promise<number> {
  const server = new SMTPServer({
    ...testTls,
    secure: true,
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    onData(stream, _session, callback) {
      stream.resume();
      stream.on('end', () => callback(null, 'queued'));
    },
    ...more,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.server.address() as AddressInfo).port;
}

function sending(port: number, options: Partial<SmtpOptions> = {}, server: Partial<SmtpServer> = {}) {
  const smtp = createSmtp({ redactor, ca: testTls.cert, at: { address: '127.0.0.1', port }, ...options });
  return smtp.send({ host: 'localhost', port: 465, security: 'implicit', auth: null, ...server }, mail, never).then(
    ({ response }) => response,
    (thrown: unknown) => {
      if (!(thrown instanceof IntegrationError)) throw thrown;
      return `${thrown.code}: ${thrown.message}`;
    },
  );
}

test('a relay with a good certificate takes a mail', async () => {
  expect(await sending(await relay())).toContain('queued');
});

test.each<[string, Partial<SmtpOptions>, Partial<SmtpServer>]>([
  ['that signed its certificate itself', { ca: undefined } as never, {}],
  ['whose certificate is for another name', {}, { host: 'mail.example.org' }],
])('a relay %s is refused, and there is no way to go on (FT-43)', async (_what, options, server) => {
  const { ca, ...rest } = { ca: testTls.cert, ...options };
  const port = await relay();
  const smtp = createSmtp({
    redactor,
    at: { address: '127.0.0.1', port },
    ...rest,
    ...(ca === undefined ? {} : { ca }),
  });
  const error = await smtp
    .send({ host: 'localhost', port: 465, security: 'implicit', auth: null, ...server }, mail, never)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: 'needs-attention', code: 'misconfigured', detail: { scope: 'connection' } });
});

test('plain text where TLS was promised is refused', async () => {
  const plain = createServer((socket) => {
    socket.write('220 plain\r\n');
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void plain.close());
  expect(await sending((plain.address() as AddressInfo).port)).toMatch(/^(misconfigured|network): /);
});

test('an old TLS is refused', async () => {
  expect(
    await sending(await relay({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })),
  ).toMatch(/^(misconfigured|network): /);
});

test('nobody there, and nobody of that name, is not sent', async () => {
  expect(await sending(1)).toMatch(/^network: /);
  const smtp = createSmtp({ redactor, resolve: () => Promise.reject(new Error('ENOTFOUND')) });
  const lost = smtp.send({ host: 'nowhere.example', port: 465, security: 'implicit', auth: null }, mail, never);
  await expect(lost).rejects.toMatchObject({ code: 'network' });
});

test('a relay that leads into a private network is refused at every attempt, unless it was allowed (SEC-36)', async () => {
  const answers = ['93.184.216.34', '10.0.0.5', '127.0.0.1', '169.254.169.254', '::1'];
  for (const address of answers.slice(1)) {
    const smtp = createSmtp({ redactor, resolve: async () => [{ address, family: address.includes(':') ? 6 : 4 }] });
    const work = smtp.send({ host: 'relay.example', port: 465, security: 'implicit', auth: null }, mail, never);
    await expect(work).rejects.toMatchObject({ code: 'misconfigured' });
  }
});
