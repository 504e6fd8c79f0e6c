import {
  formOf,
  matchRoute,
  type Params,
  type Route,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';

/** The practice account and its key. */
export const practiceSms = {
  accountSid: 'AC0123456789abcdef0123456789abcdef',
  key: 'SK0123456789abcdef0123456789abcdef',
  keySecret: 'practice-twilio-secret-000000000',
  service: 'MG0123456789abcdef0123456789abcdef',
  number: '+447700900001',
} as const;

interface Kept {
  readonly sid: string;
  readonly to: string;
  readonly from: string | null;
  readonly service: string | null;
  readonly body: string;
  readonly segments: number;
  readonly createdAt: number;
  readonly validityMs: number;
  /** What becomes of it. */
  readonly end: 'delivered' | 'undelivered' | 'failed' | 'silent';
  readonly errorCode: number | null;
}

/** The regulator keeps these for drama; a few of them behave in a way of their own. */
const optedOut = '+447700900999';
const landline = /^\+44[12]/;
const unit = /^[\n\r @£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;

const error = (status: number, code: number, message: string): SandboxReply => ({
  status,
  json: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
});

function refused(request: SandboxRequest, account: string): SandboxReply | null {
  const given = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const expected = Buffer.from(`${practiceSms.key}:${practiceSms.keySecret}`).toString('base64');
  if (given !== expected) return error(401, 20003, 'Authenticate');
  if (account !== practiceSms.accountSid) return error(404, 20404, 'The requested resource was not found');
  return request.inFlight > 10 ? error(429, 20429, 'Too Many Requests') : null;
}

/** Text parts as Twilio bills them: 7-bit where every letter allows it. */
function segments(body: string): number {
  const seven = unit.test(body);
  const units = seven
    ? [...body].reduce((sum, letter) => sum + ('^{}\\[~]|€'.includes(letter) ? 2 : 1), 0)
    : body.length;
  const [alone, each] = seven ? [160, 153] : [70, 67];
  return units <= alone ? 1 : Math.ceil(units / each);
}

function create(request: SandboxRequest, params: Params, world: SandboxWorld): SandboxReply {
  const no = refused(request, params.account ?? '');
  if (no) return no;
  const form = formOf(request);
  const to = form.get('To') ?? '';
  const from = form.get('From');
  const service = form.get('MessagingServiceSid');
  const body = form.get('Body') ?? '';
  const validity = Number(form.get('ValidityPeriod') ?? 36_000);
  if (to === '') return error(400, 21604, "A 'To' phone number is required.");
  if (!/^\+[1-9]\d{6,14}$/.test(to)) return error(400, 21211, `The 'To' number ${to} is not a valid phone number.`);
  if (from === null && service === null) return error(400, 21603, "A 'From' phone number is required.");
  if (service !== null && service !== practiceSms.service)
    return error(400, 21701, 'The Messaging Service does not exist');
  if (from !== null && from !== practiceSms.number && !/^(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}$/.test(from)) {
    return error(
      400,
      21606,
      `The 'From' phone number provided (${from}) is not a valid message-capable Twilio phone number for this destination.`,
    );
  }
  if (body === '') return error(400, 21602, 'Message body is required.');
  if (body.length > 1_600) return error(400, 21617, 'The concatenated message body exceeds the 1600 character limit.');
  if (!Number.isInteger(validity) || validity < 1 || validity > 36_000)
    return error(400, 20001, 'ValidityPeriod must be between 1 and 36000');
  if (!to.startsWith('+44'))
    return error(
      400,
      21408,
      `Permission to send an SMS has not been enabled for the region indicated by the 'To' number: ${to}.`,
    );
  if (landline.test(to)) return error(400, 21614, `'To' number ${to} is not a valid mobile number`);
  if (to === optedOut) return error(400, 21610, 'Attempt to send to unsubscribed recipient');

  const lost = world.fault('undelivered');
  const message: Kept = {
    sid: `SM${world.text().slice(0, 32)}`,
    to,
    from,
    service,
    body,
    segments: segments(body),
    createdAt: world.now(),
    validityMs: validity * 1_000,
    end: lost ? 'undelivered' : world.fault('no-receipt') ? 'silent' : 'delivered',
    errorCode: lost ? Number(lost.value ?? 30_003) : null,
  };
  world.documents<Kept>('messages').put(message.sid, message);
  return { status: 201, json: shown(message, world.now()) };
}

/** A second to be queued, one to be sent, one for the network's word. */
function statusOf(message: Kept, now: number): string {
  const age = now - message.createdAt;
  if (age < 1_000) return message.service === null ? 'queued' : 'accepted';
  if (age < 2_000) return 'sending';
  if (age < 3_000 || message.end === 'silent') return 'sent';
  return message.end;
}

function shown(message: Kept, now: number): Record<string, unknown> {
  const status = statusOf(message, now);
  const early = status === 'accepted';
  const date = (at: number) => new Date(at).toUTCString().replace('GMT', '+0000');
  const ended = status === 'undelivered' || status === 'failed';
  const path = `/2010-04-01/Accounts/${practiceSms.accountSid}/Messages/${message.sid}`;
  return {
    sid: message.sid,
    account_sid: practiceSms.accountSid,
    api_version: '2010-04-01',
    to: message.to,
    from: message.from ?? (early ? null : practiceSms.number),
    messaging_service_sid: message.service,
    body: message.body,
    status,
    direction: 'outbound-api',
    num_segments: early ? '0' : String(message.segments),
    num_media: '0',
    error_code: ended ? message.errorCode : null,
    error_message: null,
    price: null,
    price_unit: 'USD',
    date_created: date(message.createdAt),
    date_updated: date(now),
    date_sent: early ? null : date(message.createdAt + 1_000),
    uri: `${path}.json`,
    subresource_uris: { media: `${path}/Media.json` },
  };
}

function read(request: SandboxRequest, params: Params, world: SandboxWorld): SandboxReply {
  const no = refused(request, params.account ?? '');
  if (no) return no;
  const message = world.documents<Kept>('messages').get((params.file ?? '').replace(/\.json$/, ''));
  return message
    ? { status: 200, json: shown(message, world.now()) }
    : error(404, 20404, `The requested resource ${request.path} was not found`);
}

function list(request: SandboxRequest, params: Params, world: SandboxWorld): SandboxReply {
  const no = refused(request, params.account ?? '');
  if (no) return no;
  const size = Math.min(1_000, Math.max(1, Number(request.query.get('PageSize') ?? 50) || 50));
  const to = request.query.get('To');
  const since = Date.parse(request.query.get('DateSent>') ?? '1970-01-01');
  const found = world
    .documents<Kept>('messages')
    .all()
    .filter((message) => (to === null || message.to === to) && message.createdAt >= since)
    .toReversed();
  const uri = `/2010-04-01/Accounts/${practiceSms.accountSid}/Messages.json?PageSize=${size}&Page=0`;
  return {
    status: 200,
    json: {
      messages: found.slice(0, size).map((message) => shown(message, world.now())),
      page: 0,
      page_size: size,
      start: 0,
      end: Math.max(0, Math.min(size, found.length) - 1),
      uri,
      first_page_uri: uri,
      next_page_uri: null,
      previous_page_uri: null,
    },
  };
}

const routes: readonly Route<SandboxWorld>[] = [
  { method: 'POST', path: '/2010-04-01/Accounts/:account/Messages.json', handle: create },
  { method: 'GET', path: '/2010-04-01/Accounts/:account/Messages.json', handle: list },
  { method: 'GET', path: '/2010-04-01/Accounts/:account/Messages/:file', handle: read },
];

/** `undelivered` (`value`: the error code) and `no-receipt` befall the next text that is taken. */
export const smsSandbox: SandboxSystem = {
  id: 'sms',
  hosts: ['api.twilio.com'],
  faults: ['undelivered', 'no-receipt'],
  handle(request, world) {
    const match = matchRoute(routes, request);
    if (typeof match === 'string')
      return error(match === 'no-path' ? 404 : 405, 20404, `The requested resource ${request.path} was not found`);
    return match.route.handle(request, match.params, world);
  },
};
