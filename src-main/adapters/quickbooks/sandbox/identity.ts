import { z } from 'zod';
import { answerLink, backToApp, consentPage, escaped } from '../../../sandbox/consent.ts';
import {
  bodyOf,
  formOf,
  type Route,
  type SandboxReply,
  type SandboxRequest,
  type SandboxWorld,
} from '../../../sandbox/kit.ts';
import { companies } from './books.ts';

/** Sign-in with a client secret and an https page to return to (accounting notes 2.1). */

const minute = 60_000;
const day = 24 * 60 * minute;
const accessLife = 60 * minute;
const refreshLife = 101 * day;
const hardLife = 5 * 365 * day;
const codeLife = 10 * minute;
export const scope = 'com.intuit.quickbooks.accounting';

interface Code {
  clientId: string;
  redirectUri: string;
  realmId: string;
  issuedAt: number;
}
interface Grant {
  id: string;
  clientId: string;
  /** The secret it was exchanged with: another one is another app. */
  secret: string;
  realmId: string;
  createdAt: number;
}
interface Refresh {
  grantId: string;
  issuedAt: number;
}
export interface Access {
  grantId: string;
  realmId: string;
  expiresAt: number;
}

const codes = (world: SandboxWorld) => world.documents<Code>('codes');
const grants = (world: SandboxWorld) => world.documents<Grant>('grants');
const refreshes = (world: SandboxWorld) => world.documents<Refresh>('refreshTokens');
const accesses = (world: SandboxWorld) => world.documents<Access>('accessTokens');

type Handler = (request: SandboxRequest, world: SandboxWorld) => SandboxReply;
const route = (method: string, path: string, handle: Handler): Route<SandboxWorld> => ({
  method,
  path,
  handle: (request, _params, world) => handle(request, world),
});

/** By host: the consent page, the token address and the revocation address live on three. */
export const identityRoutes: Readonly<Record<string, readonly Route<SandboxWorld>[]>> = {
  'appcenter.intuit.com': [route('GET', '/connect/oauth2', authorize)],
  'oauth.platform.intuit.com': [route('POST', '/oauth2/v1/tokens/bearer', token)],
  'developer.api.intuit.com': [route('POST', '/v2/oauth2/tokens/revoke', revoke)],
};

/** Production keys take https addresses of real names only: no localhost, no numbers, nothing behind the path. */
const redirectAllowed = (text: string) => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash } = new URL(text);
  const plain = search === '' && hash === '';
  return protocol === 'https:' && plain && hostname !== 'localhost' && !/^[\d.]+$|^\[/.test(hostname);
};

/** The consent page; `decision` and `company` are what its links add. */
function authorize(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const { query } = request;
  const clientId = query.get('client_id') ?? '';
  const redirectUri = query.get('redirect_uri') ?? '';
  if (clientId === '' || !redirectAllowed(redirectUri)) {
    return consentPage(
      400,
      'Sorry, but something went wrong',
      '<p>The redirect_uri query parameter value is invalid.</p>',
    );
  }
  const back = (answer: Record<string, string>) => backToApp(request, redirectUri, answer);
  if (query.get('response_type') !== 'code') return back({ error: 'unsupported_response_type' });
  if (!(query.get('scope') ?? '').split(' ').includes(scope)) return back({ error: 'invalid_scope' });
  const company = companies.find((one) => one.realmId === query.get('company')) ?? companies[0];
  const decision = query.get('decision');
  if (decision === 'deny') return back({ error: 'access_denied' });
  if (decision !== 'allow') {
    const choices = companies.map(
      (one) =>
        `<li><a href="${answerLink(request, { decision: 'allow', company: one.realmId })}">Connect ${escaped(one.name)}</a></li>`,
    );
    return consentPage(
      200,
      'Practice sign-in to QuickBooks',
      `<p>This page plays Intuit's consent page. Which company?</p><ul>${choices.join('')}<li><a href="${answerLink(request, { decision: 'deny' })}">Cancel</a></li></ul>`,
    );
  }
  const code = world.text();
  codes(world).put(code, { clientId, redirectUri, realmId: company.realmId, issuedAt: world.now() });
  return back({ code, realmId: company.realmId });
}

