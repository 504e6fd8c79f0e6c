import { createPrint } from './alerts/print.ts';
import type { Capabilities } from './capabilities.ts';
import type { Engine } from './engine.ts';
import type { EngineParts } from './engine-parts.ts';
import { alertHandlers } from './handlers/alerts.ts';
import { appHandlers } from './handlers/app.ts';
import { auditHandlers } from './handlers/audit.ts';
import { crmHandlers } from './handlers/crm.ts';
import { deliveryHandlers } from './handlers/deliveries.ts';
import { deskHandlers } from './handlers/desk.ts';
import { exportBatchHandlers } from './handlers/exports.ts';
import { exportLinesHandlers } from './handlers/exports-lines.ts';
import { importHandlers } from './handlers/imports.ts';
import { insightHandlers, scheduleHandlers } from './handlers/insight.ts';
import { kpiHandlers } from './handlers/kpis.ts';
import { maintenanceHandlers } from './handlers/maintenance.ts';
import { networkHandlers } from './handlers/network.ts';
import { settingsHandlers } from './handlers/settings.ts';
import { sourceHandlers } from './handlers/sources.ts';
import { systemHandlers } from './handlers/systems.ts';
import { weekendHandlers } from './handlers/weekend.ts';
import { createRestoring } from './maintenance/restoring.ts';
import { createNetworkSettings } from './network/network-settings.ts';
import { needsRoom, storageOf } from './storage-guard.ts';

/** What the screens, commands and hosts call, by the contract's names. */
export function routerOf(parts: EngineParts, own: Capabilities): Engine['router'] {
  const { store, runtime, files, temporaryFolder } = parts;
  const {
    events,
    audit,
    organisations,
    connections,
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
    imports: importHandlers({
      imports: { ...imports, start: needsRoom(parts.room, imports.start) },
      files,
      organisations,
    }),
    exports: {
      ...exportLinesHandlers({ review, exports, organisations }),
      ...exportBatchHandlers({
        exports: {
          ...exports,
          prepare: needsRoom(parts.room, exports.prepare),
          pack: needsRoom(parts.room, exports.pack),
        },
        organisations,
      }),
    },
    crm: crmHandlers({ crm, organisations }),
    sources: sourceHandlers({ sources, organisations }),
    systems: systemHandlers({ health, receiver, diagnostics, organisations }),
    desk: deskHandlers({ desk: reviewDesk, files, organisations }),
    insight: insightHandlers({ ...desk, insight }),
    schedules: scheduleHandlers({ schedules, organisations }),
    deliveries: deliveryHandlers({ deliveries, receiver }),
    kpis: kpiHandlers({
      kpis: { ...kpis, push: needsRoom(parts.room, kpis.push) },
      bi: { ...bi, sync: needsRoom(parts.room, bi.sync) },
      organisations,
      weekend,
      print: createPrint({ runtime, files, temporaryFolder }),
      now: () => runtime.clock.now(),
    }),
    audit: auditHandlers({ store, audit, organisations }),
    settings: settingsHandlers({ organisations, connections }),
    network: networkHandlers({
      network: createNetworkSettings({
        network: parts.network,
        secrets: parts.worlds.real.secrets,
        store,
        clock: runtime.clock,
        audit: audit.append,
        organisations,
      }),
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
