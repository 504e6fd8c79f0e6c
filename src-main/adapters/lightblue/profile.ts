import type { Place } from '../../ports/pages.ts';

/** What a driven page must look like before anything is written. Data, with a version of its own; never a guess. */
export interface PageProfile {
  readonly system: string;
  readonly version: string;
  /** `unconfirmed`: written without an account to look at; not to be used on real pages until somebody confirmed it. */
  readonly status: 'confirmed' | 'unconfirmed';
  readonly hosts: readonly string[];
  readonly recordUrl: string;
  readonly loggedIn: Place;
  readonly mustHave: readonly Place[];
  readonly mustNotHave: readonly Place[];
  readonly field: { readonly place: Place; readonly tag: string; readonly maxLength: number };
  readonly save: Place;
  readonly saved: Place;
  /** SHA-256 of the skeletons that are known. */
  readonly skeletons: readonly string[];
}

export const accountNotes: PageProfile = {
  system: 'light-blue-account',
  version: '2026.11.0',
  status: 'unconfirmed',
  hosts: ['online.lightbluesoftware.com'],
  recordUrl: 'https://online.lightbluesoftware.com/account/notes',
  loggedIn: { role: 'link', name: 'Log out' },
  mustHave: [{ role: 'heading', name: 'Account notes' }, { label: 'Address' }],
  mustNotHave: [{ role: 'dialog' }],
  field: { place: { label: 'Notes' }, tag: 'textarea', maxLength: 20_000 },
  save: { role: 'button', name: 'Save notes' },
  saved: { role: 'status', name: 'Notes saved' },
  skeletons: ['8d3fd6c8df0861998664764b84bc76446749524089059f874d1ade5079ae8749'],
};

/** Our part of the notes; everything outside belongs to the vendor. */
export const block = { begin: '[WedSync AI]', end: '[/WedSync AI]' } as const;
