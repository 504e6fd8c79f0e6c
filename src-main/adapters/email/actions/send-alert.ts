import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type AlertMessage, EmailAlert, SEND_ALERT_VERSION } from '../../../../src-shared/domain/alert/message.ts';
import { RetryableError } from '../../../../src-shared/domain/failure.ts';
import { asJson, isAlert, wantsAction } from '../../kit/alert-words.ts';
import { kit, relayOf, smtpOf } from '../kit.ts';
import { senderOf } from '../settings.ts';
import { letterOf } from '../words.ts';

/** A relay that knows nobody yet lets a mail through when it comes again after a while. */
const comeBackMs = [60_000, 300_000, 900_000] as const;

const Mail = z.object({
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  messageId: z.string(),
  references: z.array(z.string()),
  urgent: z.boolean(),
  headers: z.record(z.string(), z.string()),
});

/**
 * One mail to one recipient. The Message-ID is the same on every repeat, so that mailboxes can fold them; later states of
 * an alert answer its first mail, so that it stays one thread.
 */
export const sendAlert = kit.action({
  label: 'Tell an e-mail address',
  payload: EmailAlert,
  payloadVersion: SEND_ALERT_VERSION,
  deliveryClass: 'never-miss',
  idempotency: 'none',
  plan({ message, to }, settings, stamp) {
    const letter = letterOf(message, stamp.at, stamp.repeat === true);
    const domain = senderOf(settings.from)?.domain ?? 'invalid';
    const root = threadId(message, to.address, domain);
    const first = isAlert(message)
      ? message.kind === 'firing' || message.kind === 'test'
      : message.kind === 'notice' || message.state === 'firing';
    const urgent = isAlert(message) && wantsAction(message) && ['critical', 'emergency'].includes(message.severity);
    const mail: z.input<typeof Mail> = {
      from: settings.from,
      to: to.address,
      ...letter,
      messageId: first ? root : `<${short(stamp.idempotencyKey)}.${short(to.address)}@${domain}>`,
      references: first ? [] : [root],
      urgent,
      headers: {
        // No out-of-office answers, and something to filter by.
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        'X-WedSync-Alert': isAlert(message) ? headerSafe(message.alertId) : message.kind,
      },
    };
    return {
      summary: letter.subject,
      target: to.name,
      fields: [
        { name: 'To', next: to.address },
        { name: 'Subject', next: letter.subject },
        { name: 'Text', next: letter.text },
      ],
      body: asJson(mail),
    };
  },
  async deliver(plan, stamp, ctx) {
    const mail = Mail.parse(plan.body);
    // A relay may have put its own id in place of ours; mail programs thread by either.
    const theirs = ((await ctx.earlier?.()) ?? [])
      .flatMap(({ vendorId }) => (vendorId === null ? [] : [vendorId]))
      .reverse();
    const references = mail.references.length === 0 ? [] : [...new Set([...mail.references, ...theirs])].slice(-20);
    try {
      const { serverMessageId, response } = await smtpOf(ctx).send(relayOf(ctx), { ...mail, references }, ctx.signal);
      return { vendorId: serverMessageId ?? mail.messageId, note: response };
    } catch (thrown) {
      if (!(thrown instanceof RetryableError) || thrown.code !== 'busy') throw thrown;
      const wait = comeBackMs[Math.min(stamp.attempt, comeBackMs.length) - 1] ?? comeBackMs[0];
      throw new RetryableError('busy', thrown.message, { ...thrown.detail, retryAfterMs: wait });
    }
  },
});

/** The id of the first mail of an alert to this recipient: later ones can name it without having kept it. */
function threadId(message: AlertMessage, recipient: string, domain: string): string {
  const subject = isAlert(message) ? message.alertId : message.kind === 'bundle' ? message.bundleId : message.noticeId;
  return `<${headerSafe(subject)}.${short(recipient)}@${domain}>`;
}

const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);
const headerSafe = (text: string) => (/^[A-Za-z0-9._-]{1,100}$/.test(text) ? text : short(text));
