import { z } from 'zod';
import { SEND_ALERT_VERSION, SmsAlert } from '../../../../src-shared/domain/alert/message.ts';
import { counted } from '../../kit/alert-words.ts';
import { ask, Message } from '../client.ts';
import { segmentsOf, unitsOf } from '../gsm.ts';
import { kit } from '../kit.ts';
import { smsText } from '../words.ts';

const Body = z.object({ form: z.record(z.string(), z.string()) });

/** One text. Twilio deduplicates nothing, so a repeat may arrive twice; the reference tells that it is the same. */
export const sendAlert = kit.action({
  label: 'Tell a telephone',
  payload: SmsAlert,
  payloadVersion: SEND_ALERT_VERSION,
  deliveryClass: 'never-miss',
  idempotency: 'none',
  plan({ message, to }, settings, stamp) {
    const text = smsText(message, stamp.at);
    const { sender, validitySeconds, statusCallback } = settings;
    return {
      summary: text,
      target: to.name,
      fields: [
        { name: 'To', next: to.address },
        { name: 'Text', next: text },
        { name: 'Length', next: `${unitsOf(text)} units, ${counted(segmentsOf(text), 'part')}` },
      ],
      body: {
        form: {
          To: to.address,
          [sender.startsWith('MG') ? 'MessagingServiceSid' : 'From']: sender,
          Body: text,
          // Twilio's own is ten hours: yesterday's alarm at breakfast.
          ValidityPeriod: String(validitySeconds),
          ...(statusCallback === '' ? {} : { StatusCallback: statusCallback }),
        },
      },
    };
  },
  async deliver(plan, _stamp, ctx) {
    const { form } = Body.parse(plan.body);
    const { sid, status } = await ask(ctx, 'POST', '.json', Message, form);
    return { vendorId: sid, note: `${status}, ${counted(segmentsOf(form.Body ?? ''), 'part')}` };
  },
});
