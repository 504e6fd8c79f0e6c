import { EventEmitter } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, unwatchFile, watchFile, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type * as Electron from 'electron';
import { ipcMain as ipcMainDouble } from './ipc.ts';
import { SessionDouble } from './session.ts';
import { preventable, strict } from './strict.ts';
import { type WebContentsDouble, WindowDouble } from './window.ts';

/**
 * Stands in for `electron` when the built main bundle runs on plain Node: its windows are pages of a real Chromium with the
 * real preload in them, everything else records what the product asked for. Typed by Electron's own declarations; what is
 * not played throws (see `strict`).
 */

class AppDouble extends EventEmitter {
  readonly isPackaged = false;
  badge = 0;
  #folder = '';
  #lock: Database.Database | null = null;
  #ending = false;

  whenReady(): Promise<void> {
    return Promise.resolve();
  }
  setPath(_name: string, folder: string): void {
    this.#folder = folder;
  }
  setBadgeCount(count: number): boolean {
    this.badge = count;
    return true;
  }
  getAppPath(): string {
    return process.cwd();
  }
  setLoginItemSettings(): void {}
  getLoginItemSettings(): Pick<Electron.LoginItemSettings, 'openAtLogin'> {
    return { openAtLogin: false };
  }

  /** One per user-data folder; a second start hands its words to the first. */
  requestSingleInstanceLock(): boolean {
    mkdirSync(this.#folder, { recursive: true });
    const letters = join(this.#folder, 'second-instance.jsonl');
    const lock = new Database(join(this.#folder, 'single-instance.lock'), { timeout: 0 });
    try {
      lock.exec('BEGIN EXCLUSIVE');
    } catch {
      lock.close();
      appendFileSync(letters, `${JSON.stringify(process.argv)}\n`);
      return false;
    }
    this.#lock = lock;
    writeFileSync(letters, '');
    let read = 0;
    watchFile(letters, { interval: 50 }, () => {
      const lines = readFileSync(letters, 'utf8').split('\n').filter(Boolean);
      for (const line of lines.slice(read)) this.emit('second-instance', preventable({}), JSON.parse(line), '', null);
      read = lines.length;
    });
    return true;
  }

  quit(): void {
    if (this.#ending) return;
    const event = preventable({});
    this.emit('before-quit', event);
    if (event.defaultPrevented) return;
    this.#ending = true;
    for (const window of WindowDouble.all) window.close();
    this.exit(0);
  }

  exit(code = 0): void {
    unwatchFile(join(this.#folder, 'second-instance.jsonl'));
    this.#lock?.close();
    // Chromium is told to close above; it gets a moment to do so.
    setTimeout(() => process.exit(code), 300);
  }
}

const appDouble = new AppDouble();
const sessions = new Map<string, SessionDouble>();

interface MenuShape {
  readonly items: readonly Electron.MenuItemConstructorOptions[];
}
const record = {
  applicationMenu: null as MenuShape | null,
  external: [] as string[],
  dialogs: [] as { kind: string; options: unknown }[],
  dialogAnswers: [] as unknown[],
  errors: [] as string[],
  notifications: [] as NotificationDouble[],
  trays: [] as TrayDouble[],
  schemes: [] as Electron.CustomScheme[],
};

/** What this desktop lacks: `tray`, `notifications`. */
const lacks = (process.env.ELECTRON_DOUBLE_LACKS ?? '').split(',');

class TrayDouble extends EventEmitter {
  image: string;
  tooltip = '';
  menu: MenuShape | null = null;
  destroyed = false;
  constructor(image: { path: string }) {
    super();
    if (lacks.includes('tray')) throw new Error('There is no tray');
    this.image = image.path;
    record.trays.push(this);
  }
  setImage(image: { path: string }): void {
    this.image = image.path;
  }
  setToolTip(text: string): void {
    this.tooltip = text;
  }
  setContextMenu(menu: MenuShape): void {
    this.menu = menu;
  }
  destroy(): void {
    this.destroyed = true;
  }
}

class NotificationDouble extends EventEmitter {
  readonly options: Electron.NotificationConstructorOptions;
  shown = false;
  static isSupported(): boolean {
    return !lacks.includes('notifications');
  }
  constructor(options: Electron.NotificationConstructorOptions) {
    super();
    this.options = options;
    record.notifications.push(this);
  }
  show(): void {
    this.shown = true;
  }
  close(): void {
    this.shown = false;
    this.emit('close');
  }
}

export const app = strict('app', appDouble);
export const BrowserWindow = new Proxy(WindowDouble, {
  construct: (_class, [options]: [Electron.BrowserWindowConstructorOptions]) =>
    strict(
      'BrowserWindow',
      new WindowDouble(options, (contents: WebContentsDouble) => {
        appDouble.emit('web-contents-created', preventable({}), strict('webContents', contents));
      }),
    ),
});
export const Tray = TrayDouble;
export const Notification = NotificationDouble;
export const ipcMain = strict('ipcMain', ipcMainDouble);
export const Menu = strict('Menu', {
  buildFromTemplate: (items: readonly Electron.MenuItemConstructorOptions[]): MenuShape => ({ items }),
  setApplicationMenu(menu: MenuShape) {
    record.applicationMenu = menu;
  },
});
export const nativeImage = strict('nativeImage', { createFromPath: (path: string) => ({ path }) });
const power = Object.assign(new EventEmitter(), { onBattery: false, isOnBatteryPower: () => power.onBattery });
export const powerMonitor = strict('powerMonitor', power);
const blockers = new Map<number, string>();
export const powerSaveBlocker = strict('powerSaveBlocker', {
  start(type: string) {
    const id = blockers.size + 1;
    blockers.set(id, type);
    return id;
  },
  stop: (id: number) => blockers.delete(id),
  isStarted: (id: number) => blockers.has(id),
});
export const protocol = strict('protocol', {
  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]) {
    record.schemes.push(...schemes);
  },
});
export const screen = strict('screen', {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1040 } }],
});
export const session = strict('session', {
  fromPartition(name: string) {
    const known = sessions.get(name) ?? new SessionDouble();
    sessions.set(name, known);
    return strict('session', known);
  },
});
/** Nothing drives pages in these tests. */
export const utilityProcess = strict('utilityProcess', {});
export const shell = strict('shell', {
  async openExternal(url: string) {
    record.external.push(url);
  },
});
const ask = async (kind: string, options: unknown) => {
  record.dialogs.push({ kind, options });
  return record.dialogAnswers.shift() ?? { canceled: true, filePaths: [], response: 1 };
};
export const dialog = strict('dialog', {
  showOpenDialog: (_window: unknown, options: unknown) => ask('open', options),
  showSaveDialog: (_window: unknown, options: unknown) => ask('save', options),
  showMessageBox: (options: unknown) => ask('message', options),
  showErrorBox(title: string, text: string) {
    record.errors.push(`${title}: ${text}`);
    process.stderr.write(`${title}: ${text}\n`);
  },
});

const clickable = (menu: MenuShape | null, label: string) => {
  const all = (menu?.items ?? []).flatMap((item) => [item, ...(Array.isArray(item.submenu) ? item.submenu : [])]);
  const item = all.find((one) => one.label === label);
  if (!item?.click) throw new Error(`There is nothing to click called ${label}`);
  (item.click as () => void)();
};

const first = () => {
  const window = WindowDouble.all[0];
  if (!window) throw new Error('There is no window');
  return window;
};

const page = () => {
  const { page: open } = first().webContents;
  if (!open) throw new Error('The window has no page yet');
  return open;
};

/** What a test may ask for and do, as the operating system or a person would. */
const doings: Readonly<Record<string, (input: never) => unknown>> = {
  state: () => ({
    windows: WindowDouble.all.map((window) => ({
      options: { ...window.options, webPreferences: { ...window.options.webPreferences, session: undefined } },
      visible: window.visible,
      destroyed: window.destroyed,
      title: window.title,
      url: window.webContents.mainFrame.url,
      refusedWindows: window.webContents.refusedWindows,
    })),
    trays: record.trays.map(({ image, tooltip, menu, destroyed }) => ({
      image,
      tooltip,
      destroyed,
      labels: (menu?.items ?? []).map(({ label, type }) => label ?? type ?? ''),
    })),
    notifications: record.notifications.map(({ options, shown }) => ({ ...options, shown })),
    external: record.external,
    dialogs: record.dialogs,
    errors: record.errors,
    schemes: record.schemes,
    badge: appDouble.badge,
    keptAwake: [...blockers.values()],
    spellChecker: [...sessions.values()].map((one) => one.spellChecker),
  }),
  evaluate: (expression: string) => page().evaluate(expression),
  screenshot: (path: string) =>
    first()
      .webContents.page?.screenshot({ path })
      .then(() => null),
  upload: ({ selector, path }: { selector: string; path: string }) => page().setInputFiles(selector, path),
  closeWindow: () => first().close(),
  trayMenu: (label: string) => clickable(record.trays[0]?.menu ?? null, label),
  menu: (label: string) => clickable(record.applicationMenu, label),
  trayClick: () => record.trays[0]?.emit('click'),
  clickNotification: (at: number) => record.notifications[at]?.emit('click'),
  pressNotification: (at: number) => record.notifications[at]?.emit('action', {}, 0),
  permission: ({ permission, origin }: { permission: string; origin: string }) =>
    [...sessions.values()][0]?.ask(permission, origin),
  dialogAnswer: (answer: unknown) => void record.dialogAnswers.push(answer),
  battery(on: boolean) {
    power.onBattery = on;
    power.emit(on ? 'on-battery' : 'on-ac');
  },
  resume: () => powerMonitor.emit('resume'),
  openUrl: (url: string) => appDouble.emit('open-url', preventable({}), url),
  crash: () => first().webContents.emit('render-process-gone', preventable({}), { reason: 'crashed', exitCode: 1 }),
  quit: () => appDouble.quit(),
};

process.on('message', ({ id, doing, input }: { id: number; doing: string; input: unknown }) => {
  void (async () => {
    try {
      const work = doings[doing];
      if (!work) throw new Error(`The double cannot do ${doing}`);
      process.send?.({ id, value: (await work(input as never)) ?? null });
    } catch (thrown) {
      process.send?.({ id, error: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  })();
});
