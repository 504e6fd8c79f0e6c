import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { os } from '@orpc/server';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { testRuntime } from '../../testing/runtime.ts';
import { createFileHandles } from '../file-handles.ts';

/** Electron as far as the doors of a window use it: what was registered can be called as Electron would. */
const electron = vi.hoisted(() => {
  type Heard = (...input: unknown[]) => unknown;
  const heard = { app: new Map<string, Heard>(), on: new Map<string, Heard>(), handled: new Map<string, Heard>() };
  const opened: string[] = [];
  return {
    heard,
    opened,
    app: { isPackaged: true, on: (name: string, listener: Heard) => heard.app.set(name, listener) },
    ipcMain: {
      on: (name: string, listener: Heard) => heard.on.set(name, listener),
      handle: (name: string, listener: Heard) => heard.handled.set(name, listener),
    },
    shell: { openExternal: async (url: string) => void opened.push(url) },
    dialog: {} as Record<string, Heard>,
    screen: {},
    BrowserWindow: class {},
  };
});
vi.mock('electron', () => electron);

const { channels } = await import('./channels.ts');
const { openIpc } = await import('./ipc.ts');
const { hardenContents, hardenSession, openExternal } = await import('./windows.ts');

type Listener = (...input: unknown[]) => unknown;
let runtime: ReturnType<typeof testRuntime>;
beforeEach(() => {
  runtime = testRuntime();
  electron.opened.length = 0;
});

/** Something that may be stopped; true: it was. */
function stopped(listener: Listener | undefined, url = '', more: object = {}): boolean {
  let prevented = false;
  const event = {
    url,
    ...more,
    preventDefault() {
      prevented = true;
    },
  };
  listener?.(event, url);
  return prevented;
}

describe('what a page can reach (SEC-15)', () => {
  const frame = { url: 'app://ops/index.html' };
  const contents = { mainFrame: frame, send: () => undefined };
  const own = { sender: contents, senderFrame: frame };
  const strangers: [string, object][] = [
    ['another window', { sender: { mainFrame: frame }, senderFrame: frame }],
    ['a frame inside our page', { sender: contents, senderFrame: { url: 'app://ops/index.html' } }],
    [
      'our window while it shows another origin',
      { sender: { ...contents, mainFrame: { url: 'https://evil.example/' } } },
    ],
    ['our window while it shows a file', { sender: { ...contents, mainFrame: { url: 'file:///app://ops/' } } }],
    ['a host that begins like ours', { sender: { ...contents, mainFrame: { url: 'app://ops.evil.example/' } } }],
    ['a frame that is gone', { sender: contents, senderFrame: null }],
  ];

  test.each(strangers)('%s gets no answer on any channel, starts nothing, and is counted', async (_who, from) => {
    const sender = (from as { sender: typeof contents }).sender;
    const event = { senderFrame: sender.mainFrame, ...from };
    const main = event.senderFrame !== frame && sender !== contents ? sender : contents;
    let asked = 0;
    const ipc = openIpc({
      runtime,
      router: {} as never,
      files: createFileHandles(runtime.clock),
      window: () => ({ isDestroyed: () => false, webContents: main }) as never,
      awake: { set: async () => Boolean(++asked), setting: false } as never,
      folders: { of: () => void ++asked, note: () => void ++asked },
      notifies: () => Boolean(++asked),
    });
    let started = 0;
    electron.heard.on.get(channels.connect)?.({
      ...event,
      ports: [{ start: () => ++started, on() {}, addEventListener() {} }],
    });
    expect(started).toBe(0);
    expect(await electron.heard.handled.get(channels.choose)?.(event, 'costs')).toEqual([]);
    expect(await electron.heard.handled.get(channels.dropped)?.(event, import.meta.filename)).toBeNull();
    expect(await electron.heard.handled.get(channels.save)?.(event, 'a.txt', { text: 'x' })).toBe(false);
    expect(await electron.heard.handled.get(channels.external)?.(event, 'https://go.xero.com/')).toBe(false);
    expect(await electron.heard.handled.get(channels.login)?.(event, true)).toBe(false);
    expect(await electron.heard.handled.get(channels.awake)?.(event, true)).toBe(false);
    expect(await electron.heard.handled.get(channels.notifies)?.(event)).toBe(false);
    expect(asked).toBe(0);
    expect(electron.opened).toEqual([]);
    expect(ipc.dropped).toBe(8);
  });

  test('our own page is answered, so the refusals above are about who asks', async () => {
    const files = createFileHandles(runtime.clock);
    const noted: string[] = [];
    const shown: unknown[] = [];
    electron.dialog.showOpenDialog = async (_window, options) => {
      shown.push(options);
      return { filePaths: [import.meta.filename] };
    };
    electron.dialog.showSaveDialog = async (_window, options) => {
      shown.push(options);
      return {};
    };
    openIpc({
      runtime,
      router: {} as never,
      files,
      window: () => ({ isDestroyed: () => false, webContents: contents }) as never,
      awake: { set: async () => true, setting: false } as never,
      folders: { of: () => '/last', note: (_purpose, path) => void noted.push(path) },
      notifies: () => true,
    });
    expect(await electron.heard.handled.get(channels.dropped)?.(own, import.meta.filename)).toMatchObject({
      name: 'closed-in.test.ts',
    });
    expect(await electron.heard.handled.get(channels.choose)?.(own, 'costs')).toMatchObject([
      { name: 'closed-in.test.ts' },
    ]);
    expect(await electron.heard.handled.get(channels.save)?.(own, '../sheet.pdf', { text: 'x' })).toBe(false);
    expect(shown).toMatchObject([{ defaultPath: '/last' }, { defaultPath: join('/last', 'sheet.pdf') }]);
    expect(noted).toEqual([import.meta.filename]);
    expect(await electron.heard.handled.get(channels.external)?.(own, 'https://go.xero.com/')).toBe(true);
    expect(await electron.heard.handled.get(channels.awake)?.(own, true)).toBe(true);
    expect(await electron.heard.handled.get(channels.notifies)?.(own)).toBe(true);
  });
});

