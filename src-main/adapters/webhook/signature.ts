import { createHmac } from 'node:crypto';

/**
 * Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body` with the decoded secret, one `v1` part a key, newest first.
 * The package for it takes no clock and one key, so the few lines are here and the package checks them in the tests.
 * @param seconds unix time of this attempt
 */
export function signatureHeader(id: string, seconds: number, body: Uint8Array, keys: readonly string[]): string {
  return keys
    .map((key) => {
      const hmac = createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'));
      hmac.update(`${id}.${seconds}.`).update(body);
      return `v1,${hmac.digest('base64')}`;
    })
    .join(' ');
}
