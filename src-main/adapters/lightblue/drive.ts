import { createHash } from 'node:crypto';
import { NeedsAttentionError, PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { DrivenPage, PageDriver } from '../../ports/pages.ts';
import { type CrmPush, type CrmReceipt, sameValue, standingOf } from '../kit/crm.ts';
import { block, type PageProfile } from './profile.ts';

const wholeMs = 90_000;
const savedMs = 8_000;

/** Stops before anything is written; the picture shows why. */
async function stopped(page: DrivenPage, why: string): Promise<never> {
  const picture = await page.picture().catch(() => null);
  throw new PermanentError('rejected', `The page changed (${why}): stopped before writing`, {
    hint: `Use the Inbox until the page profile is renewed.${picture === null ? '' : ` Picture ${picture.slice(0, 12)}.`}`,
  });
}

/** Every sign that the page is still the one the profile was written for. Throws otherwise; writes nothing. */
async function guard(page: DrivenPage, profile: PageProfile): Promise<void> {
  if ((await page.count(profile.loggedIn)) !== 1) {
    throw new NeedsAttentionError('auth', 'Light Blue asks for a new sign-in of this vendor', {
      hint: 'Sign in again with the vendor; nothing was written.',
    });
  }
  for (const place of profile.mustNotHave) {
    if ((await page.count(place)) > 0) await stopped(page, 'something is in the way');
  }
  for (const place of [...profile.mustHave, profile.field.place, profile.save]) {
    const count = await page.count(place);
    const name = 'label' in place ? place.label : (place.name ?? place.role);
    if (count !== 1) await stopped(page, `${count === 0 ? 'no' : String(count)} "${name}"`);
  }
  const shape = await page.shapeOf(profile.field.place);
  if (shape.tag !== profile.field.tag || shape.maxLength !== profile.field.maxLength || !shape.editable) {
    await stopped(page, 'the notes field is another one');
  }
  const skeleton = createHash('sha256')
    .update(await page.skeleton())
    .digest('hex');
  if (!profile.skeletons.includes(skeleton)) await stopped(page, 'another layout');
}

/** The vendor's text before and after our block, and the values in it. */
export function parsedNotes(notes: string): { before: string; own: ReadonlyMap<string, string>; after: string } {
  const text = notes.replaceAll('\r\n', '\n');
  const from = text.indexOf(block.begin);
  const to = text.indexOf(block.end, from);
  if (from < 0 || to < 0)
    return { before: text === '' || text.endsWith('\n') ? text : `${text}\n`, own: new Map(), after: '' };
  const own = new Map(
    text
      .slice(from + block.begin.length, to)
      .split('\n')
      .map((line) => /^([^:]+): (.*)$/.exec(line))
      .flatMap((match) => (match ? [[match[1] ?? '', match[2] ?? ''] as const] : [])),
  );
  return { before: text.slice(0, from), own, after: text.slice(to + block.end.length) };
}

export function withBlock(notes: string, push: CrmPush): string {
  const { before, after } = parsedNotes(notes);
  // A line end or a mark of ours inside a value would end the block early.
  const clean = (text: string) => text.replaceAll(/[\r\n[\]]/g, ' ');
  const lines = push.fields.map(({ label, value }) => `${clean(label)}: ${clean(value)}`);
  return `${before}${[block.begin, ...lines, `Ref: ${push.reference}`, block.end].join('\n')}${after}`;
}

const valuesIn = (notes: string, push: CrmPush): Record<string, string | null> => {
  const { own } = parsedNotes(notes);
  return Object.fromEntries(push.fields.map(({ key, label }) => [key, own.get(label) ?? null]));
};

/**
 * Writes a vendor's figures into our own block of their notes page, or writes nothing: the page must look exactly as the
 * profile says before it is read, again before it is filled, and what stands there afterwards is read from a fresh load.
 */
export async function driveNotes(
  pages: PageDriver,
  profile: PageProfile,
  push: CrmPush,
  session: string,
  signal: AbortSignal,
): Promise<CrmReceipt> {
  return pages.run({ hosts: profile.hosts, session, wholeMs, signal }, async (page) => {
    const { place } = profile.field;
    await page.goto(profile.recordUrl);
    await guard(page, profile);
    const notes = await page.value(place);
    const { standing, edited } = standingOf(push.fields, valuesIn(notes, push));
    if (standing === 'edited') {
      throw new PermanentError(
        'superseded',
        `${edited[0]?.label ?? 'A field'} was edited in Light Blue since the preview`,
        {
          hint: 'Nothing was written. Choose per field what stays.',
        },
      );
    }
    if (standing === 'written') return { readBack: true, fields: valuesIn(notes, push), pictures: [] };
    const next = withBlock(notes, push);
    if (next.length > profile.field.maxLength) {
      throw new PermanentError('too-large', 'The notes have no room for our block', {
        hint: 'Ask the vendor to shorten them.',
      });
    }
    await page.fill(place, next);
    // Filling may have moved or opened something.
    await guard(page, profile);
    if ((await page.value(place)) !== next) await stopped(page, 'the field did not keep what was typed');
    await page.click(profile.save);
    const saved = await page.appears(profile.saved, savedMs);
    const pictures = [await page.picture()];
    await page.goto(profile.recordUrl);
    await guard(page, profile);
    const stored = await page.value(place);
    const fields = valuesIn(stored, push);
    const equal = push.fields.every(({ key, kind, value }) => sameValue(kind, fields[key] ?? null, value));
    if (!saved && !equal) throw new RetryableError('timeout', 'Light Blue did not say that the notes were saved');
    const [was, is] = [parsedNotes(notes), parsedNotes(stored)];
    if (was.before.trim() !== is.before.trim() || was.after.trim() !== is.after.trim()) {
      throw new NeedsAttentionError('outcome-unknown', 'The vendor’s own notes differ from before', {
        hint: 'Compare the notes in Light Blue with the picture of this run.',
      });
    }
    return { readBack: true, fields, pictures };
  });
}
