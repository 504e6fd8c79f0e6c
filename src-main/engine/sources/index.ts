import type { CostSource as SourceId, SourceView } from '../../../src-shared/contract/sources.ts';
import { exactPlus } from '../../../src-shared/domain/cost/document-sum.ts';
import type { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import {
  type CostPage,
  type CostSource,
  type DayCost,
  fetchPage,
  type WireSources,
} from '../../adapters/kit/cost-source.ts';
import type { HttpClient } from '../../ports/http.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Redactor, SecretStore } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import {
  addFetchPage,
  contributionsUnder,
  dropFetchPages,
  fetchPages,
  listFetches,
  putFetch,
} from '../../store/repositories/cost-fetches.ts';
import { linesByIds } from '../../store/repositories/costs.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Events } from '../events.ts';
import { fetchedPrefix } from '../imports/fetched-costs.ts';
import type { Imports } from '../imports/index.ts';
import { invoiceTotals } from '../imports/invoice-totals.ts';
import type { FetchedCosts } from '../imports/read-fetched.ts';
import type { ImportActor } from '../imports/run-import.ts';
import { notFound, refused } from '../problem.ts';
import { createAgain } from './again.ts';
import { offeredFile } from './offered-file.ts';
import { patience } from './patience.ts';
import { createUsageSource } from './usage.ts';

export interface SourcesDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly events: Pick<Events, 'publish'>;
  readonly redactor: Redactor;
  readonly imports: Pick<Imports, 'start'>;
  readonly worldOf: (organisationId: string) => Promise<{ readonly http: HttpClient; readonly secrets: SecretStore }>;
  readonly wire: WireSources;
  readonly temporaryFolder: string;
}

export type Sources = ReturnType<typeof createSources>;

/** Buckets (days) on a page: what the vendors allow at most, so that a month is one page wherever it can be. */
const daysAPage = 31;
/** Vendors still reckon a month for a while after it is over; until then it is fetched as provisional. */
const settlingMs = 3 * 86_400_000;
/** A cursor older than this is not trusted to go on where it stood. */
const cursorMs = 60 * 60_000;
const keyName = 'adminKey';

