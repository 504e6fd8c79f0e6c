import { z } from 'zod';
import { SEND_ALERT_VERSION, SlackAlert } from '../../../../src-shared/domain/alert/message.ts';
import type { Receipt } from '../../../../src-shared/domain/delivery/job.ts';
import { PermanentError, RetryableError } from '../../../../src-shared/domain/failure.ts';
import { asJson, isAlert } from '../../kit/alert-words.ts';
import { alertText, otherText, replyText } from '../blocks.ts';
import { call, needed, postTo, turn } from '../client.ts';
import { kit, type SlackContext } from '../kit.ts';
import { badBlocks, notEditable } from '../quirks.ts';

const Text = z.object({ text: z.string(), blocks: z.array(z.record(z.string(), z.json())) });
const Body = z.object({
  channel: z.string(),
  now: Text,
  /** An earlier message about the same thing is changed; a reply says so in its thread. */
  edits: z.boolean().default(false),
  reply: Text.nullable(),
  /** Shown in the channel as well as in the thread. */
  broadcast: z.boolean(),
  /** Readable by every member of the workspace: ids only. */
  metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.json()) }),
});
type Body = z.output<typeof Body>;
const Posted = z.object({ channel: z.string(), ts: z.string() });
type Posted = z.output<typeof Posted>;

/**
 * The first message of an alert to a channel is posted; later states change it and answer in its thread, so that one
 * alert is one place in the channel. What wants somebody shows in the channel again.
 */
export const sendAlert = kit.action({
  label: 'Tell a Slack channel',
  payload: SlackAlert,
  payloadVersion: SEND_ALERT_VERSION,
  deliveryClass: 'never-miss',
  idempotency: 'none',
  plan({ message, to }, settings, stamp) {
    const how = { at: stamp.at, repeat: stamp.repeat === true, consoleAddress: settings.consoleAddress };
    const facts = isAlert(message) ? message : null;
    const now = isAlert(message) ? alertText(message, how) : otherText(message, how);
    const body: z.input<typeof Body> = {
      channel: to.address,
      now: { text: now.text, blocks: [...now.blocks] as never },
      edits: isAlert(message) || message.kind === 'bundle',
      reply: facts ? { text: replyText(facts, how).text, blocks: [] } : null,
      broadcast: !['acknowledged', 'snoozed'].includes(message.kind),
      metadata: {
        event_type: 'wedsync_alert',
        event_payload: facts ? { alert_id: facts.alertId, step: facts.step, kind: facts.kind } : { kind: message.kind },
      },
    };
    return {
      summary: now.text,
      target: to.name,
      fields: [{ name: 'Message', next: now.text }],
      body: asJson(body),
    };
  },
  async deliver(plan, _stamp, ctx) {
    const body = Body.parse(plan.body);
    const { botToken, webhookUrl } = ctx.secrets;
    if (botToken === undefined && webhookUrl !== undefined) return simple(body, webhookUrl, ctx);
    const token = needed(botToken, 'the bot token or an incoming webhook');
    const root = body.edits || body.reply !== null ? await rootOf(ctx) : null;
    if (root === null) return post(ctx, token, body, body.channel, body.now, null);
    await turn(ctx, 'updates');
    const changed = await sent(
      ctx,
      'chat.update',
      token,
      { channel: root.channel, ts: root.ts, metadata: body.metadata },
      body.now,
    );
    if (!changed.ok && !notEditable.has(changed.error)) throw changed.thrown;
    if (!changed.ok && changed.error === 'message_not_found')
      return post(ctx, token, body, root.channel, body.now, null);
    if (body.reply === null) return { vendorId: `${root.channel}:${root.ts}`, note: 'message changed' };
    return post(ctx, token, body, root.channel, body.reply, root);
  },
});

/** The first message of this alert in this channel; every receipt of it names that one. */
async function rootOf(ctx: SlackContext): Promise<Posted | null> {
  for (const { vendorId } of (await ctx.earlier?.()) ?? []) {
    const [channel = '', ts = ''] = vendorId?.split(':') ?? [];
    if (channel !== '' && ts !== '') return { channel, ts };
  }
  return null;
}

async function post(
  ctx: SlackContext,
  token: string,
  body: Body,
  channel: string,
  text: z.output<typeof Text>,
  root: Posted | null,
): Promise<Receipt> {
  await turn(ctx, channel);
  const place = {
    channel,
    unfurl_links: false,
    unfurl_media: false,
    metadata: body.metadata,
    ...(root === null ? {} : { thread_ts: root.ts, ...(body.broadcast ? { reply_broadcast: true } : {}) }),
  };
  const done = await sent(ctx, 'chat.postMessage', token, place, text);
  if (!done.ok && root !== null && notEditable.has(done.error)) return post(ctx, token, body, channel, body.now, null);
  if (!done.ok) throw done.thrown;
  const posted = Posted.safeParse(done.reply.json);
  if (!posted.success) throw new RetryableError('timeout', 'Slack took the message, but did not say where it is');
  const { ts } = root ?? posted.data;
  return {
    vendorId: `${posted.data.channel}:${ts}`,
    note: root === null ? 'posted' : 'message changed, answered in its thread',
  };
}

/** Refused for its form, it goes once more as text alone: an ugly alert is better than none. */
async function sent(
  ctx: SlackContext,
  method: string,
  token: string,
  place: Record<string, unknown>,
  text: z.output<typeof Text>,
) {
  const full = { ...place, text: text.text, ...(text.blocks.length === 0 ? {} : { blocks: text.blocks }) };
  const first = await call(ctx, method, token, full);
  if (first.ok || !badBlocks.has(first.error) || text.blocks.length === 0) return first;
  ctx.log.warn('slack.blocks-refused', { method, error: first.error });
  const bare = { ...place, text: text.text, ...(method === 'chat.update' ? { blocks: [] } : {}) };
  return call(ctx, method, token, bare);
}

/** An incoming webhook answers no message id, so later states are messages of their own. */
async function simple(body: Body, url: string, ctx: SlackContext): Promise<Receipt> {
  if (body.edits && body.reply === null && ((await ctx.earlier?.()) ?? []).length > 0)
    return { vendorId: null, note: 'an incoming webhook cannot change what it posted' };
  await turn(ctx, 'webhook');
  const blocks = body.now.blocks.filter(({ type }) => type !== 'actions');
  try {
    await postTo(ctx, url, { text: body.now.text, blocks, unfurl_links: false, unfurl_media: false });
  } catch (thrown) {
    if (!(thrown instanceof PermanentError) || blocks.length === 0) throw thrown;
    await postTo(ctx, url, { text: body.now.text, unfurl_links: false, unfurl_media: false });
  }
  return { vendorId: null, note: 'posted by incoming webhook' };
}
