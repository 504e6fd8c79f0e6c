import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DocumentHistory } from './history.ts';

const key = (supplier: string, gross: string, inv: string) => ({ supplier, currency: 'GBP', gross, inv });

/** What the history promises, said in the plainest way: a list. */
function plainHistory() {
  const known: { supplier: string; gross: string; inv: string; day: number | null; label: string }[] = [];
  const tidy = (text: string) => text.trim().replace(/\s+/g, ' ').toLowerCase();
  return {
    add: (supplier: string, gross: string, inv: string, day: number | null, label: string) =>
      known.push({ supplier: tidy(supplier), gross, inv: inv.trim().toLowerCase(), day, label }),
    kind(supplier: string, gross: string, inv: string, day: number | null) {
      const like = known.filter((one) => one.supplier === tidy(supplier) && one.gross === gross);
      if (like.some((one) => one.inv === inv.trim().toLowerCase())) return 'same';
      return day !== null && like.some((one) => one.day !== null && Math.abs(one.day - day) <= 7) ? 'near' : null;
    },
  };
}

test('duplicates are found as a plain list of documents would find them', () => {
  const document = fc.record({
    supplier: fc.constantFrom('Nimbus Ltd', 'nimbus  ltd', 'Other'),
    gross: fc.constantFrom('1', '2.5', '100'),
    inv: fc.constantFrom('', 'A1', 'a1 ', 'B2', 'C3', 'D4'),
    day: fc.option(fc.integer({ min: 20_000, max: 20_040 })),
  });
  fc.assert(
    fc.property(fc.array(document, { maxLength: 60 }), (documents) => {
      const [compact, plain] = [new DocumentHistory(), plainHistory()];
      for (const { supplier, gross, inv, day } of documents) {
        expect(compact.find(key(supplier, gross, inv), day)?.kind ?? null).toBe(plain.kind(supplier, gross, inv, day));
        compact.add(key(supplier, gross, inv), day, inv);
        plain.add(supplier, gross, inv, day, inv);
      }
    }),
  );
});

test('a label comes back as it went in, whatever it is written with, also after the tables have grown', () => {
  const history = new DocumentHistory();
  const label = (i: number) => `Ÿ-${i} Łódź 請求書 🎉 of 2026-09-01`;
  for (let i = 0; i < 5_000; i++) history.add(key('Nimbus', String(i), 'N'), 20_000, label(i));
  for (const i of [0, 1, 255, 256, 4_999]) {
    expect(history.find(key('Nimbus', String(i), 'N'), null)).toEqual({ kind: 'same', earlier: label(i) });
  }
  expect(history.find(key('Nimbus', '5000', 'N'), null)).toBeNull();
});
