import { copyFile, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { RPCHandler } from '@orpc/server/message-port';
import { type BrowserWindow, dialog, type IpcMainEvent, type IpcMainInvokeEvent, ipcMain } from 'electron';
import { z } from 'zod';
import { type ChosenHandle, FilePurpose, Navigation } from '../../../src-shared/contract/host-bridge.ts';
import type { CallContext } from '../../engine/handlers/base.ts';
import type { ConsoleRouter } from '../../engine/handlers/index.ts';
import type { FileHandles } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import { channels } from './channels.ts';
import type { DialogFolders } from './dialog-folders.ts';
import { pagePort } from './page-port.ts';
import { ORIGIN } from './protocol.ts';
import { setStartAtLogin, startsAtLogin } from './start-at-login.ts';
import type { StayAwake } from './stay-awake.ts';
import { openExternal } from './windows.ts';

const SaveContent = z.union([
  z.strictObject({ text: z.string().max(200_000_000) }),
  z.strictObject({ handle: z.string().max(100) }),
]);

const filters: Readonly<Record<FilePurpose, Electron.FileFilter[]>> = {
  costs: [{ name: 'Cost files', extensions: ['csv', 'gz', 'json', 'txt'] }],
  weddings: [{ name: 'Calendars', extensions: ['ics', 'csv', 'json'] }],
  usage: [{ name: 'Usage files', extensions: ['csv', 'json'] }],
  rates: [{ name: 'Exchange rates', extensions: ['csv', 'xml'] }],
  backup: [{ name: 'Backups', extensions: ['db', 'wsbackup'] }],
  evidence: [{ name: 'Documents', extensions: ['pdf', 'png', 'jpg', 'jpeg'] }],
};

export interface IpcOptions {
  readonly runtime: Runtime;
  readonly router: ConsoleRouter;
  readonly files: FileHandles;
  readonly window: () => BrowserWindow | null;
  readonly awake: StayAwake;
  readonly folders: DialogFolders;
  /** The operating system shows notifications. */
  readonly notifies: () => boolean;
}

/** Counts what was dropped: it did not come from our own page (SEC-15), or was no message of ours (SEC-14). */
export interface Ipc {
  readonly dropped: number;
  navigate(address: string): void;
}

/** The whole door between window and engine: a message port for the contract and seven small calls for the machine. */
export function openIpc({ runtime, router, files, window, awake, folders, notifies }: IpcOptions): Ipc {
  let dropped = 0;
  const drop = () => {
    dropped += 1;
    runtime.log.warn('ipc.dropped', { total: dropped });
  };
  const ours = (event: IpcMainEvent | IpcMainInvokeEvent): boolean => {
    const main = window();
    const frame = event.senderFrame;
    const right =
      main !== null &&
      !main.isDestroyed() &&
      event.sender === main.webContents &&
      frame !== null &&
      frame === main.webContents.mainFrame &&
      frame.url.startsWith(`${ORIGIN}/`);
    if (!right) drop();
    return right;
  };
  const answer = <T>(channel: string, otherwise: T, work: (...input: unknown[]) => Promise<T>) => {
    ipcMain.handle(channel, async (event, ...input: unknown[]) => (ours(event) ? work(...input) : otherwise));
  };

  const rpc = new RPCHandler<CallContext>(router);
  ipcMain.on(channels.connect, (event) => {
    const [port] = event.ports;
    if (!ours(event) || !port) return;
    rpc.upgrade(pagePort(port, drop), {
      context: {
        caller: { via: 'window', access: 'admin', personId: null },
        get correlationId() {
          return runtime.ids.next();
        },
        log: runtime.log,
      },
    });
    port.start();
  });

  const offer = async (path: string): Promise<ChosenHandle | null> => {
    const found = await stat(path).catch(() => null);
    if (!found?.isFile()) return null;
    const name = basename(path);
    return { handle: await files.offer(path, name, { temporary: false }), name, bytes: found.size };
  };
  answer<readonly ChosenHandle[]>(channels.choose, [], async (given) => {
    const purpose = FilePurpose.safeParse(given);
    const main = window();
    if (!purpose.success || !main) return [];
    const last = folders.of(purpose.data);
    const { filePaths } = await dialog.showOpenDialog(main, {
      properties: ['openFile', 'multiSelections'],
      filters: filters[purpose.data],
      ...(last === undefined ? {} : { defaultPath: last }),
    });
    if (filePaths[0] !== undefined) folders.note(purpose.data, filePaths[0]);
    const offered = await Promise.all(filePaths.map(offer));
    return offered.filter((file) => file !== null);
  });
  answer<ChosenHandle | null>(channels.dropped, null, async (path) =>
    typeof path === 'string' && path.length < 4096 ? offer(path) : null,
  );
  answer<boolean>(channels.save, false, async (suggested, given) => {
    const content = SaveContent.safeParse(given);
    const main = window();
    if (typeof suggested !== 'string' || !content.success || !main) return false;
    const name = basename(suggested).slice(0, 200);
    // What is saved is told apart by its kind: a pack, a sheet, a record.
    const purpose = `save${extname(name)}`.slice(0, 40);
    const { filePath } = await dialog.showSaveDialog(main, { defaultPath: join(folders.of(purpose) ?? '', name) });
    if (!filePath) return false;
    folders.note(purpose, filePath);
    if ('text' in content.data) {
      await writeFile(filePath, content.data.text);
      return true;
    }
    const file = await files.take(content.data.handle);
    if (!file) return false;
    await copyFile(file.path, filePath);
    await file.dispose();
    return true;
  });
  answer<boolean>(channels.external, false, async (url) =>
    typeof url === 'string' ? openExternal(url, runtime.log) : false,
  );

  answer<boolean>(channels.login, false, async (on) =>
    typeof on === 'boolean' ? setStartAtLogin(on) : startsAtLogin(),
  );
  answer<boolean>(channels.awake, false, async (on) => (typeof on === 'boolean' ? awake.set(on) : awake.setting));
  answer<boolean>(channels.notifies, false, async () => notifies());

  return {
    get dropped() {
      return dropped;
    },
    navigate(address) {
      const valid = Navigation.safeParse({ address });
      if (valid.success) window()?.webContents.send(channels.navigate, valid.data.address);
    },
  };
}
