// Verifies what `wedops audit export` wrote, by nothing but its own guide: node scripts/verify-extract.mjs FILE
import { createDecipheriv, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const lines = readFileSync(process.argv[2] ?? '', 'utf8')
  .trimEnd()
  .split('\n');
const [{ people = {} }, ...entries] = lines.map((line) => JSON.parse(line));
const { checkpoint } = entries.pop();
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const fields =
  'previous_hash sequence at monotonic_ms process_id organisation_id actor channel action object before after reason correlation_id';

function hashOf(entry) {
  const values = fields.split(' ').map((name) => entry[name]);
  return sha256(JSON.stringify(entry.version === 2 ? [2, ...values, entry.personal] : values));
}

function textAside({ personal, aside }) {
  if (aside === 'erased') return '(erased)';
  if (!aside) return '';
  const bytes = Buffer.from(aside.sealed, 'base64');
  if (sha256(bytes) !== JSON.parse(personal).sha256) throw new Error('another text lies aside than was written');
  if (bytes[0] === 0) return bytes.subarray(17).toString();
  if (aside.key === null) return '(cannot be opened)';
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(aside.key, 'base64'), Buffer.alloc(12));
  decipher.setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(33, -16), undefined, 'utf8') + decipher.final('utf8');
}

function check(entry, expected, previous) {
  if (entry.sequence !== expected) throw new Error('an entry is missing');
  if (entry.previous_hash !== previous) throw new Error('it does not follow the one before');
  if (entry.organisation_id === undefined) return;
  if (hashOf(entry) !== entry.hash) throw new Error('it was altered');
  const { sequence, at, actor, action, object, reason } = entry;
  const shown = [actor, action, object, reason, textAside(entry)].join(' ');
  const named = shown.replace(/person:([\w-]+)/g, (reference, id) => people[id] ?? reference);
  console.log(sequence, new Date(at).toISOString(), named);
}

let previous = '0'.repeat(64);
try {
  for (const [index, entry] of entries.entries()) {
    check(entry, index + 1, previous);
    previous = entry.hash;
  }
  if (checkpoint && checkpoint.count > entries.length) throw new Error(`the end: ${checkpoint.count} are known`);
} catch (thrown) {
  console.error(`NOT intact after entry ${previous.slice(0, 16)}: ${thrown.message}`);
  process.exit(1);
}
const erased = entries.filter(({ aside }) => aside === 'erased').length;
console.log(`intact: ${entries.length} entries, ${erased} erased, head ${previous}`);
