import { expect, it } from 'vitest';
import { answeredMapping, missingColumns, orderQuestion } from './import-answers.ts';

const columns = { date: 'Date', supplier: 'Supplier', net: 'Net', vat: 'VAT' };
const read = { name: '', columns, dateOrder: 'iso', decimal: '.' } as const;
const order = { field: 'date', question: 'Which way round?', choices: ['Day first', 'Month first'] };
const preview = {
  fileName: 'costs.csv',
  headers: ['Date', 'Supplier', 'Net', 'VAT'],
  mapping: read,
  questions: [order],
  kind: 'costs',
  format: 'csv',
} as const;
type Given = Parameters<typeof orderQuestion>[0];
const file = (more: Partial<Given> = {}): Given => ({
  ...preview,
  headers: [...preview.headers],
  questions: [order],
  ...more,
});

it('knows the question of the date order from those about columns', () => {
  expect(orderQuestion(file())).toEqual(order);
  const column = { field: 'date', question: 'Which column holds date?', choices: ['Date', 'Supplier'] };
  expect(orderQuestion(file({ questions: [column] }))).toBeUndefined();
});

it('uses the answered order, for costs as for weddings', () => {
  expect(answeredMapping(file(), read, 'dmy')).toEqual({ ...read, dateOrder: 'dmy' });
  const weddings = file({ kind: 'weddings', mapping: null });
  expect(answeredMapping(weddings, null, 'mdy')).toMatchObject({ columns: {}, dateOrder: 'mdy' });
});

it('sends nothing to be remembered where nobody answered anything', () => {
  expect(answeredMapping(file(), read, null)).toBeUndefined();
  const changed = { ...read, columns: { ...columns, category: 'Net' } };
  expect(answeredMapping(file(), changed, null)).toEqual(changed);
});

it('a file waits until every column is named that a line needs', () => {
  const unknown = { ...read, columns: { date: 'Date' } };
  expect(missingColumns(file(), unknown)).toEqual(['supplier', 'two of net, VAT and gross']);
  expect(missingColumns(file(), read)).toEqual([]);
  expect(missingColumns(file({ kind: 'weddings', mapping: null }), null)).toEqual([]);
});
