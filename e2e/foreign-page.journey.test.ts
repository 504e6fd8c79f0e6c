import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { chromium } from 'playwright';
import { expect, test } from 'vitest';
import type { ConsoleRouter } from '../src-main/engine/handlers/index.ts';
import { serveConsole } from '../src-main/hosts/agent/server.ts';
import { createFileHandles } from '../src-main/hosts/file-handles.ts';
import { organisationId, signed, testDesk } from '../src-main/testing/receiver-desk.ts';
import { chromiumArguments, chromiumPath } from './chromium.ts';

/** Everything a page can try against a listener on this machine: what it learnt, by attempt. */
interface Tried {
  readonly [attempt: string]: string;
}

test('a page of another origin, or under a name rebound to this machine, stores nothing and reads nothing (FT-74, SEC-20, SEC-22)', async () => {
  const desk = await testDesk();
  const server = await serveConsole({
    runtime: desk.runtime,
    router: {} as ConsoleRouter,
    files: createFileHandles(desk.runtime.clock),
    pages: {
      get: async () => ({ body: Buffer.from('<!doctype html>console'), headers: { 'content-type': 'text/html' } }),
    },
    uploadFolder: tmpdir(),
    webhooks: desk.receiver.door,
    metrics: { text: async () => 'wedops_secret_metric 1\n', from: [] },
  });
  const port = Number(new URL(server.url).port);
  const foreign = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>foreign</title><iframe name="inside"></iframe>');
  });
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  const foreignUrl = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`;
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [...chromiumArguments, '--host-resolver-rules=MAP rebound.example 127.0.0.1'],
  });
  try {
    const body = JSON.stringify({ event: { id: 'from-a-page', event_type: 'pagey.ping' } });
    // Even one that has a right signature.
    const headers = signed('pagerduty', body, desk.runtime.clock.now());
    const path = `/webhooks/${organisationId}/pagerduty`;
    const page = await browser.newPage();
    await page.goto(foreignUrl);
    const tried: Tried = await page.evaluate(
      async ({ base, path, body, headers }) => {
        const seen: Record<string, string> = {};
        const attempt = async (name: string, url: string, init: RequestInit) => {
          try {
            const reply = await fetch(url, init);
            seen[name] = `${reply.type} ${reply.status} ${await reply.text()}`;
          } catch {
            seen[name] = 'blocked';
          }
        };
        await attempt('signed post', base + path, { method: 'POST', body, headers });
        await attempt('simple post', base + path, { method: 'POST', body, mode: 'no-cors' });
        await attempt('with cookies', base + path, { method: 'POST', body, mode: 'no-cors', credentials: 'include' });
        await attempt('call', `${base}/rpc/app/status`, { method: 'POST', body: '{}', mode: 'no-cors' });
        await attempt('metrics', `${base}/metrics`, {});
        await attempt('pages', `${base}/`, {});
        await attempt('upload', `${base}/files?name=x`, { method: 'PUT', body });
        seen.beacon = String(navigator.sendBeacon(base + path, body));
        const form = document.createElement('form');
        Object.assign(form, { method: 'post', action: base + path, target: 'inside', enctype: 'text/plain' });
        document.body.append(form);
        form.submit();
        seen.socket = await new Promise<string>((resolve) => {
          const socket = new WebSocket(base.replace('http', 'ws') + path);
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve('blocked');
        });
        await new Promise((resolve) => setTimeout(resolve, 300));
        return seen;
      },
      { base: server.url, path, body, headers },
    );
    // The resource policy closes even what a page may send without asking; a beacon only says that it left.
    const { beacon, ...others } = tried;
    expect(beacon).toBe('true');
    expect(Object.keys(others)).toHaveLength(8);
    expect(new Set(Object.values(others))).toEqual(new Set(['blocked']));

    // The page's own name now leads here: for the browser it is one origin, so only Host can tell.
    const rebound = await browser.newPage();
    const reply = await rebound.goto(`http://rebound.example:${port}/`);
    expect(reply?.status()).toBe(400);
    const same = await rebound.evaluate(
      async ({ path, body, headers }) => {
        const statuses: number[] = [];
        for (const [url, init] of [
          [path, { method: 'POST', body, headers }],
          ['/metrics', {}],
          ['/rpc/app/status', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }],
        ] as const)
          statuses.push((await fetch(url, init)).status);
        return statuses;
      },
      { path, body, headers },
    );
    expect(same).toEqual([400, 400, 400]);
    expect((await desk.receiver.log.list(organisationId, {}, null)).rows).toEqual([]);
  } finally {
    await browser.close();
    foreign.close();
    await server.close();
    await desk.store.close();
  }
});
