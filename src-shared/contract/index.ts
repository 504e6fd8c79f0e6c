import { alerts } from './alerts.ts';
import { app } from './app.ts';
import { audit } from './audit.ts';
import { crm } from './crm.ts';
import { deliveries } from './deliveries.ts';
import { desk } from './desk.ts';
import { exports } from './exports.ts';
import { imports } from './imports.ts';
import { insight } from './insight.ts';
import { kpis } from './kpis.ts';
import { maintenance } from './maintenance.ts';
import { network } from './network.ts';
import { schedules } from './schedules.ts';
import { settings } from './settings.ts';
import { sources } from './sources.ts';
import { systems } from './systems.ts';
import { weekend } from './weekend.ts';

/** Engine, window, agent and command line all read this one value; groups are named like the screens. */
export const contract = {
  app,
  weekend,
  alerts,
  imports,
  sources,
  exports,
  desk,
  insight,
  schedules,
  crm,
  systems,
  deliveries,
  kpis,
  audit,
  settings,
  maintenance,
  network,
};
export type Contract = typeof contract;
