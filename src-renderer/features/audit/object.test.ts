import { expect, test } from 'vitest';
import { placeOf } from './object.ts';

test.each([
  ['alert.acknowledged', 'alert:A-1042', '/alerts?alert=A-1042'],
  ['batch.approved', '01a2-b', '/exports/batches/01a2-b'],
  ['lines.edit', 'line:7', '/exports?tab=all&line=7'],
  ['lines.edit', 'lines:c9', null],
  ['delivery.retried', 'delivery:d 1', '/deliveries?tab=all&id=d%201'],
  ['supplier.saved', 'supplier:s1', '/exports/suppliers?supplier=s1'],
  ['month.closed', 'month:2026-09', '/exports/vat?period=2026-09'],
  ['setting.changed', 'setting:quiet-hours:alex', null],
  ['document.posted', '01a2-d', '/exports/batches/of-it?document=01a2-d'],
  ['reversal.verified', '01a2-d', '/exports/batches/of-it?document=01a2-d'],
  ['push.accepted', 'push:p1', '/crm?period=of-it&push=p1'],
  ['push.approved', 'pushes:12', null],
  ['person.acts', 'Alex Morgan', '/settings/people'],
  ['network.changed', 'console:network', '/settings/network'],
  ['keychain.accepted', 'keychain', '/settings/diagnostics'],
  ['inbound.replayed', 'inbound:7', '/deliveries?tab=inbound&id=7'],
  ['audit.break-found', 'audit:5', null],
])('%s of %s is found at', (action, object, place) => {
  expect(placeOf({ action, object, within: 'of-it' })).toBe(place);
});

test('a document whose batch has gone is found nowhere', () => {
  expect(placeOf({ action: 'document.posted', object: '01a2-d', within: null })).toBeNull();
});