describe('what crosses the message port (SEC-14)', () => {
  test('text and bytes up to 1 MiB are answered; more, or an object, is dropped and counted', async () => {
    const frame = { url: 'app://ops/index.html' };
    const contents = { mainFrame: frame, send: () => undefined };
    const ipc = openIpc({
      runtime,
      router: { lengthOf: os.input(z.string()).handler(({ input }) => input.length) } as never,
      files: createFileHandles(runtime.clock),
      window: () => ({ isDestroyed: () => false, webContents: contents }) as never,
      awake: {} as never,
      folders: {} as never,
      notifies: () => true,
    });
    const { port1, port2 } = new MessageChannel();
    /** As Electron hands a port over: its listener gets an event. */
    const port = {
      start: () => port2.start(),
      postMessage: (data: unknown) => port2.postMessage(data),
      on: (name: string, take: (event: unknown) => void) => port2.on(name, (data: unknown) => take({ data })),
    };
    electron.heard.on.get(channels.connect)?.({ sender: contents, senderFrame: frame, ports: [port] });
    port1.start();
    const client = createORPCClient<{ lengthOf: (text: string) => Promise<number> }>(new RPCLink({ port: port1 }));
    expect(await client.lengthOf('x'.repeat(1_000_000))).toBe(1_000_000);
    port1.postMessage('x'.repeat(1024 * 1024 + 1));
    port1.postMessage('é'.repeat(600_000));
    port1.postMessage(new Uint8Array(1024 * 1024 + 1));
    port1.postMessage({ i: '1', p: { u: '/lengthOf' } });
    expect(await client.lengthOf('after')).toBe(5);
    expect(ipc.dropped).toBe(4);
    port1.close();
  });
});

