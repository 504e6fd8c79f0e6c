import type { Change } from '../../src-shared/contract/app.ts';

type Topic = Change['topic'];

/**
 * The one table from what changed to what is read again: paths into the contract, as the query keys carry them. A group
 * alone means every call of that group.
 */
export const invalidations: Record<Topic, readonly (readonly string[])[]> = {
  organisations: [['app', 'status'], ['settings', 'organisation'], ['insight']],
  imports: [['imports'], ['sources'], ['exports', 'summary'], ['exports', 'suppliers'], ['desk'], ['insight']],
  lines: [
    ['exports', 'twins'],
    ['exports', 'lines'],
    ['exports', 'line'],
    ['exports', 'summary'],
    ['desk'],
    ['insight'],
    ['app', 'counts'],
  ],
  suppliers: [
    ['exports', 'suppliers'],
    ['exports', 'lines'],
    ['exports', 'summary'],
  ],
  batches: [
    ['exports', 'batch'],
    ['exports', 'batches'],
    ['exports', 'documents'],
    ['exports', 'summary'],
    ['exports', 'lines'],
    ['insight'],
    ['app', 'counts'],
  ],
  deliveries: [
    ['deliveries'],
    ['maintenance', 'restored'],
    ['exports', 'documents'],
    ['exports', 'batch'],
    ['app', 'counts'],
  ],
  audit: [['audit', 'list']],
  connections: [
    ['settings', 'connections'],
    ['settings', 'connection'],
    ['settings', 'accounts'],
    ['settings', 'ledgerMap'],
    ['settings', 'keychain'],
    ['systems'],
  ],
  health: [['systems']],
  people: [['settings', 'people']],
  weddings: [['weekend'], ['app', 'counts']],
  alerts: [['alerts'], ['weekend'], ['maintenance', 'restored'], ['app', 'counts']],
  inbound: [['deliveries'], ['systems', 'sources'], ['app', 'counts']],
  crm: [['crm'], ['app', 'counts']],
  kpis: [['kpis'], ['app', 'counts']],
  schedules: [['schedules']],
  status: [['app'], ['settings', 'keychain'], ['settings', 'seat'], ['weekend']],
};
