import { z } from 'zod';
import {
  formOf,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSystem,
  type SandboxWorld,
} from '../../sandbox/kit.ts';
import { accountPage } from './sandbox/pages.ts';

/**
 * Plays Light Blue's contact-form API: form in, status line and message out with a carriage return between, always 200; and
 * an account page with notes; `/_press` says who signs in there next, as a person would. Fault of its own: `page` (value: one of the alterations in sandbox/pages.ts, empty: as it was).
 */
interface InboxItem {
  readonly source: string;
  readonly key: string;
  readonly fields: Record<string, string>;
}
const host = 'online.lightbluesoftware.com';
const said = (code: number, message: string): SandboxReply => ({ status: 200, text: `${code}\r${message}` });
const known = /^(Message|Contact\w+|Shoot\w+)$/;
const isKey = (key: string | null): key is string => key?.startsWith('practice-lightblue-') === true;

function take(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const form = formOf(request);
  const key = form.get('key') ?? form.get('Key');
  if (!isKey(key)) return said(-10, 'Unknown API key');
  if ((form.get('type') ?? form.get('Type')) !== 'contact form') return said(-3, 'Unknown type');
  const fields = Object.fromEntries([...form].filter(([name, value]) => known.test(name) && value !== ''));
  if (Object.keys(fields).length === 0) return said(-3, 'No usable parameter');
  const items = world.documents<InboxItem>('inbox');
  const source = form.get('Source') ?? '';
  const id = form.get('ID');
  const name = id === null ? world.uuid() : `${key} ${source} ${id}`;
  if (items.get(name)) return said(-4, 'This item was received before');
  items.put(name, { source, key, fields });
  return said(0, 'OK');
}

const Pressed = z.strictObject({ signsIn: z.string().regex(/^practice-lightblue-[\w-]+$/) });

export const lightblueSandbox: SandboxSystem = {
  id: 'lightblue',
  hosts: [host],
  faults: ['page'],
  misbehave(fault, world) {
    if (fault.fault !== 'page') return false;
    world.documents('pages').put('now', { name: fault.value ?? '' });
    return true;
  },
  press(input, world) {
    const { signsIn } = Pressed.parse(input);
    world.documents('people').put('next', { who: signsIn });
    return { status: 200, json: {} };
  },
  handle(request, world) {
    if (request.method === 'POST' && request.path === '/api.php') return take(request, world);
    if (request.method === 'POST' && request.path === '/apiCheck.php') {
      return isKey(formOf(request).get('Key')) ? said(0, 'OK') : said(-10, 'Unknown API key');
    }
    if (request.path === '/account/notes' || request.path === '/account/sign-in') return accountPage(request, world);
    return { status: 404, text: 'Not found' };
  },
};
