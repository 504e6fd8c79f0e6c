import { z } from 'zod';
import type { SandboxLines, SandboxReply, SandboxWorld } from '../../../sandbox/kit.ts';
import { type Message, newTs, shown } from './messages.ts';

const Wish = z.object({
  /** Who presses. */
  user: z.string().default('U0SAM'),
  action: z.string().default('alert_ack'),
  /** The message; the newest with that button when left out. */
  ts: z.string().optional(),
  /** How often the same envelope is sent. */
  times: z.number().int().min(1).max(5).default(1),
  /** Instead of a press: Slack ends the line. */
  disconnect: z.enum(['warning', 'refresh_requested', 'link_disabled']).optional(),
});

function buttonIn(message: Message, action: string): { value?: string } | null {
  const elements = (message.blocks as { elements?: { action_id?: string; value?: string }[] }[]).flatMap(
    (block) => block.elements ?? [],
  );
  return elements.find((element) => element.action_id === action) ?? null;
}

/** `POST /_press?system=slack {"user": "U0SAM", "action": "alert_ack"}`: somebody presses a button in Slack. */
export function press(input: unknown, world: SandboxWorld, lines: SandboxLines): SandboxReply {
  const wish = Wish.safeParse(input);
  if (!wish.success)
    return { status: 400, json: { error: 'Say {"user"?, "action"?, "ts"?, "times"?} or {"disconnect"}' } };
  const { user, action, ts, times, disconnect } = wish.data;
  if (disconnect !== undefined) {
    const told = lines.send(
      JSON.stringify({ type: 'disconnect', reason: disconnect, debug_info: { host: 'wss-primary' } }),
    );
    return { status: 200, json: { sent: told } };
  }
  const message = world
    .documents<Message>('messages')
    .all()
    .filter((one) => buttonIn(one, action) !== null && (ts === undefined || one.ts === ts))
    .at(-1);
  if (!message) return { status: 404, json: { error: 'No message has such a button' } };
  const click = world.uuid();
  world.documents('clicks').put(click, { used: 0, at: world.now() });
  const envelope = {
    envelope_id: world.uuid(),
    type: 'interactive',
    accepts_response_payload: false,
    payload: {
      type: 'block_actions',
      user: { id: user, username: user.toLowerCase(), team_id: 'T0PRACTICE' },
      team: { id: 'T0PRACTICE', domain: 'bluebell' },
      api_app_id: 'A0WEDSYNC',
      channel: { id: message.channel, name: 'wedding-ops' },
      container: { type: 'message', message_ts: message.ts, channel_id: message.channel, is_ephemeral: false },
      message: shown(message),
      response_url: `https://hooks.slack.com/actions/T0PRACTICE/${click}/practice`,
      trigger_id: `${world.now()}.practice`,
      actions: [
        {
          type: 'button',
          action_id: action,
          block_id: 'alert',
          value: buttonIn(message, action)?.value,
          action_ts: newTs(world),
        },
      ],
    },
  };
  const text = JSON.stringify(envelope);
  const sent = Array.from({ length: times }, () => lines.send(text)).every(Boolean);
  return {
    status: sent ? 200 : 409,
    json: { sent, envelopeId: envelope.envelope_id, message: `${message.channel}:${message.ts}` },
  };
}
