import type { MessagePortMainLike } from '@orpc/client/message-port';
import { MESSAGE_LIMIT } from '../../../src-shared/contract/host-bridge.ts';

/**
 * The page's port as the contract's handler sees it: text or bytes of at most {@link MESSAGE_LIMIT}. Anything else, an object
 * as much as a message too big, goes to `refuse` and no further (SEC-14).
 */
export function pagePort(port: MessagePortMainLike, refuse: () => void): MessagePortMainLike {
  return {
    postMessage: (data: unknown) => port.postMessage(data),
    on: (event, take) =>
      port.on(event, (message) => {
        if (event === 'message' && !fits(message?.data)) refuse();
        else take(message);
      }),
  };
}

function fits(data: unknown): boolean {
  if (typeof data === 'string') return Buffer.byteLength(data) <= MESSAGE_LIMIT;
  return data instanceof Uint8Array && data.byteLength <= MESSAGE_LIMIT;
}
