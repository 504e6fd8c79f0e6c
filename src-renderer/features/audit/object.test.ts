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
  ['document.posted', '01a2-d', null],
])('%s of %s is found at', (action, object, place) => {
  expect(placeOf({ action, object })).toBe(place);
});
