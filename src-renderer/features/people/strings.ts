import type { Role } from '../../../src-shared/contract/settings.ts';
import type { CallName } from '../../../src-shared/contract/who-may.ts';

export const roles: Record<Role, string> = {
  viewer: 'Viewer',
  ops: 'Operations',
  finance_preparer: 'Finance preparer',
  finance_approver: 'Finance approver',
  admin: 'Administrator',
};

const costs = 'change, prepare or send costs';
const seat = 'decide which computer sends';

/** What people do there, by screen, and where a call is named by itself. */
const doing: Readonly<Record<string, string>> = {
  alerts: 'act on alerts',
  'alerts.raise': 'raise an alert',
  'alerts.addSilence': 'silence alerts',
  'alerts.setQuietHours': 'set quiet hours',
  audit: 'have an extract of the record signed',
  crm: 'change, approve or send what goes to CRMs',
  'crm.saveValueSettings': 'change how the figures are made',
  deliveries: 'change what becomes of deliveries',
  'deliveries.inboundReplay': 'have a webhook worked again',
  desk: costs,
  exports: costs,
  imports: 'import files',
  'insight.lock': 'open a closed month',
  'insight.setSales': costs,
  kpis: 'enter or sync KPIs',
  maintenance: 'make, plan, try or restore backups',
  network: 'change or try the network settings',
  schedules: costs,
  settings: 'change these settings',
  'settings.createOrganisation': 'add an organisation',
  'settings.confirmLedgerMap': 'confirm the ledger map',
  'settings.leaveSending': seat,
  'settings.savePerson': 'change people and their roles',
  'settings.setMode': 'pause a system or switch it',
  'settings.setPin': 'set a first PIN of somebody else',
  'settings.takeOverSending': seat,
  sources: costs,
  'sources.connectUsage': 'connect the source of AI usage',
  'sources.fetchUsage': 'fetch AI usage',
  systems: 'test, pause or switch systems',
  'systems.saveSource': 'change who may send webhooks',
  weekend: 'run checks, leave notes or change the weekend',
};

/** What a call does, in words that follow "may not". */
export const does = (call: CallName): string => doing[call] ?? doing[call.split('.')[0] ?? ''] ?? 'do that';
