import { describe, expect, test } from 'vitest';
import { DocumentHistory } from './history.ts';
import { amounts, type Change, foreign, ids, run } from './testing/sample-line.ts';

describe('document checks', () => {
  test.each<[string, string]>([
    ['Cache; inv=', 'INV-NO'],
    ['; inv=A1', 'DESC'],
    ['Cache; seen=2026-02-09', 'INV-FUTURE'],
    ['Cache; seen=2026-02-10', ''],
    ['Cache; doc=statement', 'DOC-NOTVAT'],
    ['Cache; doc=order', 'DOC-NOTVAT'],
    ['ACCRUAL February', 'ESTIMATE'],
    ['Estimates are not matched as a word', ''],
    ['Cache; note=estimate', ''],
    ['Entertaining clients', 'PRIVATE-USE'],
    ['Gifts are another word', ''],
    ['Budget private', 'ESTIMATE PRIVATE-USE'],
    ['Plan; period=2026-01-01/2026-04-02', ''],
    ['Plan; period=2026-01-01/2026-04-03', 'PREPAY'],
    ['Plan; period=2026-03-13/2026-03-31', ''],
    ['Plan; period=2026-03-14/2026-03-31', 'PERIOD-MISMATCH'],
    ['Plan; period=2025-12-01/2025-12-27', ''],
    ['Plan; period=2025-12-01/2025-12-26', 'PERIOD-MISMATCH'],
    ['Plan; period=soon', ''],
  ])('%s → %s', (description, checks) => {
    expect(ids(run({ description }))).toBe(checks);
  });

  test('metered usage at a round sum', () => {
    const at = (net: string, vat: string, description: string) => ids(run({ ...amounts(net, vat), description }));
    expect(at('500.00', '100.00', 'Tokens')).toBe('ROUND-SUM');
    expect(at('400.00', '80.00', 'Tokens')).toBe('');
    expect(at('550.00', '110.00', 'Tokens')).toBe('');
    expect(at('500.00', '100.00', 'On-demand hosts')).toBe('ROUND-SUM');
    expect(at('500.00', '100.00', 'Seats')).toBe('');
    expect(at('-600.00', '-120.00', 'Usage; doc=credit_note; orig=A')).toBe('ROUND-SUM');
  });

  test('nothing to post, and a credit that names no invoice', () => {
    expect(ids(run(amounts('0.00', '0.00')))).toBe('VAT-NOTCHARGED ZERO-AMT');
    expect(ids(run({ ...amounts('-40.00', '-8.00'), description: 'x; doc=credit_note; orig=' }))).toBe('CN-ORIG');
  });

  test('duplicates: same number whatever capitals and blanks; near within a week either way; faulty lines count too', () => {
    const history = new DocumentHistory();
    const next = (change: Change) => ids(run(change, { history }));
    expect(next({ description: 'a; inv=X-1' })).toBe('');
    expect(next({ supplier: '  ferry   COMPUTE ltd ', description: 'b; inv=x-1', date: '2025-03-01' })).toBe('DUP');
    expect(next({ description: 'c; inv=X-2', date: '2026-02-17' })).toBe('DUP-NEAR');
    expect(next({ description: 'd; inv=X-3', date: '2026-02-03' })).toBe('DUP-NEAR');
    expect(next({ description: 'e; inv=X-4', date: '2026-01-26' })).toBe('');
    expect(next({ ...amounts('41.00', '8.20'), description: 'f; inv=X-1' })).toBe('');
    expect(next({ ...foreign, gross: '40.00', description: 'g; inv=X-1' })).toBe('');
    expect(next({ hint: 'goods', ...amounts('70.00', '14.00'), description: 'h; inv=Y' })).toBe('GOODS');
    expect(next({ net: '70.0', vat: '14.0', gross: '84.0', description: 'i; inv=y' })).toBe('DUP');
    expect(next({ date: 'soon', ...amounts('90.00', '18.00'), description: 'j; inv=Z' })).toBe('INV-DATE');
    expect(next({ ...amounts('90.00', '18.00'), description: 'k; inv=ZZ' })).toBe('');
  });
});
