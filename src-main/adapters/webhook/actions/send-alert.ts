import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SEND_ALERT_VERSION, WebhookAlert } from '../../../../src-shared/domain/alert/message.ts';
import { NeedsAttentionError, PermanentError } from '../../../../src-shared/domain/failure.ts';
import { failureOf } from '../../kit/classify.ts';
import { keyNamed } from '../../kit/named-keys.ts';
import { eventOf } from '../event.ts';
import { kit } from '../kit.ts';
import { signingKeysOf, targetsOf } from '../settings.ts';
import { signatureHeader } from '../signature.ts';

const Body = z.object({ target: z.string(), id: z.string(), event: z.record(z.string(), z.json()) });
/** After a change of key the old one signs too, this long at most (SEC-39). */
const rotationMs = 24 * 3_600_000;

/**
 * Standard Webhooks to an address a person entered: checked against private ranges at every attempt, never redirected.
 * The id is the event's and stays the same on a repeat; timestamp and signature are each attempt's own.
 */
export const sendAlert = kit.action({
  label: 'Tell a webhook target',
  payload: WebhookAlert,
  payloadVersion: SEND_ALERT_VERSION,
  deliveryClass: 'never-miss',
  idempotency: 'native-key',
  plan({ message, to }, settings, stamp) {
    const event = eventOf(message);
    const targets = targetsOf(settings.targets) ?? new Map<string, string>();
    const address = keyNamed(targets, to.address);
    return {
      summary: `${event.type} to ${to.name}`,
      target: address === null ? to.name : new URL(address).host,
      fields: [
        { name: 'Type', next: event.type },
        { name: 'Target', next: address ?? `none is called "${to.address}"` },
      ],
      body: {
        target: to.address,
        id: `msg_${createHash('sha256').update(stamp.idempotencyKey).digest('hex').slice(0, 32)}`,
        event,
      },
    };
  },
  async deliver(plan, stamp, ctx) {
    const { target, id, event } = Body.parse(plan.body);
    const url = keyNamed(targetsOf(ctx.settings.targets) ?? new Map<string, string>(), target);
    const newest =
      keyNamed(signingKeysOf(ctx.secrets.signingKeys), target) ??
      signingKeysOf(ctx.secrets.signingKeys).get('default') ??
      null;
    if (url === null || newest === null) {
      throw new NeedsAttentionError(
        'misconfigured',
        url === null ? `No webhook target is called "${target}"` : `No signing key is there for "${target}"`,
        {
          hint: 'Open Webhooks in Settings.',
        },
      );
    }
    const old = oldKey(target, stamp.at, ctx.settings.oldKeysUntil, ctx.secrets.oldSigningKeys);
    const bytes = Buffer.from(JSON.stringify(event));
    const seconds = Math.floor(stamp.at / 1_000);
    const reply = await ctx.http.send({
      method: 'POST',
      url,
      bytes,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'WedSync-Ops-Console',
        'webhook-id': id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': signatureHeader(id, seconds, bytes, old === null ? [newest] : [newest, old]),
      },
      untrustedHost: true,
      firstByteMs: 10_000,
      wholeMs: 15_000,
      signal: ctx.signal,
    });
    // What it says is of no interest, only that it took it.
    if (reply.status >= 200 && reply.status <= 299)
      return { vendorId: id, note: `${new URL(url).host} answered ${reply.status}` };
    throw failureOf(reply, {
      410: () =>
        new PermanentError('gone', `${new URL(url).host} wants no more events (410)`, {
          hint: 'Remove the target, or ask its owner.',
        }),
      // One receiver of several: the others go on.
      401: () => ownersTurn(url, 401),
      402: () => ownersTurn(url, 402),
      403: () => ownersTurn(url, 403),
      ...Object.fromEntries(redirects.map((status) => [status, () => ownersTurn(url, status)])),
    });
  },
});

const redirects = [300, 301, 302, 303, 304, 305, 306, 307, 308];

const ownersTurn = (url: string, status: number) =>
  new NeedsAttentionError(
    status < 400 ? 'misconfigured' : 'forbidden',
    `${new URL(url).host} did not take it (${status})`,
    {
      hint:
        status < 400
          ? 'Enter the address it leads to; the console follows no redirects.'
          : 'Ask the owner of the target to check the signing key.',
    },
  );

function oldKey(target: string, at: number, until: string, secret: string | undefined): string | null {
  const end = until === '' ? 0 : Date.parse(until);
  const inTime = at < end && end - at <= rotationMs;
  const keys = signingKeysOf(secret);
  return inTime ? (keyNamed(keys, target) ?? keys.get('default') ?? null) : null;
}
