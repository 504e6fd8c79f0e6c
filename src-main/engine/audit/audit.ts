import type { z } from 'zod';
import type { AuditVerdict } from '../../../src-shared/contract/audit.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Entropy } from '../../ports/secrets.ts';
import type { Store, Tx } from '../../ports/store.ts';
import { type AuditRow, auditChain, auditHead, insertAuditEntry, listAudit } from '../../store/repositories/audit.ts';
import { asidesBetween, headAndPeople, peopleOfRecord, putAside } from '../../store/repositories/personal.ts';
import { type AuditContent, entryHash, genesis, keyIdOf, seal } from './chain.ts';
import { type CheckpointFile, makeCheckpoint, parseCheckpoints } from './checkpoints.ts';
import { auditExtract } from './extract.ts';
import type { PersonKeys } from './person-keys.ts';
import { commitmentOf } from './personal.ts';
import { type PersonalText, parted } from './personal-text.ts';
import { openAsides, type ReadEntry, readEntries } from './reading.ts';
import { chainVerifier } from './verify.ts';

const pageSize = 500;
const checkpointEveryEntries = 1_000;
const checkpointEveryMs = 3_600_000;

/** One action of a person, schedule, system, command or provider. A bulk action is one entry, not one a row. */
export interface AuditInput {
  readonly organisationId: string;
  /** Who, e.g. `person:priya`, `schedule:monthly`, `system`. */
  readonly actor: string;
  /** How it came in, e.g. `window`, `http`, `cli`, `slack`. */
  readonly channel: string;
  /** `noun.verb`, e.g. `batch.approved`. */
  readonly action: string;
  /** `kind:id`, e.g. `batch:0192...`. */
  readonly object: string;
  /** Settings and money only (AUD-02); anything JSON can hold. */
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reason?: string;
  readonly correlationId?: string;
  /** Personal text about somebody: it goes aside under their key, and into `before`, `after` and `reason` when read. */
  readonly aside?: { readonly personId: string; readonly text: PersonalText };
}

export type AppendAudit = (tx: Tx, input: AuditInput) => Promise<void>;

export interface Audit {
  /** In the transaction of the change itself: no entry, no change (AUD-04). */
  readonly append: AppendAudit;
  /** Over the whole chain, or over its last `most` entries. */
  verify(most?: number): Promise<z.infer<typeof AuditVerdict>>;
  /** Writes a checkpoint now, when there is anything new (at approvals, closes, backups, migrations, restores). */
  checkpoint(): Promise<void>;
  /**
   * Adds an entry that names a break found by `verify`; what is broken stays visible (AUD-07). False: that break is on
   * record already.
   */
  recordBreak(verdict: z.infer<typeof AuditVerdict>): Promise<boolean>;
  /** Entries of one organisation as a person reads them. */
  read(organisationId: string, rows: readonly AuditRow[]): Promise<ReadEntry[]>;
  /** JSON Lines of one organisation with the proof of the whole chain (AUD-10). */
  extract(organisationId: string): Promise<{ fileName: string; text: string }>;
}

export interface AuditDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly entropy: Entropy;
  readonly people: PersonKeys;
  /** From the secret store; null: not at hand, so entries are chained but not sealed. */
  readonly key: string | null;
  readonly checkpoints: CheckpointFile;
  /** Id of this program start. */
  readonly processId: string;
}

