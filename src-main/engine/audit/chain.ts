import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AuditRow } from '../../store/repositories/audit.ts';

/** What the first entry is chained to. */
export const genesis = '0'.repeat(64);

export type AuditContent = Omit<AuditRow, 'hash' | 'key_id' | 'mac'>;

/** JSON with sorted keys and no spaces: the same value always gives the same bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

/**
 * SHA-256, hex, over the entry's fields in a fixed order, the previous hash among them (AUD-03). Since version 2 they begin
 * with the version and end with the commitment to what lies aside; entries of before stay as they were hashed.
 */
export function entryHash(entry: AuditContent): string {
  const fields = [
    entry.previous_hash,
    entry.sequence,
    entry.at,
    entry.monotonic_ms,
    entry.process_id,
    entry.organisation_id,
    entry.actor,
    entry.channel,
    entry.action,
    entry.object,
    entry.before,
    entry.after,
    entry.reason,
    entry.correlation_id,
  ];
  const bytes = JSON.stringify(entry.version === 2 ? [2, ...fields, entry.personal] : fields);
  return createHash('sha256').update(bytes).digest('hex');
}

/** HMAC-SHA-256, hex: an unkeyed chain could be computed anew by whoever can write the file. */
export function seal(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

export function sealHolds(key: string, text: string, mac: string): boolean {
  const expected = Buffer.from(seal(key, text), 'hex');
  const given = Buffer.from(mac, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Tells keys apart without revealing them. */
export function keyIdOf(key: string): string {
  return createHash('sha256').update(`audit-key\n${key}`).digest('hex').slice(0, 16);
}
