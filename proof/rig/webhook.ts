import { createHmac } from 'node:crypto';

const secret = 'practice-generic-hmac-secret';

/** Sends one signed event to a practice console; gives the status, or 0 when nobody answered. */
export async function sendEvent(webhookUrl: string, id: string): Promise<number> {
  const body = JSON.stringify({ id, type: 'vendor.activity', text: `event ${id}` });
  const ts = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', secret).update(`${ts}.${body}`).digest('hex');
  try {
    const reply = await fetch(`${webhookUrl}/bluebell/generic-hmac`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-timestamp': ts,
        'x-signature-256': `sha256=${signature}`,
      },
      body,
      signal: AbortSignal.timeout(15_000),
    });
    await reply.arrayBuffer();
    return reply.status;
  } catch {
    return 0;
  }
}
