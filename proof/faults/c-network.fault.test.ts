import { expect, test } from 'vitest';
import {
  bothFamilies,
  brokenV6,
  deafNames,
  inNetwork,
  neighbour,
  privateV4,
  publicV4,
  rebound,
} from '../rig/network.ts';
import { can } from '../rig/places.ts';

const from = (path: string) => JSON.stringify(new URL(`../../src-main/${path}`, import.meta.url).href);
const redactor = '{ know() {}, redact: (text) => text }';

test.skipIf(!can.networkNamespace || !can.mount)(
  'FT-48 with IPv6 that leads nowhere every line is open by IPv4 within a second',
  async () => {
    const took = await inNetwork<Record<string, number>>(
      brokenV6('api.xero.com', 'wss-primary.slack.com'),
      `
      import { createServer } from 'node:https';
      const { companyTls } = await import(${from('testing/tls.ts')});
      const { createHttp } = await import(${from('platform/http.ts')});
      const { createSmtp } = await import(${from('platform/smtp.ts')});
      const { systemClock } = await import(${from('platform/runtime.ts')});
      import { createServer as createTcp } from 'node:net';
      const tls = { key: companyTls.key, cert: companyTls.cert };
      const web = createServer(tls, (_request, response) => response.end('ok'));
      await new Promise((open) => web.listen(443, '${publicV4}', open));
      const mail = createTcp((socket) => socket.on('error', () => {}).destroy());
      await new Promise((open) => mail.listen(465, '${publicV4}', open));
      const resolve = async () => ${JSON.stringify(bothFamilies)};
      const http = createHttp({ clock: systemClock, redactor: ${redactor}, ca: companyTls.ca, resolve });
      const took = {};
      const timed = async (name, work) => {
        const began = performance.now();
        await work();
        took[name] = performance.now() - began;
      };
      await timed('https to a system', () => http.send({ method: 'GET', url: 'https://api.xero.com/' }));
      await timed('https to an address of a person', () =>
        http.send({ method: 'GET', url: 'https://hooks.example.com/', untrustedHost: true }));
      const smtp = createSmtp({ redactor: ${redactor}, resolve });
      const server = { host: 'hooks.example.com', port: 465, security: 'implicit', auth: null };
      // The relay hangs up at once: what is measured is the way there.
      let heard = 0;
      mail.on('connection', () => heard++);
      await timed('mail', () => smtp.verify(server, new AbortController().signal).catch(() => undefined));
      if (heard !== 1) throw new Error('the relay was not reached');
      await http.close();
      web.close();
      mail.close();
      console.log(JSON.stringify(took));
      process.exit(0);
    `,
    );
    expect(Object.keys(took)).toHaveLength(3);
    for (const [line, ms] of Object.entries(took)) expect(ms, line).toBeLessThan(1_000);
    process.stdout.write(
      `FT-48: ${Object.entries(took)
        .map(([line, ms]) => `${line} ${Math.round(ms)} ms`)
        .join(', ')}\n`,
    );
  },
  30_000,
);

test.skipIf(!can.networkNamespace || !can.mount)(
  'FT-36 a name service that never answers holds up no system that was reached before, and no file',
  async () => {
    const seen = await inNetwork<{ known: number; file: number; asked: number; lost: string[] }>(
      deafNames('api.xero.com'),
      `
      import { createServer } from 'node:https';
      import { createSocket } from 'node:dgram';
      import { readFile } from 'node:fs/promises';
      const { companyTls } = await import(${from('testing/tls.ts')});
      const { createHttp } = await import(${from('platform/http.ts')});
      const { systemClock } = await import(${from('platform/runtime.ts')});
      let asked = 0;
      const names = createSocket('udp4').on('message', () => asked++);
      await new Promise((bound) => names.bind(53, '${publicV4}', bound));
      const web = createServer({ key: companyTls.key, cert: companyTls.cert }, (_request, response) => response.end('ok'));
      await new Promise((open) => web.listen(443, '${publicV4}', open));
      const open = () => createHttp({ clock: systemClock, redactor: ${redactor}, ca: companyTls.ca });
      const times = { firstByteMs: 4_000, wholeMs: 10_000 };
      await open().send({ method: 'GET', url: 'https://api.xero.com/', ...times });
      // Without a kept connection, which would ask for no name.
      const http = open();
      const lost = Array.from({ length: 16 }, (_, index) =>
        http.send({ method: 'GET', url: 'https://nobody-' + index + '.example.org/', ...times, untrustedHost: index % 2 === 0 })
          .then(() => 'answered', ({ code }) => code));
      await new Promise((wait) => setTimeout(wait, 300));
      const took = async (work) => {
        const began = performance.now();
        await work();
        return performance.now() - began;
      };
      const [known, file] = await Promise.all([
        took(() => http.send({ method: 'GET', url: 'https://api.xero.com/', ...times })),
        took(() => readFile('/etc/hosts')),
      ]);
      console.log(JSON.stringify({ known, file, asked, lost: await Promise.all(lost) }));
      process.exit(0);
    `,
    );
    expect(seen.asked).toBeGreaterThan(0);
    expect(seen.known).toBeLessThan(2_000);
    expect(seen.file).toBeLessThan(2_000);
    expect(new Set(seen.lost)).toEqual(new Set(['network']));
  },
  90_000,
);

