import { EventEmitter } from 'node:events';

export type PortMessage = { text: string } | { bytes: string } | { json: unknown };

/** The main process's end of a page's message port. */
export class PortDouble extends EventEmitter {
  static readonly #open = new Map<string, PortDouble>();
  readonly #send: (message: PortMessage) => void;
  #waiting: unknown[] | null = [];

  constructor(id: string, send: (message: PortMessage) => void) {
    super();
    this.#send = send;
    PortDouble.#open.set(id, this);
  }

  static hear(id: string, message: PortMessage): void {
    const data =
      'text' in message
        ? message.text
        : 'json' in message
          ? message.json
          : new Uint8Array(Buffer.from(message.bytes, 'base64'));
    const port = PortDouble.#open.get(id);
    // Like Electron's: what comes before start() waits for it.
    if (!port) return;
    if (port.#waiting) port.#waiting.push(data);
    else port.emit('message', { data, ports: [] });
  }

  start(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const data of waiting) this.emit('message', { data, ports: [] });
  }

  postMessage(data: unknown): void {
    if (typeof data === 'string') this.#send({ text: data });
    else if (data instanceof Uint8Array) this.#send({ bytes: Buffer.from(data).toString('base64') });
    else if (data instanceof ArrayBuffer) this.#send({ bytes: Buffer.from(data).toString('base64') });
    else this.#send({ json: data });
  }

  close(): void {
    this.emit('close');
  }
}

class IpcMainDouble extends EventEmitter {
  readonly #handlers = new Map<string, (event: unknown, ...input: unknown[]) => unknown>();

  handle(channel: string, handler: (event: unknown, ...input: unknown[]) => unknown): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.#handlers.set(channel, handler);
  }

  async answer(channel: string, event: unknown, input: unknown[]): Promise<unknown> {
    const handler = this.#handlers.get(channel);
    if (!handler) throw new Error(`No handler registered for '${channel}'`);
    return handler(event, ...input);
  }
}

export const ipcMain = new IpcMainDouble();
