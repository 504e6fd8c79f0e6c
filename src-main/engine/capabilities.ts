import { join } from 'node:path';
import { SYNC_KPIS } from '../adapters/kit/bi.ts';
import { getJob } from '../store/repositories/outbox.ts';
import { createAlerts } from './alerts/index.ts';
import { createProbes } from './alerts/probes.ts';
import { createAudit } from './audit/audit.ts';
import { createPersonKeys } from './audit/person-keys.ts';
import { createBi } from './bi/index.ts';
import { createChangedKeychain } from './connections/changed-keychain.ts';
import { createConnections } from './connections/connections.ts';
import { valueSettings } from './crm/figures.ts';
import { createCrm } from './crm/index.ts';
import { createDeliveries } from './deliveries/index.ts';
import type { EngineParts } from './engine-parts.ts';
import { createEvents } from './events.ts';
import { createExports } from './exports/index.ts';
import { createClockWatch } from './health/clock-watch.ts';
import { createDiagnostics } from './health/diagnostics.ts';
import { createHealth } from './health/index.ts';
import { createImports } from './imports/index.ts';
import { createInsight } from './insight/index.ts';
import { createKpis, monitoringSystems } from './kpis/index.ts';
import { createHear } from './listeners/hear.ts';
import { createListeners } from './listeners/listeners.ts';
import { createSmsArrival } from './listeners/sms-arrival.ts';
import { createAutomaticBackups } from './maintenance/automatic-backups.ts';
import { noticeChanges } from './notices.ts';
import { createErasing } from './organisations/erasing.ts';
import { createOrganisations } from './organisations/organisations.ts';
import { practiceOrganisationId } from './organisations/seed-practice.ts';
import { createOutbox } from './outbox/outbox.ts';
import { createReceiver } from './receiver/index.ts';
import { slackPersonOf } from './receiver/slack-person.ts';
import { assessLines, createDesk, createRechecks, createReview } from './review/index.ts';
import { createSchedules } from './schedules/index.ts';
import { scheduledWork } from './schedules/work.ts';
import { createSeats } from './seats/seats.ts';
import { createSources } from './sources/index.ts';
import { createStanding } from './standing.ts';
import { needsRoom } from './storage-guard.ts';
import { createUsageImporter } from './usage/usage-importer.ts';
import { createWeddingsImporter } from './weekend/weddings-importer.ts';
import { createWeekend } from './weekend/weekend.ts';

export type Capabilities = ReturnType<typeof createCapabilities>;

