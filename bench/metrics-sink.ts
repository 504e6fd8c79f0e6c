import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes whatever monitoring is sent, in a process of its own, and answers as each system does. Prints its address. */
const answers: readonly (readonly [string, number, string])[] = [
  ['/api.datadoghq', 202, '{"errors":[]}'],
  ['/metric-api', 202, '{"requestId":"f0e7bfff-001a-b000-0000-01682bcf4565"}'],
];

const server = createServer((request, reply) => {
  request.resume();
  request.once('end', () => {
    const [, status, body] = answers.find(([start]) => request.url?.startsWith(start)) ?? ['', 204, ''];
    reply.writeHead(status, body === '' ? {} : { 'content-type': 'application/json' });
    reply.end(body);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
