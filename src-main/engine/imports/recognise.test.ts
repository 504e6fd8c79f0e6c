import { expect, test } from 'vitest';
import { kindOf } from './recognise.ts';

test.each([
  ['a calendar', '\uFEFFBEGIN:VCALENDAR\r\nVERSION:2.0', 'weddings'],
  ['a table of weddings', 'Wedding date;Venue;Region\n2026-11-21;Barn at Wick;Surrey', 'weddings'],
  ['usage as CSV', 'id,vendor,wedding,client,feature,time,success,minutes\n', 'usage'],
  ['usage as JSON', '[{"id":"a","vendor":"b","feature": "chat"}]', 'usage'],
  ['a plain cost file with a place in it', 'Date,Venue,Supplier,Net,VAT,Gross\n', 'costs'],
  ['a FOCUS export', 'BillingPeriodStart,BilledCost,BillingCurrency\n', 'costs'],
  ['anything else', '', 'costs'],
])('%s is recognised', (_, head, kind) => {
  expect(kindOf(head)).toBe(kind);
});