/** Puts the capabilities together; each gets what it needs handed in and knows nothing of the others. Nothing runs yet. */
export function createCapabilities(parts: EngineParts) {
  const { store, runtime, entropy, files, evidence, temporaryFolder } = parts;
  const events = createEvents((thrown) =>
    runtime.log.error('event.listener-failed', { error: thrown instanceof Error ? thrown.message : String(thrown) }),
  );
  const keys = createPersonKeys({
    secretsOf: async (organisationId) => (await connections.contexts.worldOf(organisationId)).secrets,
    entropy,
    redactor: parts.redactor,
    log: runtime.log,
  });
  const audit = createAudit({
    store,
    runtime,
    entropy,
    people: keys,
    key: parts.auditKey,
    checkpoints: parts.checkpoints,
    processId: runtime.ids.next(),
  });
  const rechecks = createRechecks({ store, runtime, publish: events.publish });
  const organisations = createOrganisations({
    store,
    runtime,
    entropy,
    audit: audit.append,
    events,
    personKey: keys.make,
    buyerChanged: (tx, organisationId) => rechecks.request(tx, organisationId, { kind: 'all' }),
    created: (tx, organisationId) => seats.claim(tx, organisationId),
  });
  const seats = createSeats({
    store,
    runtime,
    seat: parts.seat,
    audit: audit.append,
    events,
    organisations,
    alerts: () => alerts,
    notices: parts.notices ?? null,
    neverTwice: new Set(
      parts.adapters
        .filter(({ actions }) => Object.values(actions).some(({ deliveryClass }) => deliveryClass === 'never-twice'))
        .map(({ manifest }) => manifest.id),
    ),
    changed: (organisationId) => {
      outbox.wake();
      alerts.wake();
      listeners.look(organisationId);
    },
  });
  const erasing = createErasing({
    store,
    runtime,
    audit: audit.append,
    record: audit.read,
    keys,
    organisations,
    events,
  });
  const connections = createConnections({
    store,
    runtime,
    entropy,
    registry: parts.adapters,
    worlds: parts.worlds,
    redactor: parts.redactor,
    evidence,
    datasets: parts.datasets,
    oauthReturn: parts.oauthReturn,
    organisations,
    audit: audit.append,
    events,
    sentBy: seats.mark,
  });
  const outbox = createOutbox({
    store,
    runtime,
    events,
    deliverer: connections.deliverer,
    speed: (organisationId) => (organisationId === practiceOrganisationId ? (parts.practiceSpeed ?? 1) : 1),
    rests: seats.rests,
  });
  const reviewParts = { store, runtime, audit: audit.append, publish: events.publish, rechecks };
  const review = createReview(reviewParts);
  const reviewDesk = createDesk({ ...reviewParts, evidence, files, temporaryFolder });
  const imports = createImports({ store, runtime, audit: audit.append, events, assess: assessLines, rechecks });
  const sources = createSources({
    store,
    runtime,
    audit: audit.append,
    events,
    redactor: parts.redactor,
    imports: { start: needsRoom(parts.room, imports.start) },
    worldOf: connections.contexts.worldOf,
    wire: parts.wireSources,
    temporaryFolder,
  });
  const exports = createExports({
    store,
    runtime,
    publish: events.publish,
    audit: audit.append,
    enqueue: (tx, { orderKey, ...job }) => outbox.enqueue(tx, orderKey === null ? job : { ...job, orderKey }),
    checkNow: async (organisationId, jobId) => {
      await store.transaction((tx) => outbox.goOn(tx, organisationId, jobId));
    },
    ledgers: connections.ledgers,
    people: organisations,
    evidence,
    files,
    temporaryFolder,
    linesSettled: rechecks.settled,
  });
  const insight = createInsight(reviewParts);
  events.subscribe(({ topic, organisationId }) => {
    if (topic !== 'imports' || parts.host === 'cli') return;
    insight
      .prepare(organisationId)
      .catch((thrown: unknown) => runtime.log.warn('insight.not-prepared', { error: String(thrown) }));
  });
  const schedules = createSchedules({
    store,
    runtime,
    audit: audit.append,
    publish: events.publish,
    work: scheduledWork({ exports, review, insight }),
    calendar: (organisationId) => weekend.calendar(organisationId),
    told: ({ scheduleId, name, state, result }) =>
      parts.notices?.show({
        key: `schedule:${scheduleId}`,
        title: state === 'done' ? name : `${name}: it did not work`,
        body: result,
        urgent: state === 'failed',
        address: '/exports/schedules',
      }),
  });
  for (const { manifest } of parts.adapters) {
    if (manifest.category === 'accounting') outbox.onSettled({ system: manifest.id }, exports.settled);
  }
  const weekend = createWeekend({ store, runtime, audit: audit.append, publish: events.publish });
  events.subscribe(({ topic, organisationId }) => {
    if (topic === 'organisations') weekend.forget(organisationId);
    // Wedding-day mode may begin earlier now.
    if (topic === 'weddings') alerts.wake();
    if (topic === 'people') {
      alerts.quiet.forget(organisationId);
      alerts.routing.forget(organisationId);
    }
  });
  imports.registerImport(createWeddingsImporter({ store, runtime, weekend }));
  const alerts = createAlerts({
    store,
    runtime,
    audit: audit.append,
    publish: events.publish,
    weekend,
    enqueue: outbox.enqueue,
    notices: parts.notices ?? null,
    probes: createProbes({
      store,
      clock: runtime.clock,
      dataFolder: parts.dataFolder,
      weekend,
      health: (organisationId) => health.list(organisationId),
      seat: seats.state,
      clockAhead: parts.clockAhead,
      notifications: parts.notices?.allowed ?? null,
      staysAwake: parts.notices?.staysAwake ?? null,
    }),
    planned: parts.host !== 'cli',
    sendsHere: seats.sendsHere,
    ping: parts.safeMode
      ? null
      : async (organisationId, url) => {
          // The address watches over whoever sends; its silence must show.
          if (!seats.sendsHere(organisationId)) throw new Error('Another computer sends for this organisation');
          const { practice } = await organisations.get(organisationId);
          const { http } = practice ? parts.worlds.practice : parts.worlds.real;
          const request = { method: 'GET', url, untrustedHost: true, firstByteMs: 5_000, wholeMs: 10_000 } as const;
          const { status } = await http.send(request);
          if (status >= 300) throw new Error(`The heartbeat address answered ${status}`);
        },
  });
  for (const system of alerts.systems) outbox.onSettled({ system, action: alerts.action }, alerts.onSettled);
  const smsArrival = createSmsArrival({ runtime, enqueue: outbox.enqueue, alerts });
  outbox.onSettled({ system: 'sms', action: alerts.action }, smsArrival.sent);
  outbox.onSettled({ system: 'sms', action: 'poll-status' }, smsArrival.asked);
  const listeners = createListeners({
    store,
    runtime,
    events,
    registry: parts.adapters,
    contextOf: connections.contexts.contextOf,
    wanted: seats.sendsHere,
    hear: createHear({ runtime, alerts, organisations, seats }),
  });

  const crm = createCrm({
    store,
    runtime,
    audit: audit.append,
    publish: events.publish,
    enqueue: outbox.enqueue,
    adapters: parts.adapters.filter(({ manifest }) => manifest.category === 'crm'),
    contextOf: connections.contexts.contextOf,
    secretsOf: async (organisationId) => (await connections.contexts.worldOf(organisationId)).secrets,
    connected: connections.connected,
    hookAddress: (organisationId, system) =>
      system === 'tave' ? receiver.sources.addressFor(organisationId, system) : Promise.resolve(null),
    files,
    temporaryFolder,
  });
  for (const { manifest } of parts.adapters) {
    if (manifest.category === 'crm') outbox.onSettled({ system: manifest.id }, crm.settled);
  }
  imports.registerImport(createUsageImporter({ store, runtime, changed: crm.usageChanged }));

  const roomToSpool = () => parts.room?.level() !== 'little';
  const kpis = createKpis({
    store,
    runtime,
    events,
    audit: audit.append,
    alerts,
    enqueue: outbox.enqueue,
    cancel: outbox.cancel,
    zoneOf: async (organisationId) => (await weekend.calendar(organisationId)).zone,
    valueSettings: (organisationId) => valueSettings(store.read, organisationId),
    planned: parts.host !== 'cli',
    roomToSpool,
  });
  for (const system of monitoringSystems) outbox.onSettled({ system }, kpis.onSettled);

  const bi = createBi({
    store,
    runtime,
    events,
    kpis,
    datasets: parts.datasets,
    enqueue: outbox.enqueue,
    adapters: parts.adapters.filter((adapter) => adapter.bi !== undefined),
    settingsOf: connections.contexts.settingsFor,
    zoneOf: async (organisationId) => (await weekend.calendar(organisationId)).zone,
    planned: parts.host !== 'cli',
    roomToSpool,
  });
  outbox.onSettled({ system: 'warehouse' }, bi.loaded);
  for (const { manifest } of parts.adapters.filter((adapter) => adapter.bi !== undefined))
    outbox.onSettled({ system: manifest.id, action: SYNC_KPIS }, bi.told);

  const receiver = createReceiver({
    store,
    runtime,
    takes: () => parts.room?.level() !== 'little' && store.trouble() === null,
    redactor: parts.redactor,
    weekend,
    organisations,
    audit: audit.append,
    events,
    alerts,
    secretsOf: async (organisationId) => (await connections.contexts.worldOf(organisationId)).secrets,
    newClient: crm.newClient,
    slackPerson: slackPersonOf(store, organisations),
  });
  const deliveries = createDeliveries({
    store,
    runtime,
    outbox,
    registry: parts.adapters,
    redactor: parts.redactor,
    organisations,
    audit: audit.append,
  });

  const watchClock = createClockWatch({ ahead: parts.clockAhead, alerts });
  const health = createHealth({
    store,
    runtime,
    registry: parts.adapters,
    connections,
    organisations,
    weekend,
    alerts,
    readRecord: audit.read,
    redactor: parts.redactor,
    events,
    lineOf: listeners.lineOf,
    async sample(organisationId) {
      await deliveries.sample(organisationId);
      await watchClock(organisationId);
    },
  });
  const backups = createAutomaticBackups({
    store,
    runtime,
    backups: parts.backups,
    audit: audit.append,
    alerts,
    weekend,
    organisations,
    secrets: { real: parts.worlds.real.secrets, practice: parts.worlds.practice.secrets },
    redactor: parts.redactor,
    temporaryFolder,
    version: parts.version,
  });
  const diagnostics = createDiagnostics({
    store,
    runtime,
    redactor: parts.redactor,
    health,
    receiver,
    files,
    temporaryFolder,
    about: { version: parts.version, host: parts.host },
    logFolder: join(parts.dataFolder, 'logs'),
  });

  // A connection that works again lets its parked jobs go, spread out (R17).
  connections.onOpened((organisationId, system) => {
    store
      .transaction((tx) => outbox.release(tx, organisationId, `${organisationId}/${system}`))
      .catch((thrown: unknown) => runtime.log.error('outbox.release-failed', { system, error: String(thrown) }));
  });
  if (parts.notices) {
    noticeChanges({
      events,
      notices: parts.notices,
      clock: runtime.clock,
      log: runtime.log,
      nameOf: (system) => parts.adapters.find(({ manifest }) => manifest.id === system)?.manifest.name ?? system,
      batch: exports.batch,
      job: (organisationId, jobId) => getJob(store.read, organisationId, jobId),
    });
  }
  const keychain = createChangedKeychain({
    store,
    clock: runtime.clock,
    secrets: parts.worlds.real.secrets,
    adapters: parts.adapters,
    organisations,
    audit: audit.append,
    events,
  });
  const standing = createStanding({
    store,
    clock: runtime.clock,
    safeMode: parts.safeMode,
    sendsHere: seats.sendsHere,
    keychainReady: async () => (await parts.worlds.real.secrets.state()) === 'ready',
    weddingDay: async (id) => (await weekend.calendar(id)).at(runtime.clock.now()).weddingDay.active,
  });

  return {
    events,
    audit,
    rechecks,
    organisations,
    erasing,
    connections,
    keychain,
    outbox,
    review,
    reviewDesk,
    imports,
    sources,
    exports,
    insight,
    schedules,
    weekend,
    alerts,
    listeners,
    crm,
    kpis,
    bi,
    receiver,
    deliveries,
    health,
    backups,
    diagnostics,
    standing,
    seats,
  };
}
