import { KeptView, TOKEN_HEADER, VIEW_PATH } from '../../src-shared/contract/host-bridge.ts';
import { takeToken } from './transport.ts';

const PATIENCE_MS = 2_000;
const REST_MS = 400;

/** Which notes were read here is of one window: whoever opens the next is greeted with them (A19). */
const OF_THIS_WINDOW = 'wedsync-ops-handover';

const now = (): KeptView =>
  Object.fromEntries(
    Object.entries(localStorage)
      .filter(([name]) => name !== OF_THIS_WINDOW)
      .map(([name, text]) => [name, String(text)]),
  );

function ask(method: 'GET' | 'PUT', view?: KeptView): Promise<Response> {
  return fetch(VIEW_PATH, {
    method,
    headers: { [TOKEN_HEADER]: takeToken(), 'content-type': 'application/json' },
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...(view === undefined ? {} : { body: JSON.stringify(view), keepalive: true }),
  });
}

/**
 * Theme, keys, filters and what else a browser keeps of its view belong to an origin, and the agent is another one at each
 * start: the agent keeps them. Brings them back before anything on the page reads them, and hands over what a person changes. The
 * desktop window's origin stays, so it needs none of this. Never rejects: without a view there is the usual one.
 */
export async function keepView(): Promise<void> {
  if (window.wedsync) return;
  if (localStorage.length === 0) {
    const kept = await ask('GET')
      .then((answer) => (answer.ok ? answer.json() : {}))
      .catch(() => ({}));
    for (const [name, text] of Object.entries(KeptView.catch({}).parse(kept))) localStorage.setItem(name, text);
  }
  let told = JSON.stringify(now());
  const tell = () => {
    const view = now();
    const text = JSON.stringify(view);
    if (text === told) return;
    told = text;
    // Losing the look of a page is no reason to disturb anybody.
    void ask('PUT', view).catch(() => undefined);
  };
  let due: ReturnType<typeof setTimeout> | undefined;
  const soon = () => {
    clearTimeout(due);
    due = setTimeout(tell, REST_MS);
  };
  // A view changes by a person's hand alone.
  for (const act of ['pointerup', 'keyup'] as const) window.addEventListener(act, soon, true);
  window.addEventListener('pagehide', tell);
}
