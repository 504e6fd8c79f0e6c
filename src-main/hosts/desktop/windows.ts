import { app, BrowserWindow, type Session, screen, shell } from 'electron';
import type { Logger } from '../../ports/runtime.ts';
import { CRASHED, ORIGIN } from './protocol.ts';
import { keepWindowState, readWindowState } from './window-state.ts';

/** Sites a person may be sent to from the console; anything else is refused (SEC-12). */
const externalHosts = new Set([
  'go.xero.com',
  'login.xero.com',
  'developer.xero.com',
  'qbo.intuit.com',
  'my.freshbooks.com',
  'auth.freshbooks.com',
  'appcenter.intuit.com',
  'www.gov.uk',
]);

export interface WindowOptions {
  readonly preload: string;
  readonly stateFile: string;
  readonly icon: string;
  readonly practice: boolean;
  readonly session: Session;
  readonly log: Logger;
  /** True: closing hides to the tray instead of ending the window (U34). */
  readonly hideOnClose: () => boolean;
}

/** Opens an https address of the list in the person's browser; everything else is refused and logged. */
export async function openExternal(address: string, log: Logger): Promise<boolean> {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || !externalHosts.has(url.host)) {
    log.warn('external.refused', { host: url?.host ?? 'unreadable' });
    return false;
  }
  await shell.openExternal(url.href);
  return true;
}

/** The session's own rules: permissions, devices, downloads, spelling (SEC-11, SEC-12). */
export function hardenSession(session: Session, log: Logger): void {
  const ours = (origin: string) => origin === ORIGIN || origin === `${ORIGIN}/`;
  session.setPermissionRequestHandler((_contents, permission, callback, details) => {
    callback(permission === 'notifications' && details.requestingUrl.startsWith(`${ORIGIN}/`));
  });
  session.setPermissionCheckHandler((_contents, permission, origin) => permission === 'notifications' && ours(origin));
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, callback) => callback(null));
  session.setSpellCheckerEnabled(false);
  session.on('will-download', (event) => {
    log.warn('download.refused');
    event.preventDefault();
  });
}

/** Every window and frame there will ever be, whoever opens it (SEC-07, SEC-10). */
export function hardenContents(log: Logger): void {
  app.on('web-contents-created', (_event, contents) => {
    const stop = (event: { preventDefault(): void }, url: string) => {
      if (url.startsWith(`${ORIGIN}/`)) return;
      log.warn('navigation.refused', { scheme: url.split(':')[0] ?? '' });
      event.preventDefault();
    };
    contents.on('will-navigate', (details) => stop(details, details.url));
    contents.on('will-redirect', (details) => stop(details, details.url));
    // Frames inside the page are never ours: there are none.
    contents.on('will-frame-navigate', (details) => {
      if (!details.isMainFrame) details.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      void openExternal(url, log);
      return { action: 'deny' };
    });
  });
}

export function createMainWindow(options: WindowOptions): BrowserWindow {
  const kept = readWindowState(
    options.stateFile,
    screen.getAllDisplays().map((display) => display.workArea),
  );
  const window = new BrowserWindow({
    width: kept.width,
    height: kept.height,
    ...(kept.x === undefined || kept.y === undefined ? {} : { x: kept.x, y: kept.y }),
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: options.practice ? 'WedSync Ops – PRACTICE' : 'WedSync Ops',
    icon: options.icon,
    backgroundColor: '#ffffff',
    webPreferences: {
      preload: options.preload,
      session: options.session,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  if (kept.maximised) window.maximize();
  keepWindowState(window, options.stateFile);

  window.on('close', (event) => {
    if (!options.hideOnClose()) return;
    event.preventDefault();
    window.hide();
  });
  window.on('page-title-updated', (event) => event.preventDefault());

  // R50: one reload; a second crash within a minute gets a plain page, not a loop. The engine never notices.
  let crashedAt = Number.NEGATIVE_INFINITY;
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    options.log.error('window.crashed', { reason });
    const again = performance.now() - crashedAt < 60_000;
    crashedAt = performance.now();
    if (again) void window.loadURL(`${ORIGIN}${CRASHED}`);
    else window.reload();
  });
  return window;
}

/** Brings the window forward, also from the tray. */
export function raise(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
