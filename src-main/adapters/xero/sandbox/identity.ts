import { createHash } from 'node:crypto';
import { answerLink, backToApp, consentPage, escaped } from '../../../sandbox/consent.ts';
import { formOf, type Route, type SandboxReply, type SandboxRequest, type SandboxWorld } from '../../../sandbox/kit.ts';
import { tenants } from './books.ts';

/** Sign-in with PKCE (accounting notes 1.1), scopes (1.2). */

const minute = 60_000;
const day = 24 * 60 * minute;
const accessLife = 30 * minute;
/** A refresh token whose successor got lost in transit still works this long. */
const grace = 30 * minute;
const refreshLife = 60 * day;
const codeLife = 5 * minute;

/** Granular scopes only: an app made after 2 March 2026 cannot ask for the broad ones. */
const knownScopes = new Set([
  'openid',
  'profile',
  'email',
  'offline_access',
  'accounting.invoices',
  'accounting.invoices.read',
  'accounting.banktransactions',
  'accounting.banktransactions.read',
  'accounting.payments',
  'accounting.manualjournals',
  'accounting.contacts',
  'accounting.contacts.read',
  'accounting.settings',
  'accounting.settings.read',
  'accounting.attachments',
  'accounting.attachments.read',
]);

interface Code {
  clientId: string;
  redirectUri: string;
  challenge: string;
  scopes: string[];
  issuedAt: number;
}
/** One consent; tokens come and go with it. */
interface Grant {
  id: string;
  clientId: string;
  scopes: string[];
  authEventId: string;
  createdAt: number;
}
interface Refresh {
  grantId: string;
  issuedAt: number;
  /** Set when a newer one was handed out. */
  replacedAt: number | null;
}
export interface Access {
  grantId: string;
  clientId: string;
  scopes: string[];
  authEventId: string;
  expiresAt: number;
}
interface Connection {
  id: string;
  grantId: string;
  authEventId: string;
  tenantId: string;
  tenantType: string;
  tenantName: string;
  at: number;
}

const codes = (world: SandboxWorld) => world.documents<Code>('codes');
const grants = (world: SandboxWorld) => world.documents<Grant>('grants');
const refreshes = (world: SandboxWorld) => world.documents<Refresh>('refreshTokens');
const accesses = (world: SandboxWorld) => world.documents<Access>('accessTokens');
const connections = (world: SandboxWorld) => world.documents<Connection>('connections');

export const identityRoutes: readonly Route<SandboxWorld>[] = [
  {
    method: 'GET',
    path: '/identity/connect/authorize',
    handle: (request, _params, world) => authorize(request, world),
  },
  { method: 'POST', path: '/connect/token', handle: (request, _params, world) => token(request, world) },
  { method: 'POST', path: '/connect/revocation', handle: (request, _params, world) => revoke(request, world) },
];

