import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPageDriver } from './pages.ts';

const host = 'pages.example';

/** A page that tries, when its button is pressed, what no page of a vendor needs; what came of it stands in its field. */
const trying = `<!doctype html><main><h1>Record</h1><label>Outcome <input></label>
<button>Try</button></main>
<script>
document.querySelector('button').onclick = async () => {
  alert('Stop here'); const sure = confirm('Sure?'); const said = prompt('Your password?');
  const frame = document.createElement('iframe'); frame.src = '/unwanted.bin'; document.body.append(frame);
  const popup = window.open('/popup', 'popup', 'width=300,height=200');
  while (popup && !popup.closed) await new Promise((next) => setTimeout(next, 20));
  document.querySelector('input').value = JSON.stringify({ sure, said });
  document.querySelector('h1').textContent = 'Tried';
};
</script>`;

/** Bytes of the file nobody wants: a browser keeps one under a name of its own. */
const unwanted = 777_777;
const kept = () =>
  [tmpdir(), join(homedir(), 'Downloads')]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.size === unwanted);

test('dialogs are dismissed, a pop-up is closed, and nothing is downloaded (SEC-48)', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.endsWith('.bin'))
      response
        .writeHead(200, { 'content-disposition': 'attachment; filename="unwanted.bin"' })
        .end(Buffer.alloc(unwanted));
    else response.writeHead(200, { 'content-type': 'text/html' }).end(request.url === `/${host}/` ? trying : '<p>Up');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const sandboxUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const driver = createPageDriver({ sandboxUrl, keep: async () => 'picture' });
  const given = { hosts: [host], session: null, wholeMs: 30_000, signal: new AbortController().signal };
  const outcome = await driver.run(given, async (page) => {
    await page.goto(`https://${host}/`);
    await page.click({ role: 'button', name: 'Try' });
    expect(await page.appears({ role: 'heading', name: 'Tried' }, 10_000)).toBe(true);
    await expect.poll(() => asked).toContain(`/${host}/unwanted.bin`);
    expect(kept()).toEqual([]);
    return page.value({ label: 'Outcome' });
  });
  expect(JSON.parse(outcome)).toEqual({ sure: false, said: null });
  server.closeAllConnections();
  server.close();
});
