import { z } from 'zod';
import type { Entropy } from '../../ports/secrets.ts';
import type { RecordedPerson } from '../../store/repositories/personal.ts';
import type { AuditInput } from './audit.ts';
import { canonicalJson } from './chain.ts';
import { withoutNames } from './names.ts';
import { asideOf, commitmentOf } from './personal.ts';

/** What an entry says of the text that lies aside; `sha256` is over the stored bytes. */
export const Commitment = z.object({ person: z.string(), sha256: z.string() });

/** What lies aside: parts that belong into `before`, `after` and `reason`. */
export const PersonalText = z.object({
  before: z.record(z.string(), z.json()).optional(),
  after: z.record(z.string(), z.json()).optional(),
  reason: z.string().optional(),
});
export type PersonalText = z.infer<typeof PersonalText>;

/**
 * First words of actions of finance: why something was approved, left out or reversed is kept for the legal term, so it
 * stands in the chain itself. Names of people stand there as references like everywhere.
 */
const keptByLaw = new Set([
  ...['batch', 'document', 'reversal', 'line', 'lines', 'period', 'ledger-duplicate', 'category-rule', 'supplier'],
  ...['sales', 'import', 'source'],
]);

/** Parts an entry: what the chain holds, with references instead of names, and what lies aside for one person. */
export function parted(input: AuditInput, people: readonly RecordedPerson[], entropy: Entropy) {
  const hide = withoutNames(people);
  const actor = hide.who(input.actor);
  const entry = {
    actor,
    before: jsonOrNull(input.before, hide.json),
    after: jsonOrNull(input.after, hide.json),
    reason: hide.text(input.reason ?? ''),
  };
  const author = people.find(({ id }) => actor === `person:${id}`);
  const isTheirs = author !== undefined && entry.reason !== '' && !keptByLaw.has(input.action.split('.')[0] ?? '');
  const about = input.aside ?? (isTheirs ? { personId: author.id, text: { reason: entry.reason } } : null);
  if (about === null) return { entry, personal: null, sealed: null };
  const key = people.find(({ id }) => id === about.personId)?.public_key ?? null;
  const sealed = asideOf(canonicalJson(about.text), key, entropy.text(32));
  const personal = canonicalJson({ person: about.personId, sha256: commitmentOf(sealed) });
  return {
    entry: { ...entry, reason: about.text.reason === undefined ? entry.reason : '' },
    personal,
    sealed: { person_id: about.personId, sealed },
  };
}

function jsonOrNull(value: unknown, hide: (json: string) => string): string | null {
  return value === undefined || value === null ? null : hide(canonicalJson(value));
}
