import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { PageDriver } from '../../ports/pages.ts';
import type { LightBlueContext } from './kit.ts';
import { accountNotes } from './profile.ts';

/** A person has this long to sign in, second factor included. */
const wholeMs = 600_000;

/** Everything that must be settled before a page of Light Blue is opened. @throws NeedsAttentionError otherwise */
export function pagesAllowed(ctx: Pick<LightBlueContext, 'settings' | 'pages'>): PageDriver {
  const { pages, settings } = ctx;
  const ask = (message: string, hint: string) =>
    new NeedsAttentionError('misconfigured', message, { hint, scope: 'connection' });
  if (!settings.termsAccepted) {
    throw ask(
      'Nobody has accepted the notice about driving pages',
      'Read it in the help of Light Blue, then accept it in Settings, or use the Inbox.',
    );
  }
  if (!pages) throw ask('This host cannot drive a browser', 'Use the Inbox, or run the console on a desktop.');
  if (accountNotes.status !== 'confirmed' && !pages.practice) {
    throw ask(
      `The page profile ${accountNotes.version} was never confirmed on a real account`,
      'Use the Inbox. A profile is confirmed by somebody who looks at the real page beside it.',
    );
  }
  return pages;
}

/** Opens a window in which the vendor signs in; what is kept is the state of that sign-in, never a password. */
export async function signIn(ctx: LightBlueContext): Promise<string> {
  if (ctx.settings.mode !== 'pages') {
    throw new NeedsAttentionError('misconfigured', 'Light Blue is reached by its Inbox here, which needs no sign-in', {
      hint: 'Choose the pages in its settings first, or keep the Inbox.',
    });
  }
  const { hosts, recordUrl, loggedIn } = accountNotes;
  return pagesAllowed(ctx).signIn(
    { hosts, session: null, wholeMs, signal: ctx.signal },
    { url: recordUrl, signedIn: loggedIn },
  );
}
