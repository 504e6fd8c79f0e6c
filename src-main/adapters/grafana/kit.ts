import { Buffer } from 'node:buffer';
import { NeedsAttentionError, PermanentError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply, HttpRequest } from '../../ports/http.ts';
import { adapterKit, type Context } from '../kit/adapter.ts';
import { failureOf, type Overrides } from '../kit/classify.ts';
import { metricTimes } from '../kit/metric-send.ts';
import { secrets, settings } from './settings.ts';

export const kit = adapterKit({ settings, secrets });
export type GrafanaContext = Context<ReturnType<typeof settings.parse>, ReturnType<typeof secrets.parse>>;

/** Grafana Cloud is a vendor's host; any other address is a person's, and checked against private ranges (SEC-36). */
export const trust = (url: string): Pick<HttpRequest, 'untrustedHost'> =>
  new URL(url).hostname.endsWith('.grafana.net') ? {} : { untrustedHost: true };

export const basic = ({
  settings: { writeUser },
  secrets: { writeToken },
}: Pick<GrafanaContext, 'settings' | 'secrets'>) =>
  `Basic ${Buffer.from(`${writeUser}:${writeToken}`).toString('base64')}`;

const keyProblem = (what: string) => (reply: Pick<HttpReply, 'excerpt'>) =>
  new NeedsAttentionError('auth', `${what} did not accept the sign-in: ${reply.excerpt}`, {
    scope: 'connection',
    hint: 'User and token belong together: use the card of the Prometheus of your stack, not the one of OTLP.',
  });
export const writeQuirks: Overrides = {
  401: keyProblem('The metrics address'),
  403: keyProblem('The metrics address'),
  // Plain text with the flag that is missing, on a Prometheus that was started without its receiver.
  404: ({ excerpt }) =>
    new PermanentError('gone', `Nothing takes metrics at this address: ${excerpt}`, {
      hint: 'A Prometheus needs --web.enable-remote-write-receiver (or --web.enable-otlp-receiver).',
    }),
};

/** One call of Grafana's own API. */
export async function grafanaCall(
  ctx: GrafanaContext,
  method: 'GET' | 'POST',
  path: string,
  json?: unknown,
): Promise<HttpReply> {
  const { grafanaUrl } = ctx.settings;
  const { serviceToken } = ctx.secrets;
  if (grafanaUrl === '' || serviceToken === undefined) {
    throw new NeedsAttentionError('misconfigured', 'Grafana’s address or its service account token is not entered', {
      hint: 'Enter both in Settings; metrics themselves need neither.',
    });
  }
  const url = `${grafanaUrl.replace(/\/+$/, '')}${path}`;
  const reply = await ctx.http.send({
    method,
    url,
    headers: { authorization: `Bearer ${serviceToken}` },
    ...(json === undefined ? {} : { json }),
    ...metricTimes,
    ...trust(url),
    signal: ctx.signal,
  });
  if (reply.status !== 200) throw failureOf(reply);
  return reply;
}