export function createAudit({ store, runtime, entropy, people, key, checkpoints, processId }: AuditDeps): Audit {
  const keyId = key === null ? null : keyIdOf(key);
  let sinceCheckpoint = 0;
  let lastCheckpointMs = runtime.clock.monotonicMs();
  let writing: Promise<void> = Promise.resolve();

  async function append(tx: Tx, input: AuditInput): Promise<void> {
    const { last, people: named } = await headAndPeople(tx, input.organisationId);
    const { entry, personal, sealed } = parted(input, named, entropy);
    const content: AuditContent = {
      version: 2,
      sequence: (last?.sequence ?? 0) + 1,
      at: runtime.clock.now(),
      monotonic_ms: Math.round(runtime.clock.monotonicMs()),
      process_id: processId,
      organisation_id: input.organisationId,
      channel: input.channel,
      action: input.action,
      object: input.object,
      ...entry,
      correlation_id: input.correlationId ?? '',
      previous_hash: last?.hash ?? genesis,
      personal,
    };
    const hash = entryHash(content);
    await insertAuditEntry(tx, { ...content, hash, key_id: keyId, mac: key === null ? null : seal(key, hash) });
    if (sealed) await putAside(tx, { ...sealed, sequence: content.sequence, organisation_id: input.organisationId });
    sinceCheckpoint += 1;
    const dueByTime = runtime.clock.monotonicMs() - lastCheckpointMs >= checkpointEveryMs;
    if (sinceCheckpoint < checkpointEveryEntries && !dueByTime) return;
    sinceCheckpoint = 0;
    lastCheckpointMs = runtime.clock.monotonicMs();
    store.after(tx, () => {
      checkpoint().catch((error: unknown) => runtime.log.error('audit.checkpoint-failed', { error: String(error) }));
    });
  }

  /** One after another, so that counts in the file only grow. */
  function checkpoint(): Promise<void> {
    writing = writing
      .catch(() => undefined)
      .then(async () => {
        const last = await auditHead(store.read);
        if (!last) return;
        const known = parseCheckpoints(await checkpoints.read()).at(-1);
        if (known?.count === last.sequence && known.head === last.hash) return;
        const line = makeCheckpoint(last.sequence, last.hash, runtime.clock.now(), key);
        await checkpoints.append(JSON.stringify(line));
      });
    return writing;
  }

  async function* chain(from = 0): AsyncGenerator<AuditRow[]> {
    for (let after = from; ; ) {
      const rows = await auditChain(store.read, after, pageSize);
      const last = rows.at(-1);
      if (!last) return;
      yield rows;
      after = last.sequence;
    }
  }

  /** By sequence, of what lies aside of these entries. */
  async function commitmentsOf(rows: readonly AuditRow[]): Promise<ReadonlyMap<number, string>> {
    const [first, last] = [rows[0], rows.at(-1)];
    if (!first || !last || rows.every(({ personal }) => personal === null)) return new Map();
    const asides = await asidesBetween(store.read, first.sequence, last.sequence);
    return new Map(asides.map(({ sequence, sealed }) => [sequence, commitmentOf(sealed)]));
  }

  return {
    append,
    checkpoint,
    read: (organisationId, rows) => readEntries(store, people, organisationId, rows),
    async verify(most = Number.POSITIVE_INFINITY) {
      const last = await auditHead(store.read);
      const from = Math.max(0, (last?.sequence ?? 0) - most);
      // What the last entries follow; where that is missing, only the whole chain can tell what happened.
      const [base] = from === 0 ? [] : await auditChain(store.read, from - 1, 1);
      const before = base?.sequence === from ? { sequence: from, hash: base.hash } : undefined;
      const verifier = chainVerifier(parseCheckpoints(await checkpoints.read()), key, before);
      let stored = before?.sequence ?? 0;
      let sound = true;
      for await (const rows of chain(before?.sequence)) {
        stored += rows.length;
        if (sound) sound = verifier.take(rows, await commitmentsOf(rows));
      }
      const { entries, head, broken, unsealed } = verifier.finish(stored);
      const unproven = unsealed > 0 ? `${unsealed} of ${entries} entries could be checked by their chain only` : '';
      return {
        ok: broken === null,
        entries,
        head,
        firstBroken: broken?.sequence ?? null,
        verdict: broken?.verdict ?? (unsealed > 0 ? 'key-unavailable' : 'intact'),
        detail: broken?.detail ?? unproven,
        checkedAt: isoOf(runtime.clock.now()),
      };
    },
    async recordBreak({ verdict, firstBroken, detail }) {
      const object = `audit:${firstBroken ?? 0}`;
      const named = { action: 'audit.break-found', object };
      return store.transaction(async (tx) => {
        const same = { action: named.action, object: [object] };
        if ((await listAudit(tx, 'system', same, null, 1)).total > 0) return false;
        const after = { verdict, firstBroken, detail };
        await append(tx, { organisationId: 'system', actor: 'system', channel: 'engine', ...named, after });
        return true;
      });
    },
    async extract(organisationId) {
      await checkpoint();
      const fileName = `audit-${organisationId}-${isoOf(runtime.clock.now()).slice(0, 10)}.jsonl`;
      const last = parseCheckpoints(await checkpoints.read()).at(-1) ?? null;
      const names = await peopleOfRecord(store.read, organisationId);
      const open = (rows: readonly AuditRow[]) => openAsides(store, people, rows);
      return {
        fileName,
        text: await auditExtract({ organisationId, people: names, open, chain: chain(), checkpoint: last }),
      };
    },
  };
}
