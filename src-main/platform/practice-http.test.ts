import { expect, test } from 'vitest';
import type { HttpRequest } from '../ports/http.ts';
import { createPracticeHttp } from './practice-http.ts';

function practice() {
  const sent: HttpRequest[] = [];
  const http = createPracticeHttp({
    sandboxUrl: 'http://127.0.0.1:41999',
    http: {
      async send(request) {
        sent.push(request);
        return { status: 200, headers: {}, json: undefined, text: '', excerpt: '' };
      },
    },
  });
  return { http, sent };
}

test('a vendor address becomes a folder of the sandbox, path and query kept', async () => {
  const { http, sent } = practice();
  await http.send({ method: 'GET', url: 'https://api.xero.com/api.xro/2.0/Accounts?where=Class%3D%3D%22EXPENSE%22' });
  expect(sent[0]?.url).toBe('http://127.0.0.1:41999/api.xero.com/api.xro/2.0/Accounts?where=Class%3D%3D%22EXPENSE%22');
});

test('a user-supplied address goes to the sandbox like any other, without the check for public addresses', async () => {
  const { http, sent } = practice();
  await http.send({ method: 'POST', url: 'https://hooks.example.com/in', untrustedHost: true });
  expect(sent[0]).toEqual({ method: 'POST', url: 'http://127.0.0.1:41999/hooks.example.com/in' });
});

test.each([
  'http://api.xero.com/',
  'http://127.0.0.1:9/',
  'ftp://x/',
  'file:///etc/passwd',
  'nonsense',
  'https://a:b@x.com/',
])('%s is refused and counted', async (url) => {
  const { http, sent } = practice();
  await expect(http.send({ method: 'GET', url })).rejects.toMatchObject({ code: 'misconfigured' });
  expect(http.refused()).toBe(1);
  expect(sent).toEqual([]);
});

test('a sandbox anywhere but on loopback is a mistake at start', () => {
  const http = { send: async () => Promise.reject(new Error('never')) };
  expect(() => createPracticeHttp({ http, sandboxUrl: 'https://sandbox.example.com' })).toThrow('loopback');
});
