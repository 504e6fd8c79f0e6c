import { protocol, type Session } from 'electron';
import { answerHeaders, type Pages } from '../pages.ts';

export const ORIGIN = 'app://ops';

/** Shown when the window stopped twice within a minute; plain text, so nothing in it can stop again (R50). */
export const CRASHED = '/crashed.txt';

const crashedText = `The console's window stopped twice within a minute.

Sending goes on in the background; nothing is lost.
Quit from the tray and open the console again. If it happens again, run "wedops doctor" and send us its output.
`;

/** Before the app is ready: our own scheme behaves like https, so that `self`, fetch and storage mean what they say. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the fixed list of packaged pages and nothing else (SEC-08). */
export function servePages(session: Session, pages: Pages): void {
  session.protocol.handle('app', async (request) => {
    const url = new URL(request.url);
    if (url.host === 'ops' && url.pathname === CRASHED) {
      return new Response(crashedText, { headers: { ...answerHeaders, 'content-type': 'text/plain; charset=utf-8' } });
    }
    const page = url.host === 'ops' && request.method === 'GET' ? await pages.get(url.pathname) : null;
    if (!page) return new Response(null, { status: 404 });
    return new Response(new Uint8Array(page.body), { headers: page.headers });
  });
}
