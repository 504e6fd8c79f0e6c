import { jsonOf, type SandboxSystem } from '../../sandbox/kit.ts';
import { partnerHost, playPartner } from './sandbox/partner.ts';

/** Plays Webhooks by Zapier, where HoneyBook's vendors keep their Zaps: 200 means queued, nothing more. */
export const honeybookSandbox: SandboxSystem = {
  id: 'honeybook',
  hosts: ['hooks.zapier.com', partnerHost],
  handle(request, world) {
    if (request.host === partnerHost) return playPartner(request, world);
    const match = /^\/hooks\/catch\/(\d+)\/([\w-]+)\/?$/.exec(request.path);
    if (!match) return { status: 404, text: 'Not found' };
    if (request.method !== 'POST') return { status: 405, text: 'Method not allowed' };
    const body = jsonOf(request);
    if (typeof body !== 'object' || body === null) return { status: 400, json: { status: 'error' } };
    const id = world.uuid();
    world.documents('caught').put(id, { hook: match[2], body });
    return { status: 200, json: { status: 'success', attempt: world.uuid(), id, request_id: world.uuid() } };
  },
};
