import type { ClientContext } from '@orpc/client';
import { RPCLink as HttpLink } from '@orpc/client/fetch';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import type { StandardLinkPlugin } from '@orpc/client/standard';
import { ResponseValidationPlugin } from '@orpc/contract/plugins';
import {
  ChosenHandle,
  CONNECT,
  FILES_PATH,
  type FilePurpose,
  type HostBridge,
  MESSAGE_LIMIT,
  RPC_PREFIX,
  TOKEN_HEADER,
} from '../../src-shared/contract/host-bridge.ts';
import { contract } from '../../src-shared/contract/index.ts';

declare global {
  interface Window {
    /** Present in the desktop window only. */
    readonly wedsync?: HostBridge;
  }
}

const TOKEN_KEY = 'wedsync-ops-token';

/**
 * The token of this start arrives in the address fragment and is taken out of the address at once. It stays in this
 * tab's session storage so that a reload works; it travels in a header only.
 */
export function takeToken(): string {
  const found = /^#?(?:\/?\?)?(?:.*[&?])?token=([\w-]{16,})/.exec(window.location.hash)?.[1];
  if (found) {
    sessionStorage.setItem(TOKEN_KEY, found);
    const rest = window.location.hash.replace(/[#?&]?token=[\w-]+&?/, '').replace(/^#?/, '#');
    window.history.replaceState(null, '', rest.startsWith('#/') ? rest : '#/');
  }
  return sessionStorage.getItem(TOKEN_KEY) ?? '';
}

/** Message port in the desktop window, http with the token header at the agent. Answers are checked against the contract. */
export function createLink(): HttpLink<ClientContext> | PortLink<ClientContext> {
  const plugins: StandardLinkPlugin<ClientContext>[] = [new ResponseValidationPlugin(contract)];
  if (!window.wedsync) {
    return new HttpLink({
      url: `${window.location.origin}${RPC_PREFIX}`,
      headers: () => ({ [TOKEN_HEADER]: takeToken() }),
      plugins,
    });
  }
  const channel = new MessageChannel();
  window.postMessage(CONNECT, window.location.origin, [channel.port2]);
  channel.port1.start();
  return new PortLink({ port: withinLimit(channel.port1), plugins });
}

/** The other side drops what is bigger without a word (SEC-14): said here, the call fails instead of waiting for ever. */
function withinLimit(port: MessagePort): Pick<MessagePort, 'addEventListener' | 'postMessage'> {
  return {
    addEventListener: port.addEventListener.bind(port),
    postMessage(message: string | Uint8Array<ArrayBuffer>) {
      if (new Blob([message]).size > MESSAGE_LIMIT)
        throw new Error('That is more than one step can take. Shorten the text, or choose fewer rows at once.');
      port.postMessage(message);
    },
  };
}

/** Gives a dropped or chosen file to the host; the answer is a one-use handle. Null: the host would not take it. */
export async function uploadFile(file: File): Promise<ChosenHandle | null> {
  if (window.wedsync) return window.wedsync.offerDropped(file);
  const answer = await fetch(`${FILES_PATH}?name=${encodeURIComponent(file.name)}`, {
    method: 'PUT',
    headers: { [TOKEN_HEADER]: takeToken(), 'content-type': 'application/octet-stream' },
    body: file,
  });
  if (!answer.ok) throw new Error(`The file was not taken (${answer.status}).`);
  return ChosenHandle.parse(await answer.json());
}

/** Asks for a file: the system dialog in the desktop window, the browser's own at the agent. Null: nothing chosen. */
export async function chooseFile(purpose: FilePurpose): Promise<ChosenHandle | null> {
  if (window.wedsync) return (await window.wedsync.chooseFiles(purpose))[0] ?? null;
  const file = await pickInBrowser();
  return file ? uploadFile(file) : null;
}

function pickInBrowser(): Promise<File | null> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.addEventListener('change', () => resolve(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

/** Puts a text or a prepared download where the person says. False: not saved. */
export async function saveAs(name: string, content: { text: string } | { handle: string }): Promise<boolean> {
  if (window.wedsync) return window.wedsync.saveAs(name, content);
  const blob =
    'text' in content
      ? new Blob([content.text], { type: 'application/octet-stream' })
      : await fetch(`${FILES_PATH}/${encodeURIComponent(content.handle)}`, {
          headers: { [TOKEN_HEADER]: takeToken() },
        }).then((answer) => {
          if (!answer.ok) throw new Error(`The download is no longer there (${answer.status}).`);
          return answer.blob();
        });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
  return true;
}

/** Opens a sign-in page outside the console. */
export async function openOutside(url: string): Promise<boolean> {
  if (window.wedsync) return window.wedsync.openExternal(url);
  return window.open(url, '_blank', 'noopener,noreferrer') !== null || true;
}
