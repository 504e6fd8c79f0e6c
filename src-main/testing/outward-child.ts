import { createHttp } from '../platform/http.ts';
import { createNetwork } from '../platform/network.ts';
import { createPostgresWarehouse } from '../platform/postgres-warehouse.ts';
import { systemClock } from '../platform/runtime.ts';
import { createSmtp } from '../platform/smtp.ts';
import { createSockets } from '../platform/socket.ts';

/**
 * `outward-child.ts PLAN HTTPS SMTP POSTGRES`: opens one line of each kind to servers on loopback and prints what became of
 * each, as JSON. A process of its own, since whose certificates are trusted holds for a whole process.
 */
const [planFile = '', web = '', mail = '', database = ''] = process.argv.slice(2);
const redactor = { know: () => undefined, redact: (text: string) => text };
const lines = createNetwork({
  clock: systemClock,
  redactor,
  planFile,
  environment: {},
  password: { read: async () => null, write: async () => undefined },
});
const never = new AbortController().signal;
const told = (work: Promise<unknown>) =>
  work.then(
    () => 'worked',
    (thrown: Error & { code?: string }) => `${thrown.code}: ${thrown.message}`,
  );

const http = createHttp({ clock: systemClock, redactor, lines });
const smtp = createSmtp({ redactor, lines, at: { address: '127.0.0.1', port: Number(mail) } });
const over = new AbortController();
const outcome = {
  https: await told(http.send({ method: 'GET', url: `https://localhost:${web}/` })),
  smtp: await told(smtp.verify({ host: 'localhost', port: 465, security: 'implicit', auth: null }, never)),
  socket: await told(
    createSockets({ clock: systemClock, lines }).talk(
      `wss://localhost:${web}/`,
      { opened: () => over.abort(), message: () => undefined },
      over.signal,
    ),
  ),
  postgres: await told(
    createPostgresWarehouse({ lines }).check(
      {
        ...{ host: 'localhost', port: Number(database), database: 'd', user: 'u', password: 'p', schema: 's' },
        ...{ tls: 'verify', ca: null },
      },
      never,
    ),
  ),
};
await http.close();
process.stdout.write(JSON.stringify(outcome));
