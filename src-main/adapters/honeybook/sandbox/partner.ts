import { createHash } from 'node:crypto';
import { formOf, jsonOf, type SandboxReply, type SandboxRequest, type SandboxWorld } from '../../../sandbox/kit.ts';

/**
 * Plays what a partner of HoneyBook might be given: sign-in by OAuth 2 with PKCE (RFC 7636), refresh tokens that change
 * with each use, and one record a vendor and period. Nothing of it is HoneyBook's own description, for there is none.
 */
export const partnerHost = 'partner.honeybook.example';

interface Grant {
  readonly challenge: string;
  readonly redirectUri: string;
}
const refused = (error: string): SandboxReply => ({ status: 400, json: { error } });

function authorize({ query }: SandboxRequest, world: SandboxWorld): SandboxReply {
  const redirect = query.get('redirect_uri') ?? '';
  if (!/^http:\/\/(localhost|127\.0\.0\.1):\d+\//.test(redirect)) return { status: 400, text: 'Unknown redirect' };
  if (query.get('code_challenge_method') !== 'S256' || !query.get('code_challenge'))
    return { status: 400, text: 'PKCE is needed' };
  const back = new URL(redirect);
  back.searchParams.set('state', query.get('state') ?? '');
  if (query.get('decision') === 'deny') back.searchParams.set('error', 'access_denied');
  else {
    const code = world.text();
    world.documents<Grant>('codes').put(code, { challenge: query.get('code_challenge') ?? '', redirectUri: redirect });
    back.searchParams.set('code', code);
  }
  return { status: 302, headers: { location: back.href } };
}

function token(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const form = formOf(request);
  const codes = world.documents<Grant>('codes');
  const refreshes = world.documents<object>('refreshes');
  if (form.get('grant_type') === 'authorization_code') {
    const code = form.get('code') ?? '';
    const grant = codes.get(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (!grant || grant.challenge !== challenge || grant.redirectUri !== form.get('redirect_uri'))
      return refused('invalid_grant');
    codes.remove(code);
  } else if (form.get('grant_type') === 'refresh_token') {
    const old = form.get('refresh_token') ?? '';
    if (refreshes.get(old) === null) return refused('invalid_grant');
    refreshes.remove(old);
  } else return refused('unsupported_grant_type');
  const [access, refresh] = [world.text(), world.text()];
  world.documents<{ until: number }>('accesses').put(access, { until: world.now() + 3_600_000 });
  refreshes.put(refresh, {});
  return {
    status: 200,
    json: { access_token: access, refresh_token: refresh, token_type: 'Bearer', expires_in: 3_600 },
  };
}

export function playPartner(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const { method, path } = request;
  if (path === '/oauth/authorize' && method === 'GET') return authorize(request, world);
  if (path === '/oauth/token' && method === 'POST') return token(request, world);
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const access = world.documents<{ until: number }>('accesses').get(bearer);
  if (!access || access.until < world.now()) return { status: 401, json: { error: 'invalid_token' } };
  if (path === '/v1/me' && method === 'GET') return { status: 200, json: { partner: 'practice' } };
  const [, vendor, period] = /^\/v1\/vendors\/([\w-]+)\/metrics\/([\w-]+)$/.exec(path) ?? [];
  if (vendor === undefined || period === undefined) return { status: 404, json: { error: 'not_found' } };
  const records = world.documents<Record<string, unknown>>('records');
  const id = `${vendor} ${period}`;
  if (method === 'GET') {
    const record = records.get(id);
    return record ? { status: 200, json: record } : { status: 404, json: { error: 'not_found' } };
  }
  const body = jsonOf(request);
  if (method !== 'PUT' || typeof body !== 'object' || body === null)
    return { status: 405, json: { error: 'not_here' } };
  records.put(id, { ...body });
  return { status: 200, json: body };
}
