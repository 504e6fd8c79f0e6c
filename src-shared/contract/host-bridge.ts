import { z } from 'zod';

/** What a window may learn about where it runs. */
export const HostInfo = z.object({
  host: z.enum(['desktop', 'agent']),
  platform: z.string(),
});
export type HostInfo = z.infer<typeof HostInfo>;

/** What the tray, a notification, a deep link or a second launch asks the window to show. Navigation only (SEC-18). */
export const Navigation = z.object({ address: z.string().max(2048).startsWith('/') });
export type Navigation = z.infer<typeof Navigation>;

/**
 * The one frozen object a desktop window finds as `window.wedsync`; in a browser at the agent it is absent.
 *
 * The contract itself runs over a message port: make a `MessageChannel`, keep `port1` for oRPC's message-port link, and
 * post `CONNECT` with `port2` to the own window. The preload hands the port to the main process.
 */
export interface HostBridge extends Readonly<HostInfo> {
  /** System dialog; resolves to one-use handles for `imports.preview` and `imports.start`, empty when cancelled. */
  chooseFiles(purpose: FilePurpose): Promise<readonly ChosenHandle[]>;
  /** A file dropped on the window; resolves to its one-use handle. */
  offerDropped(file: unknown): Promise<ChosenHandle | null>;
  /** Saves text the contract returned (audit extract) or a download handle (file pack) where the person says. */
  saveAs(suggestedName: string, content: { readonly text: string } | { readonly handle: string }): Promise<boolean>;
  /** Opens an https address of the fixed list in the default browser; false when refused. */
  openExternal(url: string): Promise<boolean>;
  /** Whether the console starts with the computer; with a value it is switched first. Answers the real state. */
  startAtLogin(on?: boolean): Promise<boolean>;
  /** Whether this computer is kept awake in wedding-day mode; with a value it is switched first. */
  stayAwake(on?: boolean): Promise<boolean>;
  /** Whether this computer shows notifications; where it does not, the window rings itself (U42). */
  notifies(): Promise<boolean>;
  /** Tray, notification or second launch asks for a screen; returns its own "stop". */
  onNavigate(listener: (address: string) => void): () => void;
}

export const FilePurpose = z.enum(['costs', 'weddings', 'usage', 'rates', 'backup', 'evidence']);
export type FilePurpose = z.infer<typeof FilePurpose>;

export const ChosenHandle = z.object({ handle: z.string(), name: z.string(), bytes: z.number() });
export type ChosenHandle = z.infer<typeof ChosenHandle>;

/** By name, as the browser's own storage holds it; no secret is among them. */
export const KeptView = z.record(z.string().max(200), z.string());
export type KeptView = z.infer<typeof KeptView>;

export {
  CONNECT,
  FILES_PATH,
  MESSAGE_LIMIT,
  RPC_PREFIX,
  TOKEN_HEADER,
  VIEW_LIMIT,
  VIEW_PATH,
} from './host-names.ts';
