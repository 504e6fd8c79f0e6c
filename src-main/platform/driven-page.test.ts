import { expect, test } from 'vitest';
import { onlyHosts } from './driven-page.ts';

type Handler = (route: object) => Promise<unknown>;

/** What becomes of one request of a page: `continued`, `aborted`, or the address the sandbox was asked for. */
async function requested(url: string, sandboxUrl?: string): Promise<string> {
  let handler: Handler = async () => undefined;
  const context = {
    route: async (pattern: string, given: Handler) => {
      expect(pattern).toBe('**/*');
      handler = given;
    },
  };
  await onlyHosts(context as never, ['online.lightbluesoftware.com'], sandboxUrl);
  let what = 'nothing';
  await handler({
    request: () => ({ url: () => url }),
    abort: async () => {
      what = 'aborted';
    },
    continue: async () => {
      what = 'continued';
    },
    fetch: async (asked: { url: string; maxRedirects?: number }) => {
      expect(asked.maxRedirects).toBe(0);
      what = asked.url;
      return {};
    },
    fulfill: async () => undefined,
  });
  return what;
}

test('a driven page reaches its own hosts over https and nothing else, a picture or script as little as a page (SEC-48)', async () => {
  expect(await requested('https://online.lightbluesoftware.com/app.js')).toBe('continued');
  for (const url of [
    'http://online.lightbluesoftware.com/',
    'https://lightbluesoftware.com/',
    'https://online.lightbluesoftware.com.evil.example/',
    'https://evil.example/pixel.gif?online.lightbluesoftware.com',
    'file:///etc/passwd',
    'data:text/html,x',
    'ws://online.lightbluesoftware.com/',
  ]) {
    expect(await requested(url), url).toBe('aborted');
    expect(await requested(url, 'http://127.0.0.1:9'), url).toBe('aborted');
  }
});

test('in practice even its own hosts are the sandbox, and a redirect is not followed out of it', async () => {
  expect(await requested('https://online.lightbluesoftware.com/a?b=1', 'http://127.0.0.1:9')).toBe(
    'http://127.0.0.1:9/online.lightbluesoftware.com/a?b=1',
  );
});
