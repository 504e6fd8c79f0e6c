import { z } from 'zod';
import type { Fault } from '../../sandbox/faults.ts';
import {
  bodyOf,
  formOf,
  jsonOf,
  matchRoute,
  type Params,
  type Route,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';
import { blocksProblem } from './sandbox/blocks.ts';
import { type Message, newTs, shown } from './sandbox/messages.ts';
import { press } from './sandbox/press.ts';

/** What the practice workspace gives out; any other token is refused. */
export const practiceSlack = {
  botToken: 'xoxb-practice-0000000000',
  appToken: 'xapp-practice-0000000000',
  webhookUrl: 'https://hooks.slack.com/services/T0PRACTICE/B0PRACTICE/practice0000000000',
} as const;

interface Channel {
  readonly id: string;
  readonly name: string;
  readonly member: boolean;
  archived: boolean;
}
interface Switches {
  revoked?: boolean;
  scopes?: string;
}

const first: readonly Channel[] = [
  { id: 'C0WEDDAY', name: 'wedding-ops', member: true, archived: false },
  { id: 'C0MANAGE', name: 'management', member: true, archived: false },
  { id: 'C0ARCHIVE', name: 'last-season', member: true, archived: true },
  { id: 'C0PRIVATE', name: 'board', member: false, archived: false },
];
const usualScopes = 'chat:write,chat:write.public';
const burst = 15;

const ok = (content: Record<string, unknown> = {}): SandboxReply => ({ status: 200, json: { ok: true, ...content } });
const no = (error: string, more: Record<string, unknown> = {}): SandboxReply => ({
  status: 200,
  json: { ok: false, error, ...more },
});

function channels(world: SandboxWorld) {
  const store = world.documents<Channel>('channels');
  if (store.all().length === 0) for (const channel of first) store.put(channel.id, channel);
  return store;
}

const switches = (world: SandboxWorld): Switches => world.documents<Switches>('switches').get('now') ?? {};

/** null: allowed. Slack answers a bad token with status 200. */
function tokenProblem(
  request: SandboxRequest,
  world: SandboxWorld,
  wanted: string,
  scope: string,
): SandboxReply | null {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (given === undefined) return no('not_authed');
  const { revoked, scopes = usualScopes } = switches(world);
  if (given !== wanted)
    return no(given.startsWith('xo') || given.startsWith('xapp') ? 'not_allowed_token_type' : 'invalid_auth');
  if (revoked) return no('token_revoked');
  if (scope !== '' && !scopes.split(',').includes(scope))
    return no('missing_scope', { needed: scope, provided: scopes });
  return null;
}

/** One message a second and place, with short bursts. */
function tooFast(world: SandboxWorld, place: string): SandboxReply | null {
  const store = world.documents<{ left: number; at: number }>('pace');
  const now = world.now();
  const held = store.get(place) ?? { left: burst, at: now };
  const left = Math.min(burst, held.left + (now - held.at) / 1_000);
  if (left < 1) return { status: 429, headers: { 'retry-after': '1' }, json: { ok: false, error: 'ratelimited' } };
  store.put(place, { left: left - 1, at: now });
  return null;
}

const Metadata = z.strictObject({ event_type: z.string().min(1), event_payload: z.record(z.string(), z.json()) });
const Post = z.strictObject({
  channel: z.string(),
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  thread_ts: z.string().optional(),
  reply_broadcast: z.boolean().optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
  metadata: Metadata.optional(),
});
const Update = z.strictObject({
  channel: z.string(),
  ts: z.string(),
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  metadata: Metadata.optional(),
});

function contentProblem({
  text,
  blocks,
}: {
  text?: string | undefined;
  blocks?: unknown[] | undefined;
}): SandboxReply | null {
  if ((text ?? '') === '' && (blocks ?? []).length === 0) return no('no_text');
  if ((text ?? '').length > 40_000) return no('msg_too_long');
  if (JSON.stringify(blocks ?? []).length > 16_000) return no('msg_blocks_too_long');
  const problem = blocksProblem(blocks ?? []);
  return problem === null ? null : no('invalid_blocks', { response_metadata: { messages: [`[ERROR] ${problem}`] } });
}

function channelOf(world: SandboxWorld, name: string): Channel | SandboxReply {
  const found = channels(world)
    .all()
    .find((one) => one.id === name || `#${one.name}` === name || one.name === name);
  if (!found) return no('channel_not_found');
  if (found.archived) return no('is_archived');
  if (!found.member) return no('not_in_channel');
  return found;
}

function postMessage(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const refused = tokenProblem(request, world, practiceSlack.botToken, 'chat:write');
  if (refused) return refused;
  if (jsonOf(request) === undefined) return no('invalid_json');
  const post = bodyOf(request, Post);
  if (!post) return no('invalid_arguments');
  const channel = channelOf(world, post.channel);
  if ('status' in channel) return channel;
  const bad = contentProblem(post) ?? tooFast(world, channel.id);
  if (bad) return bad;
  const messages = world.documents<Message>('messages');
  if (post.thread_ts !== undefined && !messages.get(`${channel.id}:${post.thread_ts}`)) return no('thread_not_found');
  if (world.fault('refuse-blocks') && post.blocks !== undefined) return no('invalid_blocks');
  const message: Message = {
    channel: channel.id,
    ts: newTs(world),
    text: post.text ?? '',
    blocks: post.blocks ?? [],
    threadTs: post.thread_ts ?? null,
    broadcast: post.reply_broadcast ?? false,
    edits: 0,
  };
  messages.put(`${channel.id}:${message.ts}`, message);
  return ok({ channel: channel.id, ts: message.ts, message: shown(message) });
}

function update(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const refused = tokenProblem(request, world, practiceSlack.botToken, 'chat:write');
  if (refused) return refused;
  const wish = bodyOf(request, Update);
  if (!wish) return no('invalid_arguments');
  // A name is good enough to post, not to change.
  if (!channels(world).get(wish.channel)) return no('channel_not_found');
  const messages = world.documents<Message>('messages');
  const message = messages.get(`${wish.channel}:${wish.ts}`);
  if (!message) return no('message_not_found');
  if (world.fault('edit-window-closed')) return no('edit_window_closed');
  const bad = contentProblem(wish) ?? tooFast(world, 'updates');
  if (bad) return bad;
  const changed = {
    ...message,
    text: wish.text ?? message.text,
    blocks: wish.blocks ?? message.blocks,
    edits: message.edits + 1,
  };
  messages.put(`${wish.channel}:${wish.ts}`, changed);
  return ok({ channel: wish.channel, ts: wish.ts, text: changed.text, message: shown(changed) });
}

function authTest(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const refused = tokenProblem(request, world, practiceSlack.botToken, '');
  if (refused) return refused;
  return {
    ...ok({
      url: 'https://bluebell.slack.com/',
      team: 'Bluebell',
      user: 'wedsync',
      team_id: 'T0PRACTICE',
      user_id: 'U0WEDSYNC',
      bot_id: 'B0WEDSYNC',
      is_enterprise_install: false,
    }),
    headers: { 'x-oauth-scopes': switches(world).scopes ?? usualScopes },
  };
}

function openConnection(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const refused = tokenProblem(request, world, practiceSlack.appToken, '');
  if (refused) return refused;
  const ticket = world.uuid();
  world.documents('tickets').put(ticket, true);
  return ok({ url: `wss://wss-primary.slack.com/link/?ticket=${ticket}&app_id=A0WEDSYNC` });
}

const WebhookBody = z.strictObject({
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
});

function incomingWebhook(request: SandboxRequest, _params: Params, world: SandboxWorld): SandboxReply {
  const text = (status: number, said: string) => ({ status, text: said });
  if (`https://hooks.slack.com${request.path}` !== practiceSlack.webhookUrl) return text(404, 'no_service');
  const body = bodyOf(request, WebhookBody);
  if (!body) return text(400, 'invalid_payload');
  if (contentProblem(body)) return text(400, 'invalid_blocks');
  return tooFast(world, 'webhook') ?? text(200, 'ok');
}

/** The address Slack hands out with a click: five answers within half an hour. */
function answerToClick(request: SandboxRequest, params: Params, world: SandboxWorld): SandboxReply {
  const clicks = world.documents<{ used: number; at: number }>('clicks');
  const click = clicks.get(params.click ?? '');
  if (!click || click.used >= 5 || world.now() - click.at > 1_800_000)
    return { status: 404, json: { ok: false, error: 'used_url' } };
  clicks.put(params.click ?? '', { ...click, used: click.used + 1 });
  world.documents('answers').put(world.uuid(), jsonOf(request));
  return ok();
}

const routes: readonly Route<SandboxWorld>[] = [
  { method: 'POST', path: '/api/chat.postMessage', handle: (request, _params, world) => postMessage(request, world) },
  { method: 'POST', path: '/api/chat.update', handle: (request, _params, world) => update(request, world) },
  { method: 'POST', path: '/api/auth.test', handle: (request, _params, world) => authTest(request, world) },
  {
    method: 'POST',
    path: '/api/apps.connections.open',
    handle: (request, _params, world) => openConnection(request, world),
  },
];
const hookRoutes: readonly Route<SandboxWorld>[] = [
  { method: 'POST', path: '/services/:team/:hook/:secret', handle: incomingWebhook },
  { method: 'POST', path: '/actions/:team/:click/:secret', handle: answerToClick },
];

function misbehave(fault: Fault, world: SandboxWorld): boolean {
  const store = world.documents<Switches>('switches');
  switch (fault.fault) {
    case 'revoke':
      store.put('now', { ...switches(world), revoked: true });
      return true;
    case 'drop-scope':
      store.put('now', {
        ...switches(world),
        scopes: usualScopes
          .split(',')
          .filter((scope) => scope !== fault.value)
          .join(','),
      });
      return true;
    case 'archive': {
      const channel = channels(world).get(fault.value ?? '');
      if (channel) channels(world).put(channel.id, { ...channel, archived: true });
      return true;
    }
    default:
      return false;
  }
}

export const slackSandbox: SandboxSystem = {
  id: 'slack',
  hosts: ['slack.com', 'hooks.slack.com', 'wss-primary.slack.com'],
  faults: ['revoke', 'drop-scope', 'archive', 'edit-window-closed', 'refuse-blocks'],
  misbehave,
  press,
  socket: {
    accept(request, world) {
      const ticket = request.query.get('ticket') ?? '';
      const tickets = world.documents('tickets');
      const good = request.host === 'wss-primary.slack.com' && tickets.get(ticket) !== null;
      tickets.remove(ticket);
      return good;
    },
    greeting: (_world, lines) =>
      JSON.stringify({
        type: 'hello',
        num_connections: lines.count,
        connection_info: { app_id: 'A0WEDSYNC' },
        debug_info: { host: 'wss-primary', approximate_connection_time: 18_060 },
      }),
    message(text, world) {
      world.documents('acks').put(world.uuid(), text.slice(0, 1_000));
    },
  },
  handle(request, world) {
    const table = request.host === 'slack.com' ? routes : request.host === 'hooks.slack.com' ? hookRoutes : [];
    const match = matchRoute(table, request);
    if (typeof match !== 'string') return match.route.handle(request, match.params, world);
    return request.host === 'slack.com'
      ? no('unknown_method', { args: [...formOf(request).keys()].slice(0, 3) })
      : { status: 404, text: 'no_service' };
  },
};
