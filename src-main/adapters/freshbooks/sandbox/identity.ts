import { z } from 'zod';
import { answerLink, backToApp, consentPage, escaped } from '../../../sandbox/consent.ts';
import { bodyOf, type Route, type SandboxReply, type SandboxRequest, type SandboxWorld } from '../../../sandbox/kit.ts';
import { memberships } from './books.ts';

/** Sign-in with a client secret in the body and refresh tokens that work once (accounting notes 3.1). */

const minute = 60_000;
const accessLife = 12 * 60 * minute;
const codeLife = 5 * minute;
const knownScopes = new Set([
  'user:profile:read',
  'user:expenses:read',
  'user:expenses:write',
  'user:bills:read',
  'user:bills:write',
  'user:bill_vendors:read',
  'user:bill_vendors:write',
  'user:taxes:read',
  'user:taxes:write',
]);

interface Code {
  clientId: string;
  redirectUri: string;
  scopes: string[];
  issuedAt: number;
}
interface Grant {
  id: string;
  clientId: string;
  secret: string;
  redirectUri: string;
  scopes: string[];
}
export interface Access {
  grantId: string;
  scopes: string[];
  expiresAt: number;
}

const codes = (world: SandboxWorld) => world.documents<Code>('codes');
const grants = (world: SandboxWorld) => world.documents<Grant>('grants');
const refreshes = (world: SandboxWorld) => world.documents<{ grantId: string }>('refreshTokens');
const accesses = (world: SandboxWorld) => world.documents<Access>('accessTokens');

export const authorizeRoutes: readonly Route<SandboxWorld>[] = [
  { method: 'GET', path: '/oauth/authorize', handle: (request, _params, world) => authorize(request, world) },
];

/** https only, and no query string in the address. */
const redirectAllowed = (text: string) => /^https:\/\/[^/?#]+(\/[^?#]*)?$/.test(text);

function authorize(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const { query } = request;
  const clientId = query.get('client_id') ?? '';
  const redirectUri = query.get('redirect_uri') ?? '';
  if (clientId === '' || !redirectAllowed(redirectUri)) {
    return consentPage(400, 'Something went wrong', '<p>The redirect uri included is not valid.</p>');
  }
  const back = (answer: Record<string, string>) => backToApp(request, redirectUri, answer);
  const scopes = (query.get('scope') ?? '').split(' ').filter((one) => one !== '');
  if (query.get('response_type') !== 'code') return back({ error: 'unsupported_response_type' });
  if (scopes.length === 0 || scopes.some((one) => !knownScopes.has(one))) return back({ error: 'invalid_scope' });
  const decision = query.get('decision');
  if (decision === 'deny') return back({ error: 'access_denied' });
  if (decision !== 'allow') {
    return consentPage(
      200,
      'Practice sign-in to FreshBooks',
      `<p>This page plays FreshBooks' consent page for ${escaped(memberships[0].name)}.</p><p><a href="${answerLink(request, { decision: 'allow' })}">Authorise</a><a href="${answerLink(request, { decision: 'deny' })}">Cancel</a></p>`,
    );
  }
  const code = world.text();
  codes(world).put(code, { clientId, redirectUri, scopes, issuedAt: world.now() });
  return back({ code });
}

const Body = z.object({
  grant_type: z.string(),
  client_id: z.string(),
  client_secret: z.string().min(8),
  redirect_uri: z.string(),
  code: z.string().optional(),
  refresh_token: z.string().optional(),
});

const oauthError = (error: string, error_description: string, status = 401): SandboxReply => ({
  status,
  headers: { 'cache-control': 'no-store' },
  json: { error, error_description },
});

export function token(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const body = bodyOf(request, Body);
  if (!body) return oauthError('invalid_request', 'A required parameter is missing.', 400);
  const invalid = () =>
    oauthError('invalid_grant', 'The provided authorization grant is invalid, expired, revoked, or was already used.');
  if (body.grant_type === 'authorization_code') {
    const id = body.code ?? '';
    const code = codes(world).get(id);
    codes(world).remove(id);
    const fits =
      code?.clientId === body.client_id &&
      code.redirectUri === body.redirect_uri &&
      world.now() - code.issuedAt <= codeLife;
    if (!fits) return invalid();
    const grant: Grant = {
      id: world.uuid(),
      clientId: body.client_id,
      secret: body.client_secret,
      redirectUri: body.redirect_uri,
      scopes: code.scopes,
    };
    grants(world).put(grant.id, grant);
    return issue(grant, world);
  }
  if (body.grant_type !== 'refresh_token') return oauthError('unsupported_grant_type', 'Unknown grant.', 400);
  const held = refreshes(world).get(body.refresh_token ?? '');
  // Used once, whatever comes of the answer.
  if (body.refresh_token !== undefined) refreshes(world).remove(body.refresh_token);
  const grant = held ? grants(world).get(held.grantId) : null;
  if (grant?.clientId !== body.client_id || grant.redirectUri !== body.redirect_uri) return invalid();
  if (grant.secret !== body.client_secret) return oauthError('invalid_client', 'Client authentication failed.');
  return issue(grant, world);
}

function issue(grant: Grant, world: SandboxWorld): SandboxReply {
  const now = world.now();
  const access = world.text();
  // A new pair ends the one before it.
  for (const [text, one] of accesses(world).entries()) if (one.grantId === grant.id) accesses(world).remove(text);
  accesses(world).put(access, { grantId: grant.id, scopes: grant.scopes, expiresAt: now + accessLife });
  const refresh = world.text();
  refreshes(world).put(refresh, { grantId: grant.id });
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    json: {
      access_token: access,
      token_type: 'Bearer',
      expires_in: accessLife / 1_000,
      refresh_token: refresh,
      scope: grant.scopes.join(' '),
      created_at: Math.floor(now / 1_000),
      direct_buy_tokens: {},
    },
  };
}

/** Every sign-in ends, as when a person disconnects the app inside FreshBooks. */
export function revokeAll(world: SandboxWorld): void {
  for (const grant of grants(world).all()) grants(world).remove(grant.id);
}

/** null: no token, unknown, ended or too old. */
export function accessOf(request: SandboxRequest, world: SandboxWorld): Access | null {
  const text = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const access = accesses(world).get(text);
  return access && grants(world).get(access.grantId) && access.expiresAt > world.now() ? access : null;
}

export const me = (): SandboxReply => ({
  status: 200,
  json: {
    response: {
      id: 31_337,
      first_name: 'Alex',
      last_name: 'Morgan',
      email: 'alex@bluebell.example',
      business_memberships: memberships.map(({ id, role, name, accountId }) => ({
        id,
        role,
        business: { id: id + 500_000, name, ...(accountId === null ? {} : { account_id: accountId }) },
      })),
    },
  },
});
