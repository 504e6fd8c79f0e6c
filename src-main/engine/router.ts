import { createPrint } from './alerts/print.ts';
import type { Capabilities } from './capabilities.ts';
import type { Engine } from './engine.ts';
import type { EngineParts } from './engine-parts.ts';
import { alertHandlers } from './handlers/alerts.ts';
import { appHandlers } from './handlers/app.ts';
import { deliveryHandlers } from './handlers/deliveries.ts';
import { later } from './handlers/later.ts';
import { maintenanceHandlers } from './handlers/maintenance.ts';
import { settingsHandlers } from './handlers/settings.ts';
import { systemHandlers } from './handlers/systems.ts';
import { weekendHandlers } from './handlers/weekend.ts';
import { createRestoring } from './maintenance/restoring.ts';
import { needsRoom, storageOf } from './storage-guard.ts';

/** What the screens, commands and hosts call, by the contract's names. */
export function routerOf(parts: EngineParts, own: Capabilities): Engine['router'] {
  const { store, runtime, files, temporaryFolder } = parts;
  const {
    events,
    audit,
    erasing,
    organisations,
    connections,
    keychain,
    review,
    reviewDesk,
    imports,
    sources,
    exports,
    insight,
    schedules,
    weekend,
    alerts,
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
  } = own;
  const desk = {
    alerts,
    weekend,
    organisations,
    now: () => runtime.clock.now(),
    print: createPrint({ runtime, files, temporaryFolder }),
    rehearse: parts.rehearse ?? null,
  };
  return {
    app: appHandlers({
      version: parts.version,
      host: parts.host,
      dataFolder: parts.dataFolder,
      safeMode: parts.safeMode,
      storage: () => storageOf(store.trouble(), parts.room?.level() ?? 'enough'),
      now: () => runtime.clock.now(),
      organisations,
      keychain: () => parts.worlds.real.secrets.state(),
      standing,
      events,
    }),
    weekend: weekendHandlers(desk),
    alerts: alertHandlers(desk),
    imports: later(async () =>
      (await import('./handlers/imports.ts')).importHandlers({
        imports: { ...imports, start: needsRoom(parts.room, imports.start) },
        files,
        organisations,
      }),
    ),
    exports: later(async () => {
      const [lines, batches] = await Promise.all([
        import('./handlers/exports-lines.ts'),
        import('./handlers/exports.ts'),
      ]);
      const roomy = {
        ...exports,
        prepare: needsRoom(parts.room, exports.prepare),
        pack: needsRoom(parts.room, exports.pack),
      };
      return {
        ...lines.exportLinesHandlers({ review, exports, organisations }),
        ...batches.exportBatchHandlers({ exports: roomy, organisations }),
      };
    }),
    crm: later(async () => (await import('./handlers/crm.ts')).crmHandlers({ crm, organisations })),
    sources: later(async () => (await import('./handlers/sources.ts')).sourceHandlers({ sources, organisations })),
    systems: systemHandlers({ health, receiver, diagnostics, organisations }),
    desk: later(async () =>
      (await import('./handlers/desk.ts')).deskHandlers({ desk: reviewDesk, files, organisations }),
    ),
    insight: later(async () => (await import('./handlers/insight.ts')).insightHandlers({ ...desk, insight })),
    schedules: later(async () =>
      (await import('./handlers/insight.ts')).scheduleHandlers({ schedules, organisations }),
    ),
    deliveries: deliveryHandlers({ deliveries, receiver }),
    kpis: later(async () =>
      (await import('./handlers/kpis.ts')).kpiHandlers({
        kpis: { ...kpis, push: needsRoom(parts.room, kpis.push) },
        bi: { ...bi, sync: needsRoom(parts.room, bi.sync) },
        organisations,
        weekend,
        print: desk.print,
        now: desk.now,
      }),
    ),
    audit: later(async () => (await import('./handlers/audit.ts')).auditHandlers({ store, audit, organisations })),
    settings: settingsHandlers({ organisations, erasing, connections, keychain, seats }),
    network: later(async () => {
      const [{ networkHandlers }, { createNetworkSettings }] = await Promise.all([
        import('./handlers/network.ts'),
        import('./network/network-settings.ts'),
      ]);
      return networkHandlers({
        network: createNetworkSettings({
          network: parts.network,
          secrets: parts.worlds.real.secrets,
          store,
          clock: runtime.clock,
          audit: audit.append,
          organisations,
        }),
      });
    }),
    maintenance: maintenanceHandlers({
      runtime,
      files,
      temporaryFolder,
      backups,
      restoring: createRestoring({
        store,
        files,
        organisations,
        backups: parts.backups,
        alerts,
        ids: runtime.ids,
        temporaryFolder,
      }),
    }),
  };
}
