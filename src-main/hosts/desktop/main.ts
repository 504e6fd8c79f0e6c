import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { app, type BrowserWindow, dialog, powerMonitor, session, shell } from 'electron';
import { Navigation } from '../../../src-shared/contract/host-bridge.ts';
import type { TraySummary } from '../../engine/engine.ts';
import type { Consequence } from '../../engine/leaving.ts';
import { cutOffLongThreads } from '../../platform/long-threads.ts';
import { systemClock } from '../../platform/runtime.ts';
import { defaultDataFolder } from '../data-folder.ts';
import { FolderUnavailable, ownOrFind } from '../owner.ts';
import { loadPages } from '../pages.ts';
import { pagesFolder, preloadFile, resourcesFolder } from '../resources.ts';
import { startConsole } from '../start.ts';
import { createDialogFolders } from './dialog-folders.ts';
import { openIpc } from './ipc.ts';
import { setMenu } from './menu.ts';
import { ignoreDebugging } from './no-debugging.ts';
import { createNotices } from './notifications.ts';
import { pagesChild } from './pages-child.ts';
import { ORIGIN, registerScheme, servePages } from './protocol.ts';
import { createStayAwake } from './stay-awake.ts';
import { createTray, type TrayIcon } from './tray.ts';
import { createMainWindow, hardenContents, hardenSession, raise } from './windows.ts';

/** Only the address of a screen is taken from a deep link or a second launch; it never acts (SEC-18). */
function addressIn(words: readonly string[]): string | null {
  const link = words.find((word) => word.length <= 2048 && word.startsWith('wedsync-ops://'));
  if (!link || !URL.canParse(link)) return null;
  const { host, pathname, search } = new URL(link);
  const parsed = Navigation.safeParse({ address: `/${host}${pathname === '/' ? '' : pathname}${search}` });
  return parsed.success ? parsed.data.address : null;
}

function quitWarning({ organisations, waiting }: Consequence): string {
  const whose = organisations === 1 ? '1 organisation' : `${organisations} organisations`;
  const what = waiting === 1 ? '1 delivery is' : `${waiting} deliveries are`;
  return `Alerts for ${whose} will stop being sent from this computer. ${what} waiting.`;
}

ignoreDebugging(app, process.env);

// Whatever is written is for this user alone, also in a folder that others may enter (R43).
process.umask(0o077);