describe('where a window can go (SEC-10, SEC-12)', () => {
  const heard = new Map<string, Listener>();
  let newWindow: (details: { url: string }) => unknown = () => null;
  beforeEach(() => {
    hardenContents(runtime.log);
    electron.heard.app.get('web-contents-created')?.(
      {},
      {
        on: (name: string, listener: Listener) => heard.set(name, listener),
        setWindowOpenHandler: (handler: typeof newWindow) => {
          newWindow = handler;
        },
      },
    );
  });

  test.each(['will-navigate', 'will-redirect'])('%s leaves our own pages for nowhere', (name) => {
    for (const url of ['https://evil.example/', 'file:///etc/passwd', 'app://ops.evil.example/', 'javascript:alert(1)'])
      expect(stopped(heard.get(name), url), url).toBe(true);
    expect(stopped(heard.get(name), 'app://ops/index.html')).toBe(false);
  });

  test('frames inside the page go nowhere, webviews are not attached, new windows are denied', () => {
    expect(stopped(heard.get('will-frame-navigate'), 'app://ops/x', { isMainFrame: false })).toBe(true);
    expect(stopped(heard.get('will-frame-navigate'), 'app://ops/x', { isMainFrame: true })).toBe(false);
    expect(stopped(heard.get('will-attach-webview'))).toBe(true);
    expect(newWindow({ url: 'https://evil.example/' })).toEqual({ action: 'deny' });
    expect(newWindow({ url: 'https://go.xero.com/' })).toEqual({ action: 'deny' });
    expect(electron.opened).toEqual(['https://go.xero.com/']);
  });

  test('nothing is opened outside but https addresses of the list, read as addresses', async () => {
    for (const url of [
      'http://go.xero.com/',
      'https://go.xero.com.evil.example/',
      'https://go.xero.com:8443/',
      'https://me:pass@go.xero.com/',
      'https://evil.example/?https://go.xero.com/',
      'file:///etc/passwd',
      'smb://go.xero.com/share',
      'ms-settings:privacy',
      'not an address',
    ]) {
      expect(await openExternal(url, runtime.log), url).toBe(false);
    }
    expect(electron.opened).toEqual([]);
  });
});

test('the session gives no device, screen, spelling dictionary or download, and notifications to our origin alone (SEC-11, SEC-12)', () => {
  const heard = new Map<string, Listener>();
  const set: Record<string, (...input: never[]) => unknown> = {};
  let spelling = true;
  const name = (key: string) => (handler: (...input: never[]) => unknown) => {
    set[key] = handler;
  };
  hardenSession(
    {
      setPermissionRequestHandler: name('request'),
      setPermissionCheckHandler: name('check'),
      setDevicePermissionHandler: name('device'),
      setDisplayMediaRequestHandler: name('screen'),
      setSpellCheckerEnabled: (on: boolean) => {
        spelling = on;
      },
      on: (event: string, listener: Listener) => heard.set(event, listener),
    } as never,
    runtime.log,
  );
  const request = (permission: string, requestingUrl: string) => {
    let allowed: unknown;
    set.request?.(
      ...([
        null,
        permission,
        (yes: unknown) => {
          allowed = yes;
        },
        { requestingUrl },
      ] as never[]),
    );
    return allowed;
  };
  const check = (permission: string, origin: string) => set.check?.(...([null, permission, origin] as never[]));
  for (const permission of ['media', 'geolocation', 'clipboard-read', 'fullscreen', 'openExternal', 'fileSystem']) {
    expect(request(permission, 'app://ops/'), permission).toBe(false);
    expect(check(permission, 'app://ops'), permission).toBe(false);
  }
  for (const origin of ['https://evil.example', 'app://ops.evil.example', 'file://']) {
    expect(request('notifications', `${origin}/`), origin).toBe(false);
    expect(check('notifications', origin), origin).toBe(false);
  }
  expect([request('notifications', 'app://ops/'), check('notifications', 'app://ops')]).toEqual([true, true]);
  expect(set.device?.()).toBe(false);
  let screen: unknown = 'none asked';
  set.screen?.(
    ...([
      null,
      (given: unknown) => {
        screen = given;
      },
    ] as never[]),
  );
  expect(screen).toBeNull();
  expect(spelling).toBe(false);
  expect(stopped(heard.get('will-download'))).toBe(true);
});
