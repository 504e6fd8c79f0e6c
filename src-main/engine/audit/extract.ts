import type { AuditRow } from '../../store/repositories/audit.ts';
import type { Checkpoint } from './checkpoints.ts';
import type { Named } from './names.ts';
import type { Opened } from './reading.ts';

const guide = [
  'One JSON value a line: this guide, then the chain in order, then the last checkpoint.',
  'hash = SHA-256, hex, of the UTF-8 bytes of the JSON array, without spaces, of: previous_hash, sequence, at,',
  'monotonic_ms, process_id, organisation_id, actor, channel, action, object, before, after, reason, correlation_id.',
  'Entries whose version is 2 have the number 2 before these and their personal after them.',
  'before and after are null or JSON text, hashed as text. The first previous_hash is 64 zeros.',
  'mac = HMAC-SHA-256 of the hash with the key in the keychain; key_id tells which key.',
  'people tells whom person:ID means; nobody there: an erased person.',
  'personal = null, or JSON text of a person and the SHA-256 of what lies aside for them. aside = null where nothing does;',
  '"erased" where its person was erased; else sealed (base64; its SHA-256 is that of personal) and key (base64).',
  'Its first byte is 0: 16 bytes of salt and the text follow; or 1: 32 bytes, the text in AES-256-GCM under key with a nonce',
  'of 12 zero bytes, the tag of 16 bytes. key null after a 1: it cannot be opened on the computer that wrote this.',
  'Entries of other organisations stand as sequence, previous_hash and hash alone, so that the chain can be followed.',
  'The checkpoint tells how many entries there were: fewer means that the tail was cut.',
].join(' ');

/** JSON Lines for one organisation; ends with a line break. `open`: what lies aside of some entries, by sequence. */
export async function auditExtract(of: {
  readonly organisationId: string;
  readonly people: readonly Named[];
  readonly open: (rows: readonly AuditRow[]) => Promise<ReadonlyMap<number, Opened>>;
  readonly chain: AsyncIterable<readonly AuditRow[]>;
  readonly checkpoint: Checkpoint | null;
}): Promise<string> {
  const { organisationId, checkpoint } = of;
  const people = Object.fromEntries(of.people.filter(({ name }) => name !== '').map(({ id, name }) => [id, name]));
  const lines = [JSON.stringify({ format: 'audit-extract', version: 2, organisationId, guide, people })];
  for await (const rows of of.chain) {
    const asides = await of.open(rows.filter((row) => row.organisation_id === organisationId));
    for (const row of rows) {
      const { sequence, previous_hash, hash, personal } = row;
      if (row.organisation_id !== organisationId) lines.push(JSON.stringify({ sequence, previous_hash, hash }));
      else lines.push(JSON.stringify({ ...row, aside: personal === null ? null : shown(asides.get(sequence)) }));
    }
  }
  lines.push(JSON.stringify({ checkpoint }));
  return `${lines.join('\n')}\n`;
}

function shown(aside: Opened | undefined) {
  if (!aside) return 'erased';
  return { sealed: Buffer.from(aside.sealed).toString('base64'), key: aside.key?.toString('base64') ?? null };
}
