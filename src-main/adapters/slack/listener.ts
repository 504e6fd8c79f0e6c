import { z } from 'zod';
import { IntegrationError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Heard } from '../kit/adapter.ts';
import { meaningOf } from '../kit/alert-buttons.ts';
import { called, needed, postTo } from './client.ts';
import { kit, type SlackContext } from './kit.ts';
import { webhookHost } from './quirks.ts';
import { peopleOf } from './settings.ts';

const Opened = z.object({ url: z.string() });
const Envelope = z.object({
  type: z.string(),
  envelope_id: z.string().optional(),
  payload: z.unknown().optional(),
  num_connections: z.number().optional(),
  reason: z.string().optional(),
});
const Press = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().max(64) }),
  container: z.object({ message_ts: z.string().max(64) }).optional(),
  response_url: z.string().max(500).optional(),
  actions: z
    .array(z.object({ action_id: z.string(), value: z.string().max(200).optional(), action_ts: z.string().max(64) }))
    .min(1),
});
type Press = z.output<typeof Press>;

/**
 * Socket Mode: clicks reach a desktop without a public address. Our own small client, because Slack's treats a failed
 * reconnect as the end of the process and cannot be told where the practice sandbox is by the same rules as everything
 * else. One line; when it ends, whoever runs this opens the next.
 */
export const listener = kit.listener({
  label: 'Button presses (Socket Mode)',
  wanted: (_settings, { appToken }) => appToken !== undefined,
  async run(ctx, hear, stands) {
    const token = needed(ctx.secrets.appToken, 'the app-level token');
    if (!ctx.sockets) throw new RetryableError('network', 'This host opens no lines');
    const reply = await called(ctx, 'apps.connections.open', token);
    const named = Opened.safeParse(reply.json).data?.url ?? '';
    const target = URL.canParse(named) ? new URL(named) : null;
    if (target?.protocol !== 'wss:' || !target.hostname.endsWith('.slack.com')) {
      throw new RetryableError('vendor-down', 'Slack named a line that is not its own');
    }
    const over = new AbortController();
    await ctx.sockets.talk(
      named,
      {
        message(text, answer) {
          const envelope = envelopeOf(text);
          if (envelope === null) return;
          // Within three seconds, so before anything is done about it.
          if (envelope.envelope_id !== undefined) answer(JSON.stringify({ envelope_id: envelope.envelope_id }));
          if (envelope.type === 'hello') {
            stands();
            const lines = envelope.num_connections ?? 1;
            ctx.log.info('slack.listening', { lines });
            // Each click goes to one of them only.
            if (lines > 1) ctx.log.warn('slack.other-listeners', { lines });
          }
          if (envelope.type === 'disconnect') over.abort();
          if (envelope.type === 'interactive') void pressed(ctx, envelope.payload, hear);
        },
      },
      AbortSignal.any([ctx.signal, over.signal]),
    );
  },
});

function envelopeOf(text: string): z.output<typeof Envelope> | null {
  try {
    return Envelope.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

async function pressed(
  ctx: SlackContext,
  payload: unknown,
  hear: (heard: Heard) => Promise<{ readonly say: string | null }>,
): Promise<void> {
  const press = Press.safeParse(payload);
  const heard = press.success ? heardOf(press.data, ctx) : null;
  if (!press.success || heard === null) return;
  try {
    const { say } = await hear(heard);
    const { response_url: back } = press.data;
    if (say === null || back === undefined || !URL.canParse(back) || new URL(back).hostname !== webhookHost) return;
    await postTo(ctx, back, { response_type: 'ephemeral', replace_original: false, text: say });
  } catch (thrown) {
    // The click itself was worked or refused; only the words about it did not get there.
    ctx.log.warn('slack.answer-failed', { error: thrown instanceof IntegrationError ? thrown.code : String(thrown) });
  }
}

/** null: a button that only opens a page. */
function heardOf(press: Press, ctx: SlackContext): Heard | null {
  const [first] = press.actions;
  const meaning = first && meaningOf(first.action_id);
  if (!first || !meaning || first.value === undefined) return null;
  const seconds = Number(first.action_ts);
  return {
    kind: 'press',
    id: `${press.container?.message_ts ?? ''}:${first.action_ts}:${press.user.id}`,
    alertId: first.value,
    ...meaning,
    user: press.user.id,
    personId: peopleOf(ctx.settings.people).get(press.user.id) ?? null,
    at: Number.isFinite(seconds) && seconds > 0 ? Instant.parse(Math.round(seconds * 1_000)) : ctx.clock.now(),
  };
}