/** The consent page; `decision` is what its two links add. */
function authorize(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const { query } = request;
  const clientId = query.get('client_id') ?? '';
  const redirectUri = query.get('redirect_uri') ?? '';
  // Xero shows its own page when it cannot trust the way back: anything but https or http://localhost.
  if (clientId === '' || !/^(https:\/\/[^/]+|http:\/\/localhost(:\d+)?)\/[^?#]*$/.test(redirectUri)) {
    return consentPage(
      400,
      'Sorry, something went wrong',
      '<p>Error: unauthorized_client. Invalid redirect_uri or client_id.</p>',
    );
  }
  const back = (answer: Record<string, string>) => backToApp(request, redirectUri, answer);
  const scopes = (query.get('scope') ?? '').split(' ').filter((one) => one !== '');
  if (query.get('response_type') !== 'code') return back({ error: 'unsupported_response_type' });
  if (scopes.length === 0 || scopes.some((one) => !knownScopes.has(one))) return back({ error: 'invalid_scope' });
  const challenge = query.get('code_challenge') ?? '';
  if (query.get('code_challenge_method') !== 'S256' || !/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    return back({ error: 'invalid_request', error_description: 'code challenge required' });
  }
  const decision = query.get('decision');
  if (decision === 'deny') return back({ error: 'access_denied' });
  if (decision !== 'allow') {
    return consentPage(
      200,
      'Practice sign-in to Xero',
      `<p>This page plays Xero's consent page. The app asks for access to ${escaped(tenants.map((t) => t.tenantName).join(', '))}.</p>` +
        `<p><a href="${answerLink(request, { decision: 'allow' })}">Allow access</a><a href="${answerLink(request, { decision: 'deny' })}">Cancel</a></p>`,
    );
  }
  const code = world.text();
  codes(world).put(code, { clientId, redirectUri, challenge, scopes, issuedAt: world.now() });
  return back({ code, scope: scopes.join(' '), session_state: world.text() });
}

const oauthError = (error: string): SandboxReply => ({
  status: 400,
  headers: { 'cache-control': 'no-store' },
  json: { error },
});

function token(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const form = formOf(request);
  // A PKCE app has no secret; sending one is not how such an app signs in.
  if (request.headers.authorization !== undefined || form.has('client_secret')) return oauthError('invalid_client');
  const clientId = form.get('client_id') ?? '';
  if (form.get('grant_type') === 'authorization_code') return exchange(form, clientId, world);
  if (form.get('grant_type') === 'refresh_token') return refresh(form, clientId, world);
  return oauthError('unsupported_grant_type');
}

function exchange(form: URLSearchParams, clientId: string, world: SandboxWorld): SandboxReply {
  const id = form.get('code') ?? '';
  const code = codes(world).get(id);
  codes(world).remove(id);
  const verifier = form.get('code_verifier') ?? '';
  const fits =
    code !== null &&
    code.clientId === clientId &&
    code.redirectUri === form.get('redirect_uri') &&
    world.now() - code.issuedAt <= codeLife &&
    /^[A-Za-z0-9._~-]{43,128}$/.test(verifier) &&
    createHash('sha256').update(verifier).digest('base64url') === code.challenge;
  if (!fits) return oauthError('invalid_grant');
  const grant: Grant = {
    id: world.uuid(),
    clientId,
    scopes: code.scopes,
    authEventId: world.uuid(),
    createdAt: world.now(),
  };
  grants(world).put(grant.id, grant);
  for (const tenant of tenants) {
    const connection: Connection = {
      id: world.uuid(),
      grantId: grant.id,
      authEventId: grant.authEventId,
      tenantId: tenant.tenantId,
      tenantType: tenant.tenantType,
      tenantName: tenant.tenantName,
      at: world.now(),
    };
    connections(world).put(connection.id, connection);
  }
  return issue(grant, world);
}

function refresh(form: URLSearchParams, clientId: string, world: SandboxWorld): SandboxReply {
  const id = form.get('refresh_token') ?? '';
  const held = refreshes(world).get(id);
  const grant = held ? grants(world).get(held.grantId) : null;
  const now = world.now();
  if (!held || !grant || grant.clientId !== clientId) return oauthError('invalid_grant');
  if (now - held.issuedAt > refreshLife) return oauthError('invalid_grant');
  if (held.replacedAt !== null && now - held.replacedAt > grace) return oauthError('invalid_grant');
  refreshes(world).put(id, { ...held, replacedAt: held.replacedAt ?? now });
  return issue(grant, world);
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function issue(grant: Grant, world: SandboxWorld): SandboxReply {
  const now = world.now();
  const payload = {
    nbf: Math.floor(now / 1_000),
    exp: Math.floor((now + accessLife) / 1_000),
    iss: 'https://identity.xero.com',
    aud: 'https://identity.xero.com/resources',
    client_id: grant.clientId,
    authentication_event_id: grant.authEventId,
    jti: world.uuid(),
    scope: grant.scopes,
  };
  const access = `${part({ alg: 'RS256', typ: 'JWT', kid: 'practice' })}.${part(payload)}.${world.text()}`;
  accesses(world).put(access, {
    grantId: grant.id,
    clientId: grant.clientId,
    scopes: grant.scopes,
    authEventId: grant.authEventId,
    expiresAt: now + accessLife,
  });
  // Long dead ones are forgotten, so that a practice file does not grow without end.
  for (const [text, one] of accesses(world).entries()) if (one.expiresAt < now - day) accesses(world).remove(text);
  const offline = grant.scopes.includes('offline_access') ? world.text() : null;
  if (offline !== null) refreshes(world).put(offline, { grantId: grant.id, issuedAt: now, replacedAt: null });
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    json: {
      access_token: access,
      expires_in: accessLife / 1_000,
      token_type: 'Bearer',
      scope: grant.scopes.join(' '),
      ...(offline === null ? {} : { refresh_token: offline }),
      ...(grant.scopes.includes('openid')
        ? {
            id_token: `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...payload, aud: grant.clientId })}.${world.text()}`,
          }
        : {}),
    },
  };
}

function revoke(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const held = refreshes(world).get(formOf(request).get('token') ?? '');
  if (held) endGrant(held.grantId, world);
  // RFC 7009: the same answer whether the token existed or not.
  return { status: 200 };
}

function endGrant(grantId: string, world: SandboxWorld): void {
  grants(world).remove(grantId);
  for (const connection of connections(world).all()) {
    if (connection.grantId === grantId) connections(world).remove(connection.id);
  }
}

/** Every sign-in ends, as when a person disconnects the app inside Xero. */
export function revokeAll(world: SandboxWorld): void {
  for (const grant of grants(world).all()) endGrant(grant.id, world);
}

/** From now on every token lacks this scope, as after a consent without it. */
export function dropScope(world: SandboxWorld, scope: string): void {
  for (const grant of grants(world).all()) {
    grants(world).put(grant.id, { ...grant, scopes: grant.scopes.filter((one) => one !== scope) });
  }
}

/** The tenant's connection is removed, the sign-in stays. */
export function disconnectTenant(world: SandboxWorld, tenantId: string): void {
  for (const connection of connections(world).all()) {
    if (connection.tenantId === tenantId) connections(world).remove(connection.id);
  }
}

/** null: no token, unknown, ended or too old. */
export function accessOf(request: SandboxRequest, world: SandboxWorld): Access | null {
  const text = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const access = accesses(world).get(text);
  const grant = access ? grants(world).get(access.grantId) : null;
  if (!access || !grant || access.expiresAt <= world.now()) return null;
  return { ...access, scopes: grant.scopes };
}

export function mayReach(access: Access, tenantId: string, world: SandboxWorld): boolean {
  return connections(world)
    .all()
    .some((one) => one.grantId === access.grantId && one.tenantId === tenantId);
}

const isoMs = (ms: number) => new Date(ms).toISOString().replace('Z', '0000');

export function listConnections(request: SandboxRequest, access: Access, world: SandboxWorld): SandboxReply {
  const event = request.query.get('authEventId');
  const mine = connections(world)
    .all()
    .filter((one) => one.grantId === access.grantId && (event === null || one.authEventId === event));
  return {
    status: 200,
    json: mine.map((one) => ({
      id: one.id,
      authEventId: one.authEventId,
      tenantId: one.tenantId,
      tenantType: one.tenantType,
      tenantName: one.tenantName,
      createdDateUtc: isoMs(one.at),
      updatedDateUtc: isoMs(one.at),
    })),
  };
}

export function removeConnection(id: string, access: Access, world: SandboxWorld): SandboxReply {
  const held = connections(world).get(id);
  if (held?.grantId !== access.grantId) return { status: 404 };
  connections(world).remove(id);
  return { status: 204 };
}
