import type { SandboxReply, SandboxRequest } from './kit.ts';

/** The page on which a person lets the console into a vendor's account, as sandboxes with a sign-in play it. */

const style =
  'body{font:16px/1.5 system-ui;max-width:34rem;margin:4rem auto;padding:0 1rem}a{margin-right:1rem}li{margin:.5rem 0}';

export const escaped = (text: string) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** `body` is HTML. */
export const consentPage = (status: number, title: string, body: string): SandboxReply => ({
  status,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  },
  text: `<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>${title}</title><style>${style}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`,
});

/** A link of the page: the same request with the person's answer added; escaped. */
export function answerLink({ query }: SandboxRequest, answer: Readonly<Record<string, string>>): string {
  const params = new URLSearchParams(query);
  for (const [name, value] of Object.entries(answer)) params.set(name, value);
  return escaped(`?${params}`);
}

/** Back to the app, with what was decided and the state it had given. */
export function backToApp(
  { query }: SandboxRequest,
  redirectUri: string,
  answer: Readonly<Record<string, string>>,
): SandboxReply {
  const to = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) to.searchParams.set(name, value);
  const state = query.get('state');
  if (state !== null) to.searchParams.set('state', state);
  return { status: 302, headers: { location: to.href } };
}
