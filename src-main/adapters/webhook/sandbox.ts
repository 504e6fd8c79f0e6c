import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  jsonOf,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';

/** The receiver of practice mode, and the key it checks with. */
export const practiceWebhook = {
  url: 'https://status.bluebell.example/hooks/wedsync',
  signingKey: 'whsec_cHJhY3RpY2Utd2ViaG9vay1rZXktMzItYnl0ZXMtbG9uZyE=',
  oldSigningKey: 'whsec_cHJhY3RpY2Utb2xkLXdlYmhvb2sta2V5LTMyLWJ5dGVzIQ==',
} as const;

const toleranceMs = 300_000;
const maxBytes = 20_000;

/** One of the signatures must fit: a receiver with either key takes an event that both have signed. */
function signedBy(request: SandboxRequest, key: string): boolean {
  const {
    'webhook-id': id = '',
    'webhook-timestamp': timestamp = '',
    'webhook-signature': signatures = '',
  } = request.headers;
  const expected = createHmac('sha256', Buffer.from(key.slice(6), 'base64'))
    .update(`${id}.${timestamp}.`)
    .update(request.bytes)
    .digest();
  return signatures.split(' ').some((part) => {
    const [version, value = ''] = part.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function receive(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '' } = request.headers;
  const say = (status: number, error: string) => ({ status, json: { error } });
  if (request.method !== 'POST') return say(405, 'POST only');
  if (request.path !== '/hooks/wedsync') return say(404, 'no such hook');
  if (request.bytes.length > maxBytes) return say(413, 'too large');
  if (id === '' || id.includes('.') || !/^\d{1,12}$/.test(timestamp)) return say(400, 'headers are missing');
  if (Math.abs(world.now() - Number(timestamp) * 1_000) > toleranceMs)
    return say(400, 'timestamp is too old or too new');
  const key = world.fault('old-key') ? practiceWebhook.oldSigningKey : practiceWebhook.signingKey;
  if (!signedBy(request, key)) return say(401, 'no matching signature');
  const event = jsonOf(request) as { type?: unknown; timestamp?: unknown; data?: unknown } | undefined;
  if (
    typeof event?.type !== 'string' ||
    !/^[a-z0-9_.]+$/.test(event.type) ||
    typeof event.timestamp !== 'string' ||
    event.data === undefined
  ) {
    return say(422, 'not an event');
  }
  const events = world.documents<unknown>('events');
  // Seen before: nothing happens twice.
  if (events.get(id) !== null) return { status: 200, json: { duplicate: true } };
  events.put(id, event);
  return { status: 200, json: { ok: true } };
}

/** `old-key`: the receiver has not changed to the new key yet. */
export const webhookSandbox: SandboxSystem = {
  id: 'webhook',
  hosts: ['status.bluebell.example'],
  faults: ['old-key'],
  handle: receive,
};
