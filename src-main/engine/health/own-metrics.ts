import { slugOf } from '../../../src-shared/domain/kpi/dimensions.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import { countJobs } from '../../store/repositories/outbox.ts';
import type { Health } from './index.ts';

type Labels = Readonly<Record<string, string>>;

/** Figures of the process as the platform knows them. */
export interface ProcessFigures {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  /** Unix seconds. */
  readonly startedAt: number;
  /** 99th percentile since the last asking; how long the event loop kept something waiting. */
  readonly loopDelaySeconds: number;
}

export interface OwnMetricsParts {
  readonly store: Pick<Store, 'read' | 'stats'>;
  readonly clock: Runtime['clock'];
  readonly health: Pick<Health, 'list'>;
  /** Webhooks answered since the start, by status. */
  readonly answers: () => readonly {
    readonly organisationId: string;
    readonly source: string;
    readonly status: number;
    readonly count: number;
  }[];
  readonly process: () => ProcessFigures;
}

/**
 * How the console itself is, for a Prometheus that watches it: queue, systems, webhooks, database, process. Slugs and
 * numbers only (SEC-26).
 */
export async function ownMetrics({ store, clock, health, answers, process }: OwnMetricsParts): Promise<string> {
  const page = createPage();
  const now = clock.now();
  for (const { id } of await listOrganisations(store.read)) {
    const org = slugOf(id);
    const [jobs, systems] = await Promise.all([countJobs(store.read, id), health.list(id)]);
    const oldestMs = jobs.oldestWaitingAt === null ? 0 : Math.max(0, now - jobs.oldestWaitingAt);
    page.gauge('wedops_deliveries_waiting', 'Deliveries queued or being sent', { org }, jobs.waiting);
    page.gauge('wedops_deliveries_oldest_seconds', 'Age of the oldest waiting delivery', { org }, oldestMs / 1_000);
    page.gauge('wedops_deliveries_dead', 'Dead letters', { org }, jobs.dead);
    page.gauge('wedops_deliveries_held', 'Deliveries held for a person', { org }, jobs.held);
    page.gauge('wedops_deliveries_in_doubt', 'Deliveries whose outcome is unknown', { org }, jobs.inDoubt);
    for (const { system, state, successRate, p95Ms, breaker, waiting } of systems) {
      if (state === 'not_connected' || state === 'off') continue;
      const labels = { org, system };
      if (state !== 'unknown' && state !== 'paused') {
        page.gauge('wedops_system_up', '1: healthy; 0: failing, in part or whole', labels, state === 'healthy' ? 1 : 0);
      }
      page.gauge('wedops_system_breaker_open', '1: nothing is tried there now', labels, breaker === 'open' ? 1 : 0);
      page.gauge('wedops_system_waiting', 'Deliveries that wait for the system', labels, waiting);
      if (successRate !== null)
        page.gauge('wedops_system_success_ratio', 'Deliveries of 24 h that went through', labels, successRate);
      if (p95Ms !== null)
        page.gauge('wedops_system_p95_seconds', '95th percentile of 24 h of deliveries', labels, p95Ms / 1_000);
    }
  }
  for (const { organisationId, source, status, count } of answers()) {
    const labels = { org: slugOf(organisationId), source, status: String(status) };
    page.counter('wedops_webhooks_total', 'Webhooks answered since the start', labels, count);
  }
  const { commits, transactions } = store.stats();
  page.counter('wedops_store_commits_total', 'Commits of the database since the start', {}, commits);
  page.counter('wedops_store_transactions_total', 'Transactions those commits carried', {}, transactions);
  const { residentBytes, cpuSeconds, startedAt, loopDelaySeconds } = process();
  page.gauge('process_resident_memory_bytes', 'Memory in use', {}, residentBytes);
  page.counter('process_cpu_seconds_total', 'Processor time used', {}, cpuSeconds);
  page.gauge('process_start_time_seconds', 'When the console started', {}, startedAt);
  page.gauge('wedops_event_loop_delay_seconds', 'p99 since it was last asked', {}, loopDelaySeconds);
  return page.text();
}

function createPage() {
  const blocks = new Map<string, string[]>();
  const add = (type: 'gauge' | 'counter') => (name: string, help: string, labels: Labels, value: number) => {
    const block = blocks.get(name) ?? [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
    const listed = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    block.push(`${name}${listed.length === 0 ? '' : `{${listed.join(',')}}`} ${value}`);
    blocks.set(name, block);
  };
  return {
    gauge: add('gauge'),
    counter: add('counter'),
    text: () => `${[...blocks.values()].flat().join('\n')}\n`,
  };
}
