import type { Contract } from './index.ts';
import type { Role } from './settings.ts';

/** The name of a call as the contract has it, such as `alerts.acknowledge`. */
export type CallName = {
  [Screen in keyof Contract & string]: `${Screen}.${keyof Contract[Screen] & string}`;
}[keyof Contract & string];

const running: readonly Role[] = ['ops', 'admin'];
/** Whoever works with costs. */
export const money: readonly Role[] = ['finance_preparer', 'finance_approver', 'admin'];
/** Whoever works with what is sent. */
export const working: readonly Role[] = ['ops', ...money];
const admin: readonly Role[] = ['admin'];
const everyone: readonly Role[] = ['viewer', ...working];

/** Who may ask for what changes something: by screen, and where a call differs from its screen. */
const may = {
  alerts: running,
  'alerts.reportPdf': everyone,
  audit: money,
  crm: running,
  'crm.report': everyone,
  'crm.saveValueSettings': admin,
  deliveries: working,
  'deliveries.inboundReplay': running,
  desk: money,
  exports: money,
  imports: working,
  'insight.lock': ['finance_approver', 'admin'],
  'insight.setSales': money,
  kpis: running,
  'kpis.sheet': everyone,
  maintenance: admin,
  network: admin,
  schedules: money,
  settings: admin,
  'settings.confirmLedgerMap': money,
  'settings.leaveSending': running,
  'settings.setMode': running,
  'settings.takeOverSending': running,
  sources: money,
  'sources.connectUsage': admin,
  'sources.disconnectUsage': admin,
  'sources.fetchUsage': running,
  systems: running,
  'systems.checkAll': everyone,
  'systems.checkNow': everyone,
  // Nothing in it is secret, and a console where nobody is signed in, or only a viewer, may need help as well.
  'systems.diagnosticsSave': everyone,
  'systems.saveSource': admin,
  weekend: running,
  'weekend.sheet': everyone,
} as const satisfies Partial<Record<CallName | keyof Contract, readonly Role[]>>;

/**
 * The roles that may ask for a call that changes something; undefined: nobody has said. The engine refuses everybody else
 * (SEC-16 holds each call against this), and the screens say so before anybody asks.
 */
export function rolesFor(call: string): readonly Role[] | undefined {
  const told: Readonly<Record<string, readonly Role[]>> = may;
  return told[call] ?? told[call.split('.')[0] ?? ''];
}