test.skipIf(!can.networkNamespace || !can.mount)(
  'FT-46 a name that leads elsewhere between the check and the connection: the checked address is used, a private one never',
  async () => {
    const seen = await inNetwork<{ outcomes: string[]; reached: string[] }>(
      rebound('hooks.example.com'),
      `
      import { createServer } from 'node:https';
      const { companyTls } = await import(${from('testing/tls.ts')});
      const { createHttp } = await import(${from('platform/http.ts')});
      const { systemClock } = await import(${from('platform/runtime.ts')});
      const reached = [];
      for (const address of ['${publicV4}', '${privateV4}']) {
        const server = createServer({ key: companyTls.key, cert: companyTls.cert }, (_request, response) => response.end('ok'));
        server.on('connection', () => reached.push(address));
        await new Promise((open) => server.listen(443, address, open));
      }
      const answers = [['${publicV4}'], ['${privateV4}'], ['${publicV4}', '${privateV4}'], ['${publicV4}']];
      const resolve = async () => (answers.shift() ?? []).map((address) => ({ address, family: 4 }));
      const http = createHttp({ clock: systemClock, redactor: ${redactor}, ca: companyTls.ca, resolve });
      const outcomes = [];
      for (let attempt = 0; attempt < 4; attempt++) {
        outcomes.push(await http
          .send({ method: 'POST', url: 'https://hooks.example.com/', json: {}, untrustedHost: true })
          .then(({ text }) => text, ({ code }) => code));
      }
      console.log(JSON.stringify({ outcomes, reached }));
      process.exit(0);
    `,
    );
    expect(seen.outcomes).toEqual(['ok', 'misconfigured', 'misconfigured', 'ok']);
    expect(seen.reached).toEqual([publicV4, publicV4]);
  },
  30_000,
);

test.skipIf(!can.networkNamespace)(
  'FT-40 a link cut in the middle of a request, or while the connection is kept, ends in time and the pool drops it',
  async () => {
    const seen = await inNetwork<{ outcomes: string[]; ms: number[]; connections: number }>(
      neighbour,
      `
      import { spawnSync } from 'node:child_process';
      const { companyTls } = await import(${from('testing/tls.ts')});
      const { createHttp } = await import(${from('platform/http.ts')});
      const { systemClock } = await import(${from('platform/runtime.ts')});
      const ip = (...words) => {
        const done = spawnSync('ip', words);
        if (done.status !== 0) throw new Error(String(done.stderr));
      };
      const resolve = async () => [{ address: '93.184.217.2', family: 4 }];
      const http = createHttp({
        ...{ clock: systemClock, redactor: ${redactor}, ca: companyTls.ca, resolve },
        allowInternal: () => true,
      });
      const outcomes = [];
      const ms = [];
      const send = async (path) => {
        const began = performance.now();
        const url = 'https://93.184.217.2' + path;
        outcomes.push(await http
          .send({ method: 'POST', url, json: { a: 1 }, firstByteMs: 1_500, wholeMs: 3_000 })
          .then(({ text }) => text, ({ code }) => code));
        ms.push(performance.now() - began);
      };
      for (let tries = 0; outcomes.at(-1) !== '/ready' && tries < 50; tries++) {
        outcomes.length = ms.length = 0;
        await send('/ready');
        if (outcomes[0] !== '/ready') await new Promise((wait) => setTimeout(wait, 100));
      }
      // Kept, and cut while nobody looks.
      ip('link', 'set', 'v0', 'down');
      await send('/kept');
      ip('link', 'set', 'v0', 'up');
      await send('/back');
      // In the middle: the server has it and thinks.
      const slow = send('/slow');
      await new Promise((wait) => setTimeout(wait, 300));
      ip('link', 'set', 'v0', 'down');
      await slow;
      ip('link', 'set', 'v0', 'up');
      await send('/again');
      console.log(JSON.stringify({ outcomes, ms }));
      process.exit(0);
    `,
      `
      import { createServer } from 'node:https';
      const { companyTls } = await import(${from('testing/tls.ts')});
      const { key, cert } = companyTls;
      createServer({ key, cert }, (request, response) => {
        setTimeout(() => response.end(request.url), request.url === '/slow' ? 60_000 : 0);
      }).listen(443, '0.0.0.0');
    `,
    );
    // On the kept connection it was sent; where the pool opens another one, nothing was.
    const kept = expect.stringMatching(/^(timeout|network)$/);
    expect(seen.outcomes).toEqual(['/ready', kept, '/back', 'timeout', '/again']);
    for (const ms of seen.ms) expect(ms).toBeLessThan(3_500);
  },
  60_000,
);
