import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type * as Electron from 'electron';
import { type BrowserContext, chromium, type Page, type Route } from 'playwright';
import { chromiumArguments, chromiumPath } from '../chromium.ts';
import { ipcMain, PortDouble, type PortMessage } from './ipc.ts';
import type { SessionDouble } from './session.ts';
import { preventable } from './strict.ts';

/** Chromium knows no `app:` scheme; its pages live here, and every address is translated on its way in and out. */
const stage = 'https://ops.app.invalid';
const toStage = (url: string) => url.replace(/^app:\/\/ops/, stage);
const fromStage = (url: string) => (url.startsWith(stage) ? `app://ops${url.slice(stage.length)}` : url);

const shim = readFileSync(new URL('./preload-shim.js', import.meta.url), 'utf8');

type Handler = (details: { url: string }) => { action: 'deny' | 'allow' };

/** What is used of a frame. */
type Frame = Pick<Electron.WebFrameMain, 'url'>;

export class WebContentsDouble extends EventEmitter {
  readonly mainFrame: Frame;
  openHandler: Handler | null = null;
  readonly refusedWindows: string[] = [];
  page: Page | null = null;

  constructor() {
    super();
    const url = () => fromStage(this.page?.url() ?? 'about:blank');
    this.mainFrame = {
      get url() {
        return url();
      },
    };
  }

  setWindowOpenHandler(handler: Handler): void {
    this.openHandler = handler;
  }

  send(channel: string, ...message: unknown[]): void {
    void this.hear('ipc', channel, message);
  }

  async hear(kind: 'ipc' | 'port', name: string, message: unknown): Promise<void> {
    await this.page
      ?.evaluate(
        ([k, n, m]) => {
          const hear = Reflect.get(window, '__electronDoubleHear') as (...input: unknown[]) => void;
          hear(k, n, m);
        },
        [kind, name, message] as const,
      )
      .catch(() => undefined);
  }
}

export class WindowDouble extends EventEmitter {
  static readonly all: WindowDouble[] = [];
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly webContents: WebContentsDouble;
  visible = false;
  minimised = false;
  maximised = false;
  destroyed = false;
  #context: BrowserContext | null = null;

  constructor(options: Electron.BrowserWindowConstructorOptions, announce: (contents: WebContentsDouble) => void) {
    super();
    this.options = options;
    this.visible = options.show !== false;
    this.webContents = new WebContentsDouble();
    WindowDouble.all.push(this);
    announce(this.webContents);
  }

  get title(): string {
    return this.options.title ?? '';
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.#open();
    await page.goto(toStage(url), { waitUntil: 'domcontentloaded' });
    this.emit('ready-to-show');
  }

  reload(): void {
    void this.webContents.page?.reload().catch(() => undefined);
  }

  async #open(): Promise<Page> {
    if (this.webContents.page) return this.webContents.page;
    const { preload, session } = this.options.webPreferences ?? {};
    const { width = 1280, height = 800 } = this.options;
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArguments });
    this.#context = await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce' });
    const page = await this.#context.newPage();
    this.webContents.page = page;
    await page.exposeBinding('__electronDouble', ({ frame }, kind: string, name: string, message: unknown) =>
      frame === page.mainFrame() ? this.#hear(kind, name, message) : null,
    );
    if (preload) {
      const code = readFileSync(preload, 'utf8');
      const text = shim.replace('PRELOAD;', () => code).replace('PLATFORM', () => JSON.stringify(process.platform));
      await page.addInitScript({ content: text });
    }
    await this.#context.route('**/*', (route) =>
      // A page that is closed meanwhile, or a new window's first request, has nobody to answer to.
      this.#serve(route, page, session as unknown as SessionDouble).catch(() => route.abort().catch(() => undefined)),
    );
    page.on('pageerror', (error) => process.stderr.write(`page: ${error.stack ?? error.message}\n`));
    page.on('popup', (popup) => void this.#popup(popup));
    page.on('download', (download) => {
      (session as unknown as SessionDouble).emit('will-download', preventable({}));
      void download.cancel();
    });
    return page;
  }

  /** Our own pages come from the scheme's handler; a navigation elsewhere asks the guards first, then finds no network. */
  async #serve(route: Route, page: Page, session: SessionDouble): Promise<void> {
    const request = route.request();
    const url = fromStage(request.url());
    if (request.isNavigationRequest() && request.frame().page() === page) {
      const isMainFrame = request.frame() === page.mainFrame();
      const details = preventable({ url, isMainFrame });
      this.webContents.emit('will-frame-navigate', details);
      if (isMainFrame && !details.defaultPrevented) this.webContents.emit('will-navigate', details);
      // No content: the browser stays on its page, as Electron does. An abort would put an error page there.
      if (details.defaultPrevented) return route.fulfill({ status: 204 });
    }
    const handler = session.handlers.get(new URL(url).protocol.slice(0, -1));
    if (!handler) return route.abort('blockedbyclient');
    const answer = await handler(new Request(url, { method: request.method() }));
    await route.fulfill({
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: Buffer.from(await answer.arrayBuffer()),
    });
  }

  async #popup(popup: Page): Promise<void> {
    const url = fromStage(popup.url());
    const decision = this.webContents.openHandler?.({ url });
    if (decision?.action !== 'allow') this.webContents.refusedWindows.push(url);
    await popup.close().catch(() => undefined);
  }

  async #hear(kind: string, name: string, message: unknown): Promise<unknown> {
    const event = { sender: this.webContents, senderFrame: this.webContents.mainFrame };
    if (kind === 'invoke') return ipcMain.answer(name, event, message as unknown[]);
    if (kind === 'port') PortDouble.hear(name, message as PortMessage);
    if (kind === 'post') {
      const { message: data, ids } = message as { message: unknown; ids: string[] };
      const ports = ids.map((id) => new PortDouble(id, (sent) => void this.webContents.hear('port', id, sent)));
      ipcMain.emit(name, { ...event, ports }, data);
    }
    return null;
  }

  show(): void {
    this.visible = true;
  }
  hide(): void {
    this.visible = false;
  }
  focus(): void {}
  isMinimized(): boolean {
    return this.minimised;
  }
  restore(): void {
    this.minimised = false;
  }
  maximize(): void {
    this.maximised = true;
  }
  isMaximized(): boolean {
    return this.maximised;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  getNormalBounds(): Electron.Rectangle {
    const { x = 0, y = 0, width = 1280, height = 800 } = this.options;
    return { x, y, width, height };
  }

  /** As a person closes it: the product may prevent that. */
  close(): void {
    const event = preventable({});
    this.emit('close', event);
    if (event.defaultPrevented || this.destroyed) return;
    this.destroyed = true;
    this.visible = false;
    void this.#context
      ?.browser()
      ?.close()
      .catch(() => undefined);
    this.emit('closed');
  }
}