const oauthError = (error: string, status = 400): SandboxReply => ({
  status,
  headers: { 'cache-control': 'no-store' },
  json: { error },
});

/** Id and secret from the `Basic` header: the only place this vendor looks. */
function clientOf(request: SandboxRequest): { id: string; secret: string } | null {
  const text = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const [id = '', secret = ''] = Buffer.from(text ?? '', 'base64')
    .toString('utf8')
    .split(':');
  return id !== '' && secret.length >= 8 ? { id, secret } : null;
}

function token(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const client = clientOf(request);
  if (!client) return oauthError('invalid_client', 401);
  const form = formOf(request);
  const now = world.now();
  const hard = request.headers['x-include-refresh-token-hard-expires-in'] === 'true';
  if (form.get('grant_type') === 'authorization_code') {
    const id = form.get('code') ?? '';
    const code = codes(world).get(id);
    codes(world).remove(id);
    const fits =
      code?.clientId === client.id && code.redirectUri === form.get('redirect_uri') && now - code.issuedAt <= codeLife;
    if (!fits) return oauthError('invalid_grant');
    const grant: Grant = {
      id: world.uuid(),
      clientId: client.id,
      secret: client.secret,
      realmId: code.realmId,
      createdAt: now,
    };
    grants(world).put(grant.id, grant);
    return issue(grant, null, hard, world);
  }
  if (form.get('grant_type') !== 'refresh_token') return oauthError('unsupported_grant_type');
  const text = form.get('refresh_token') ?? '';
  const held = refreshes(world).get(text);
  const grant = held ? grants(world).get(held.grantId) : null;
  if (!held || grant?.clientId !== client.id) return oauthError('invalid_grant');
  if (grant.secret !== client.secret) return oauthError('invalid_client', 401);
  if (now - held.issuedAt > refreshLife || now - grant.createdAt > hardLife) return oauthError('invalid_grant');
  return issue(grant, { text, held }, hard, world);
}

/** The refresh token's value changes about every day, and the one before dies with it. */
function issue(
  grant: Grant,
  before: { text: string; held: Refresh } | null,
  hard: boolean,
  world: SandboxWorld,
): SandboxReply {
  const now = world.now();
  const access = `eyJ${world.text()}..${world.text()}.${world.text()}`;
  accesses(world).put(access, { grantId: grant.id, realmId: grant.realmId, expiresAt: now + accessLife });
  for (const [text, one] of accesses(world).entries()) if (one.expiresAt < now - day) accesses(world).remove(text);
  const rotates = before === null || now - before.held.issuedAt >= day;
  const refresh = rotates ? `RT1-${world.text()}` : before.text;
  if (rotates) {
    if (before) refreshes(world).remove(before.text);
    refreshes(world).put(refresh, { grantId: grant.id, issuedAt: now });
  }
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    json: {
      access_token: access,
      token_type: 'bearer',
      expires_in: accessLife / 1_000,
      refresh_token: refresh,
      x_refresh_token_expires_in: refreshLife / 1_000,
      ...(hard ? { x_refresh_token_hard_expires_in: Math.round((grant.createdAt + hardLife - now) / 1_000) } : {}),
    },
  };
}

function revoke(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const client = clientOf(request);
  const body = bodyOf(request, z.object({ token: z.string() }));
  if (!client) return oauthError('invalid_client', 401);
  const held = refreshes(world).get(body?.token ?? '') ?? accesses(world).get(body?.token ?? '');
  if (!held) return oauthError('invalid_request');
  grants(world).remove(held.grantId);
  return { status: 200 };
}

/** Every sign-in ends, as when a person disconnects the app inside QuickBooks. */
export function revokeAll(world: SandboxWorld): void {
  for (const grant of grants(world).all()) grants(world).remove(grant.id);
}

/** null: no token, unknown, ended or too old. */
export function accessOf(request: SandboxRequest, world: SandboxWorld): Access | null {
  const text = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const access = accesses(world).get(text);
  return access && grants(world).get(access.grantId) && access.expiresAt > world.now() ? access : null;
}
