import type { AuditRow } from '../../store/repositories/audit.ts';
import type { Checkpoint } from './checkpoints.ts';

const guide = [
  'One JSON value a line: this guide, then the chain in order, then the last checkpoint.',
  'hash = SHA-256, hex, of the UTF-8 bytes of the JSON array, without spaces, of: previous_hash, sequence, at,',
  'monotonic_ms, process_id, organisation_id, actor, channel, action, object, before, after, reason, correlation_id.',
  'before and after are null or JSON text, hashed as text. The first previous_hash is 64 zeros.',
  'mac = HMAC-SHA-256 of the hash with the key in the keychain; key_id tells which key.',
  'Entries of other organisations stand as sequence, previous_hash and hash alone, so that the chain can be followed.',
  'The checkpoint tells how many entries there were: fewer means that the tail was cut.',
].join(' ');

/** JSON Lines for one organisation; ends with a line break. */
export async function auditExtract(
  organisationId: string,
  chain: AsyncIterable<readonly AuditRow[]>,
  checkpoint: Checkpoint | null,
): Promise<string> {
  const lines = [JSON.stringify({ format: 'audit-extract', version: 1, organisationId, guide })];
  for await (const rows of chain) {
    for (const row of rows) {
      const { sequence, previous_hash, hash } = row;
      lines.push(JSON.stringify(row.organisation_id === organisationId ? row : { sequence, previous_hash, hash }));
    }
  }
  lines.push(JSON.stringify({ checkpoint }));
  return `${lines.join('\n')}\n`;
}
