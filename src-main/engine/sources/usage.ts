import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { UsageSourceView } from '../../../src-shared/contract/sources.ts';
import type { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { crmSetting, putCrmSetting } from '../../store/repositories/crm.ts';
import { getImport } from '../../store/repositories/imports.ts';
import type { ImportActor } from '../imports/run-import.ts';
import { refused } from '../problem.ts';
import type { SourcesDeps } from './index.ts';
import { offeredFile } from './offered-file.ts';
import { patience } from './patience.ts';

const name = 'WedSync';
const rowsAPage = 2_000;
/** One import takes no more than this: well below what a JSON file may have, and a stop loses no more than that. */
const bytesAnImport = 16 * 1024 * 1024;
const settingName = 'usage-source';

const Standing = z.object({
  address: z.string(),
  /** Goes on behind it; null: from the beginning. */
  cursor: z.string().nullable(),
  /** SHA-256 of the last page, which stands behind the cursor. */
  seen: z.string().nullable(),
  /** An import under way: once it is done, the cursor moves to where it ended. */
  pending: z
    .object({ importId: z.string(), cursor: z.string().nullable(), seen: z.string().nullable(), more: z.boolean() })
    .nullable(),
  fetchedAt: z.number().nullable(),
});
type Standing = z.infer<typeof Standing>;

/**
 * AI usage from the documented WedSync API, page by page behind a cursor. The cursor moves only over what a finished
 * import holds, so a fetch that was killed reads the same records again, and the importer knows them.
 */
export function createUsageSource({
  store,
  runtime,
  audit,
  redactor,
  imports,
  worldOf,
  wire,
  temporaryFolder,
}: SourcesDeps) {
  const { clock, ids } = runtime;
  const patiently = patience(runtime, problemOf);
  const addressOf = (organisationId: string) => ({ organisationId, system: 'wedsync', name: 'apiKey' });
  const underway = new Map<string, Promise<{ importId: string | null; more: boolean }>>();

  async function keyOf(organisationId: string) {
    const { http, secrets } = await worldOf(organisationId);
    const key = (await secrets.state()) === 'ready' ? await secrets.read(addressOf(organisationId)) : null;
    if (key !== null) redactor.know(key);
    return { key, http };
  }

  /** What is known, once the import it waited for has told how it ended. */
  async function standing(organisationId: string): Promise<{ at: Standing | null; running: Standing['pending'] }> {
    const stored = await crmSetting(store.read, organisationId, settingName);
    if (stored === null) return { at: null, running: null };
    const at = Standing.parse(stored);
    if (at.pending === null) return { at, running: null };
    const state = (await getImport(store.read, organisationId, at.pending.importId))?.state;
    if (state === 'running') return { at, running: at.pending };
    const { cursor, seen } = state === 'done' ? at.pending : at;
    return { at: { ...at, cursor, seen, pending: null }, running: null };
  }

  const keep = (organisationId: string, at: Standing) =>
    store.transaction((tx) => putCrmSetting(tx, organisationId, settingName, at, clock.now()));

  async function view(organisationId: string): Promise<UsageSourceView> {
    const { at } = await standing(organisationId);
    const { key } = await keyOf(organisationId);
    return {
      address: at?.address ?? null,
      connected: at !== null && key !== null,
      begun: at !== null && at.cursor !== null,
      fetchedAt: at === null || at.fetchedAt === null ? null : isoOf(at.fetchedAt as Parameters<typeof isoOf>[0]),
    };
  }

  async function fetchSome(organisationId: string, again: boolean, who: ImportActor) {
    const { at, running } = await standing(organisationId);
    if (running) return { importId: running.importId, more: running.more };
    const { key, http } = await keyOf(organisationId);
    if (at === null || key === null) {
      throw refused({
        happened: 'The WedSync usage API is not connected.',
        remedy: 'Enter its address and key first.',
      });
    }
    const { address } = at;
    let cursor = again ? null : at.cursor;
    const records: string[] = [];
    let lastPage: string[] = [];
    let bytes = 0;
    let more = true;
    while (more && bytes < bytesAnImport) {
      const after: string | null = cursor;
      const page = await patiently(name, () => wire.usage(http, { address, key, after, limit: rowsAPage }));
      if (page.next !== null && page.next === after) throw repeated();
      lastPage = page.records.map((record) => JSON.stringify(record));
      bytes += lastPage.reduce((sum, text) => sum + text.length, 0);
      records.push(...lastPage);
      more = page.next !== null;
      cursor = page.next ?? cursor;
    }
    const seen = createHash('sha256').update(lastPage.join('\n')).digest('hex');
    const fetchedAt = clock.now();
    // The last page stands behind the last cursor: it is read again each time, and brings nothing while it is the same.
    const isLastPageAlone = !again && cursor === at.cursor && records.length === lastPage.length;
    if (records.length === 0 || (isLastPageAlone && seen === at.seen)) {
      await keep(organisationId, { ...at, fetchedAt });
      return { importId: null, more: false };
    }
    const day = isoOf(fetchedAt).slice(0, 10);
    const text = `{"records":[${records.join(',')}]}`;
    const file = await offeredFile(temporaryFolder, ids.next(), `wedsync-usage-${day}.json`, text);
    const { importId } = await imports.start({ organisationId, file, kind: 'usage', format: 'json' }, who);
    await keep(organisationId, {
      ...at,
      ...(again ? { cursor: null, seen: null } : {}),
      pending: { importId, cursor, seen, more },
      fetchedAt,
    });
    return { importId, more };
  }

  const say = (organisationId: string, action: string, who: ImportActor, after?: unknown) =>
    store.transaction((tx) => audit(tx, { ...who, organisationId, action, object: 'source:wedsync-usage', after }));

  return {
    view,

    /** Keeps address and key once a page could be read with them. @throws ProblemError when it could not */
    async connect(organisationId: string, given: { address: string; key: string }, who: ImportActor) {
      const { http, secrets } = await worldOf(organisationId);
      const address = baseOf(given.address);
      const { key } = given;
      redactor.know(key);
      await patiently(name, () => wire.usage(http, { address, key, after: null, limit: 1 }));
      await secrets.write(addressOf(organisationId), key);
      const { at } = await standing(organisationId);
      // A cursor is the word of one address alone.
      const known = at?.address === address ? at : { cursor: null, seen: null, pending: null, fetchedAt: null };
      await keep(organisationId, { ...known, address });
      await say(organisationId, 'source.connected', who, { address });
      return view(organisationId);
    },

    async disconnect(organisationId: string, who: ImportActor) {
      const { secrets } = await worldOf(organisationId);
      await secrets.forget(addressOf(organisationId));
      await say(organisationId, 'source.disconnected', who);
      return view(organisationId);
    },

    /**
     * Reads on behind the cursor (`again`: from the beginning) and imports what it got. `more`: ask again once that import
     * is done. Asked for twice at once, it runs once.
     */
    fetch(
      organisationId: string,
      again: boolean,
      who: ImportActor,
    ): Promise<{ importId: string | null; more: boolean }> {
      const running = underway.get(organisationId);
      if (running) return running;
      const work = fetchSome(organisationId, again, who).finally(() => underway.delete(organisationId));
      underway.set(organisationId, work);
      return work;
    },
  };
}

/** The address as paths are put behind it. What it leads to is checked at every attempt (SEC-36). */
function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const fits =
    url?.protocol === 'https:' && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!url || !fits) {
    throw refused({
      happened: 'This is no address the usage API can have.',
      remedy: 'Write it as https://api.example.co.uk/v1, without name, password or question mark.',
    });
  }
  return url.href.replace(/\/+$/, '');
}

function repeated() {
  return refused({
    happened: 'WedSync gave the same page twice.',
    means: 'The usage cannot be read to its end; nothing of this fetch was imported.',
    remedy: 'Try again later.',
  });
}

function problemOf(_name: string, error: IntegrationError) {
  const said = error.message.slice(0, 200);
  if (error.code === 'auth' || error.code === 'forbidden') {
    return refused({
      happened: `WedSync refuses the key: ${said}`,
      remedy: 'Make a new key there and enter it under CRM, Import usage.',
    });
  }
  return refused({
    happened: `AI usage could not be read: ${said}`,
    means: 'Nothing of this fetch was imported; earlier ones stand.',
    remedy: error.detail.hint ?? 'Fetch again; it goes on where the last import ended.',
  });
}