async function run(
  dataFolder: string,
  given: { empty: boolean; practice: boolean; safeMode: boolean },
  hidden: boolean,
): Promise<void> {
  await app.whenReady();
  const ownership = await ownOrFind(dataFolder, 5_000);
  if (!ownership.owned) {
    const { owner } = ownership;
    const { response } = await dialog.showMessageBox({
      type: 'info',
      message: 'The console already runs on this computer.',
      detail: `Process ${owner.pid} (${owner.host}) holds the data folder and does the sending. Its screens open in your browser.`,
      buttons: ['Open in browser', 'Quit'],
      defaultId: 0,
      cancelId: 1,
    });
    // The agent's own address on loopback, with its token in the fragment (SEC-21).
    if (response === 0 && owner.url) await shell.openExternal(`${owner.url}/#token=${owner.token ?? ''}`);
    app.quit();
    return;
  }

  let window: BrowserWindow | null = null;
  let tray: TrayIcon | null = null;
  let quitting = false;
  // Until the window has loaded there is nobody to tell; the address waits here.
  let waiting: string | null = addressIn(process.argv);
  const open = (address: string | null) => {
    if (!window) return;
    raise(window);
    if (address) ipc.navigate(address);
  };

  const awake = createStayAwake(join(dataFolder, 'stay-awake.json'));
  const notices = createNotices(systemClock, open, ({ organisationId, id }) =>
    running.engine.acknowledge('notification', organisationId, id),
  );
  const running = await startConsole({
    dataFolder,
    lock: ownership.lock,
    host: 'desktop',
    ...given,
    serve: 'api',
    pagesChild,
    // Its settings, a PAC file included; the console itself does the tunnelling.
    systemProxy: (url) => session.defaultSession.resolveProxy(url),
    notices: {
      ...notices,
      staysAwake: () => (!awake.setting ? 'switched off' : awake.onBattery() ? 'not on battery' : 'yes'),
    },
  });
  const { runtime, engine } = running;
  const { log } = runtime;
  const ownSession = session.fromPartition('persist:console');
  hardenSession(ownSession, log);
  hardenContents(log);
  servePages(ownSession, await loadPages(pagesFolder));
  const ipc = openIpc({
    runtime,
    router: engine.router,
    files: running.files,
    window: () => window,
    awake,
    folders: createDialogFolders(join(dataFolder, 'dialogs.json')),
    notifies: () => notices.allowed?.() ?? false,
  });
  setMenu(open);

  tray = createTray(join(resourcesFolder, 'icons'), {
    open,
    acknowledge: ({ organisationId, id, reference }) =>
      void engine.acknowledge('tray', organisationId, id).catch(() => open(`/alerts?alert=${reference}`)),
    quit: () => app.quit(),
  });
  const showTray = async () => {
    const summary: TraySummary = await engine.tray();
    awake.follow(summary.weddingDay);
    tray?.show(summary, awake.active);
    app.setBadgeCount(summary.alerts);
  };
  let trayDue: NodeJS.Timeout | null = null;
  // Wedding-day mode begins and ends without anything being written.
  const everyMinute = setInterval(() => void showTray(), 60_000);
  const stopWatching = engine.onChange(() => {
    // A busy import commits many times a second; the tray follows at a person's pace.
    trayDue ??= setTimeout(() => {
      trayDue = null;
      void showTray();
    }, 500);
  });

  window = createMainWindow({
    preload: preloadFile,
    stateFile: join(dataFolder, 'window.json'),
    icon: join(resourcesFolder, 'icons', 'icon.png'),
    practice: (await engine.tray()).practice,
    session: ownSession,
    log,
    hideOnClose: () => !quitting && tray?.works === true,
  });
  window.on('closed', () => {
    window = null;
    app.quit();
  });
  // Started with the computer, it waits in the tray, where there is one.
  if (!hidden || !tray.works) window.once('ready-to-show', () => window?.show());

  app.on('second-instance', (_event, words) => open(addressIn(words)));
  app.on('open-url', (event, url) => {
    event.preventDefault();
    open(addressIn([url]));
  });
  app.on('activate', () => open(null));
  powerMonitor.on('resume', () => engine.wake());

  let asking = false;
  /** False when the person would rather keep it running (U35). */
  const mayQuit = async (): Promise<boolean> => {
    const consequence = await engine.leaving.consequence();
    if (consequence === null) return true;
    const { response } = await dialog.showMessageBox({
      type: 'warning',
      message: quitWarning(consequence),
      buttons: ['Keep running', 'Quit and tell the team'],
      defaultId: 0,
      cancelId: 0,
    });
    if (response !== 1) return false;
    await engine.leaving.handOver();
    return true;
  };
  // The operating system does not wait for an answer: what matters is stored.
  powerMonitor.on('shutdown', () => end());
  app.on('before-quit', (event) => {
    if (quitting) return;
    event.preventDefault();
    if (asking) return;
    asking = true;
    mayQuit()
      .catch((thrown: unknown) => {
        log.error('quit.not-asked', { error: String(thrown) });
        return true;
      })
      .then((sure) => {
        asking = false;
        if (sure) end();
      });
  });
  // Everything is stored first; a kill instead of this loses nothing either (R51).
  function end(): void {
    if (quitting) return;
    quitting = true;
    stopWatching();
    clearInterval(everyMinute);
    awake.close();
    if (trayDue) clearTimeout(trayDue);
    void running.stop().finally(() => {
      tray?.close();
      app.quit();
    });
  }

  let again = false;
  void running.restartAsked.then(() => {
    again = true;
    app.relaunch();
    end();
  });
  // Being started again is done by an exit alone, so that one waits.
  app.once('quit', () => {
    if (!again) cutOffLongThreads(0);
  });

  await window.loadURL(`${ORIGIN}/index.html`);
  engine.showSamples();
  if (waiting) ipc.navigate(waiting);
  waiting = null;
  await showTray();
}

const { values } = parseArgs({
  args: process.argv.slice(1),
  strict: false,
  options: {
    data: { type: 'string' },
    empty: { type: 'boolean' },
    practice: { type: 'boolean' },
    'safe-mode': { type: 'boolean' },
    hidden: { type: 'boolean' },
  },
});
const dataFolder = typeof values.data === 'string' ? values.data : defaultDataFolder();
// One instance per data folder, and the window's own files beside the database.
app.setPath('userData', join(dataFolder, 'window'));
registerScheme();

if (!app.requestSingleInstanceLock()) {
  app.quit();
} else {
  const given = {
    empty: values.empty === true,
    practice: values.practice === true,
    safeMode: values['safe-mode'] === true,
  };
  run(dataFolder, given, values.hidden === true).catch((thrown: unknown) => {
    dialog.showErrorBox(
      'WedSync Ops cannot start',
      thrown instanceof FolderUnavailable
        ? thrown.message
        : `${thrown instanceof Error ? thrown.message : String(thrown)}\n\nRun "wedops doctor" to see what is missing.`,
    );
    app.exit(3);
  });
}
