import { formOf, type SandboxReply, type SandboxRequest, type SandboxWorld } from '../../../sandbox/kit.ts';

/** Ways in which somebody may change the account page without telling anyone. */
export const alterations = [
  'renamed-label',
  'two-notes',
  'label-on-address',
  'renamed-save',
  'two-saves',
  'dialog',
  'signed-out',
  'captcha',
  'new-section',
  'rich-text',
  'read-only',
  'other-heading',
  'server-error',
] as const;
type Alteration = (typeof alterations)[number] | '';

interface Account {
  readonly notes: string;
  readonly address: string;
}
const html = (status: number, body: string): SandboxReply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  text: `<!doctype html><html lang="en"><head><title>Account</title></head><body>${body}</body></html>`,
});
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const signIn = html(
  200,
  '<main><h1>Sign in</h1><form method="post" action="/account/sign-in"><label>E-mail <input type="email" name="email"></label><label>Password <input type="password"></label><button>Sign in</button></form></main>',
);

function account(world: SandboxWorld, who: string): Account {
  return (
    world.documents<Account>('accounts').get(who) ?? {
      notes: 'Call back about the June fair.\n',
      address: '1 Mill Lane',
    }
  );
}

function form({ notes, address }: Account, change: Alteration): string {
  const area = (id: string, label: string, text: string, more: string) =>
    `<p><label for="${id}">${label}</label><textarea id="${id}" name="${id}" ${more}>\n${escaped(text)}</textarea></p>`;
  const swapped = change === 'label-on-address';
  const notesLabel = change === 'renamed-label' ? 'Remarks' : swapped ? 'Postal address' : 'Notes';
  const noteField =
    change === 'rich-text'
      ? `<p><span id="l">Notes</span><div id="notes" role="textbox" aria-labelledby="l" contenteditable="true">${escaped(notes)}</div></p>`
      : area('notes', notesLabel, notes, `maxlength="20000" ${change === 'read-only' ? 'readonly' : ''}`);
  return [
    '<form method="post" action="/account/notes">',
    area('address', swapped ? 'Notes' : 'Address', address, 'maxlength="200"'),
    noteField,
    change === 'two-notes' ? area('notes2', 'Notes', '', 'maxlength="20000"') : '',
    `<button>${change === 'renamed-save' ? 'Publish' : 'Save notes'}</button>`,
    change === 'two-saves' ? '<button name="delete" value="1">Save notes</button>' : '',
    '</form>',
  ].join('');
}

/** Who signs in with this request: by the form (the part of the e-mail before the @), or as was pressed. */
function signsIn(request: SandboxRequest, world: SandboxWorld): string | null {
  const typed = request.path === '/account/sign-in' ? formOf(request).get('email')?.split('@')[0] : undefined;
  if (typed && /^[\w-]+$/.test(typed)) return `practice-lightblue-${typed}`;
  const people = world.documents<{ who: string }>('people');
  const next = people.get('next')?.who ?? null;
  if (next !== null) people.remove('next');
  return next;
}

/** The account page with its notes: real forms, a session by cookie, and the alterations. */
export function accountPage(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const cookie = /(?:^|;\s*)lb=(practice-lightblue-[\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
  const signedIn = cookie === undefined ? signsIn(request, world) : null;
  const who = cookie ?? signedIn;
  const change = world.documents<{ name: Alteration }>('pages').get('now')?.name ?? '';
  if (change === 'server-error') return html(503, '<h1>Back soon</h1>');
  if (!who || change === 'signed-out') return signIn;
  if (change === 'captcha') return html(200, '<main><h1>Are you a person?</h1><img alt="puzzle"></main>');
  let saved = '';
  if (request.method === 'POST' && request.path === '/account/notes') {
    const sent = formOf(request);
    const before = account(world, who);
    world.documents<Account>('accounts').put(who, {
      notes: (sent.get('notes') ?? before.notes).replaceAll('\r\n', '\n'),
      address: sent.get('address') ?? before.address,
    });
    saved = '<p role="status" aria-label="Notes saved">Notes saved</p>';
  }
  const shown = html(
    200,
    [
      '<nav><a href="/account">Account</a> <a href="/logout">Log out</a></nav>',
      saved,
      '<main>',
      `<h1>${change === 'other-heading' ? 'Client notes' : 'Account notes'}</h1>`,
      form(account(world, who), change),
      change === 'new-section'
        ? '<section aria-label="Offers"><h2>Offers</h2><ul><li>Try our new app</li></ul></section>'
        : '',
      '</main>',
      change === 'dialog' ? '<dialog open aria-label="News"><p>What is new</p><button>OK</button></dialog>' : '',
    ].join(''),
  );
  if (signedIn === null) return shown;
  const set = `lb=${signedIn}; Path=/; Secure; HttpOnly; SameSite=Lax`;
  return { ...shown, headers: { ...shown.headers, 'set-cookie': set } };
}