/** Cost lines and rates over the wire: organisation cost APIs, month by month, and HMRC's monthly rates. */
export function createSources(deps: SourcesDeps) {
  const { store, runtime, audit, events, redactor, imports, worldOf, wire, temporaryFolder } = deps;
  const sources = wire.costs;
  const { clock, ids } = runtime;
  const ended = new AbortController();
  const patiently = patience(runtime, problemOf, ended.signal);
  /** One fetch of a month at a time. */
  const underway = new Map<string, Promise<{ importId: string }>>();

  function sourceOf(id: SourceId): CostSource {
    const source = sources.find((one) => one.id === id);
    if (source) return source;
    throw notFound({ happened: `There is no cost source "${id}".` });
  }

  const addressOf = (organisationId: string, source: SourceId) => ({ organisationId, system: source, name: keyName });

  function range(month: string) {
    const [year = 0, number = 0] = month.split('-').map(Number);
    const after = Date.UTC(year, number, 1);
    return { from: `${month}-01`, to: new Date(after).toISOString().slice(0, 10), endsAt: after };
  }

  async function keyOf(organisationId: string, source: CostSource) {
    const world = await worldOf(organisationId);
    const key = await world.secrets.read(addressOf(organisationId, source.id));
    if (key !== null) redactor.know(key);
    return { key, http: world.http };
  }

  const settledAt = (month: string) => range(month).endsAt + settlingMs;

  async function connected(organisationId: string, id: SourceId): Promise<boolean> {
    const { secrets } = await worldOf(organisationId);
    return (await secrets.state()) === 'ready' && (await keyOf(organisationId, sourceOf(id))).key !== null;
  }

  /** Fetches a month and imports it; asked for twice at once, it runs once. */
  function fetch(organisationId: string, id: SourceId, month: string, who: ImportActor) {
    const name = JSON.stringify([organisationId, id, month]);
    const running = underway.get(name);
    if (running) return running;
    const work = fetchMonth(organisationId, id, month, who).finally(() => underway.delete(name));
    underway.set(name, work);
    return work;
  }

  const again = createAgain({ store, runtime, audit, events, connected, settledAt, fetch, ended });

  async function view(organisationId: string, source: CostSource): Promise<SourceView> {
    const isConnected = await connected(organisationId, source.id);
    const iso = (at: number) => isoOf(at as Parameters<typeof isoOf>[0]);
    const fetches = (await listFetches(store.read, organisationId)).filter((one) => one.source === source.id);
    const months: SourceView['months'] = [];
    for (const row of fetches) {
      const { month, state, import_id, fetched_at } = row;
      const parts = await contributionsUnder(store.read, organisationId, fetchedPrefix(source.id, month));
      const lines = await linesByIds(store.read, organisationId, [...new Set(parts.map(({ line_id }) => line_id))]);
      // What was undone is not there any more.
      if (lines.length === 0) continue;
      const { at, problem } = await again.outlook(row);
      months.push({
        month,
        state,
        fetchedAt: iso(fetched_at),
        againAt: at === null || !isConnected ? null : iso(Math.max(at, clock.now())),
        problem,
        importId: import_id,
        lines: lines.length,
        currency: [...new Set(lines.map(({ currency }) => currency))].join(', '),
        net: parts.reduce((sum, { exact_net }) => exactPlus(sum, exact_net), '0'),
      });
    }
    return { source: source.id, name: source.name, keyHelp: source.keyHelp, connected: isConnected, months };
  }

  /** Every page of a month; those that came in before a stop are not asked for again. */
  async function download(organisationId: string, source: CostSource, month: string, key: string, http: HttpClient) {
    const of = { organisation_id: organisationId, source: source.id, month };
    const { from, to } = range(month);
    let pages = await fetchPages(store.read, of);
    const last = pages.at(-1);
    const stale = last && (last.next === null || clock.now() - last.at > cursorMs);
    if (stale) {
      await store.transaction((tx) => dropFetchPages(tx, of));
      pages = [];
    }
    const costs: DayCost[] = pages.flatMap((page) => JSON.parse(page.costs) as DayCost[]);
    let cursor = pages.at(-1)?.next ?? null;
    for (let page = pages.length; page === 0 || cursor !== null; page++) {
      const ask = { key, from, to, page: cursor, days: daysAPage };
      const got: CostPage = await patiently(source.name, () => fetchPage(source, http, ask));
      const { next } = got;
      if (next !== null && next === cursor) throw repeated(source.name);
      costs.push(...got.costs);
      await store.transaction((tx) =>
        addFetchPage(tx, { ...of, page, next, costs: JSON.stringify(got.costs), at: clock.now() }),
      );
      cursor = next;
    }
    return costs;
  }

  const offered = (name: string, text: string) => offeredFile(temporaryFolder, ids.next(), name, text);

  async function fetchMonth(organisationId: string, id: SourceId, month: string, who: ImportActor) {
    const source = sourceOf(id);
    const now = clock.now();
    if (Date.parse(`${month}-01T00:00:00Z`) > now) {
      throw refused({ happened: `${formatPeriod(month)} has not begun.`, remedy: 'Fetch a month that has.' });
    }
    const { key, http } = await keyOf(organisationId, source);
    if (key === null) {
      throw refused({
        happened: `${source.name} is not connected.`,
        remedy: `Enter its admin key first. ${source.keyHelp}`,
      });
    }
    const provisional = now < settledAt(month);
    const costs = await download(organisationId, source, month, key, http);
    const fetched: FetchedCosts = { source: id, issuer: source.issuer, month, provisional, costs };
    const file = await offered(`${id}-${month}.json`, JSON.stringify(fetched));
    const started = await imports.start({ organisationId, file, kind: 'costs', format: 'api' }, who);
    await store.transaction(async (tx) => {
      const of = { organisation_id: organisationId, source: id, month };
      await dropFetchPages(tx, of);
      await putFetch(tx, {
        ...of,
        state: provisional ? 'provisional' : 'final',
        import_id: started.importId,
        fetched_at: now,
      });
    });
    return started;
  }

  async function say(organisationId: string, action: string, source: SourceId, who: ImportActor) {
    await store.transaction((tx) => audit(tx, { ...who, organisationId, action, object: `source:${source}` }));
  }

  return {
    usage: createUsageSource(deps),

    list: (organisationId: string) => Promise.all(sources.map((source) => view(organisationId, source))),

    /** Issued invoices against the usage imported for them. */
    invoices: (organisationId: string) => invoiceTotals(store.read, organisationId),

    /** Keeps the admin key once the vendor has answered to it. @throws ProblemError when it refuses */
    async connect(organisationId: string, id: SourceId, key: string, who: ImportActor) {
      const source = sourceOf(id);
      const { http, secrets } = await worldOf(organisationId);
      redactor.know(key);
      const today = new Date(clock.now()).toISOString().slice(0, 7);
      const { from, to } = range(today);
      await patiently(source.name, () => fetchPage(source, http, { key, from, to, page: null, days: 1 }));
      await secrets.write(addressOf(organisationId, id), key);
      await say(organisationId, 'source.connected', id, who);
      return view(organisationId, source);
    },

    async disconnect(organisationId: string, id: SourceId, who: ImportActor) {
      const source = sourceOf(id);
      const { secrets } = await worldOf(organisationId);
      await secrets.forget(addressOf(organisationId, id));
      await say(organisationId, 'source.disconnected', id, who);
      return view(organisationId, source);
    },

    fetch,
    again,

    /** HMRC's rates of a month, brought in like its file. */
    async fetchRates(organisationId: string, month: string, who: ImportActor) {
      const { http } = await worldOf(organisationId);
      const xml = await patiently('HMRC', () => wire.rates(http, month));
      return imports.start({ organisationId, file: await offered(`hmrc-${month}.xml`, xml), kind: 'rates' }, who);
    },
  };
}

function repeated(name: string) {
  return refused({
    happened: `${name} gave the same page twice.`,
    means: 'The month cannot be read to its end; nothing was imported.',
    remedy: 'Try again later.',
  });
}

function problemOf(name: string, error: IntegrationError) {
  const said = error.message.slice(0, 200);
  if (error.code === 'auth' || error.code === 'forbidden') {
    return refused({
      happened: `${name} refuses the key: ${said}`,
      means: 'Costs can be read by an organisation admin key only.',
      remedy: 'Make a new admin key there and enter it here.',
    });
  }
  if (error.code === 'gone') {
    return refused({ happened: `${name} has nothing for that month.`, remedy: 'Choose a month that was published.' });
  }
  return refused({
    happened: `${name} could not be read: ${said}`,
    means: 'What came in so far is kept for an hour; nothing was imported yet.',
    remedy: 'Fetch the month again; it goes on where it stopped.',
  });
}
