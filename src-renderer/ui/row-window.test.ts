import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HEAD_PX, orderOf, ROW_PX, rowsToDraw } from './row-window.ts';

const somewhere = fc.record({
  total: fc.nat(100_000),
  height: fc.integer({ min: HEAD_PX, max: 2_000 }),
  scrolled: fc.nat(3_400_000),
});

test('every row that can be seen is drawn', () => {
  fc.assert(
    fc.property(somewhere, ({ total, height, scrolled }) => {
      const most = Math.max(0, total * ROW_PX - (height - HEAD_PX));
      const at = Math.min(scrolled, most);
      const { first, last } = rowsToDraw(Math.floor(at / ROW_PX), height, total);
      expect(first).toBeLessThanOrEqual(Math.floor(at / ROW_PX));
      expect(last).toBeGreaterThanOrEqual(Math.min(total - 1, Math.floor((at + height - HEAD_PX - 1) / ROW_PX)));
    }),
  );
});

test('no two rows drawn at once take the same turn', () => {
  fc.assert(
    fc.property(somewhere, ({ total, height, scrolled }) => {
      const { first, last, turns } = rowsToDraw(Math.floor(scrolled / ROW_PX), height, total);
      expect(last - first + 1).toBeLessThanOrEqual(turns);
    }),
  );
});

test('the turns stay the same wherever the list stands, so that scrolling makes no new elements', () => {
  const turns = [0, 1, 2, 500, 99_980, 99_999].map((top) => rowsToDraw(top, 800, 100_000).turns);
  expect(new Set(turns).size).toBe(1);
});

test('while the list moves no element changes its place in the page, and at rest they stand by position', () => {
  fc.assert(
    fc.property(somewhere, fc.nat(100_000), ({ total, height, scrolled }, moved) => {
      const still = rowsToDraw(Math.floor(scrolled / ROW_PX), height, total);
      const gone = rowsToDraw(moved, height, total);
      const places = (order: readonly number[]) =>
        order.map((index) => (((index - still.first) % still.turns) + still.turns) % still.turns);
      const after = orderOf(gone, still.first);
      expect(places(after)).toEqual(places(after).toSorted((a, b) => a - b));
      const drawn = Array.from({ length: Math.max(0, gone.last - gone.first + 1) }, (_, at) => gone.first + at);
      expect(after.toSorted((a, b) => a - b)).toEqual(drawn);
      expect(orderOf(gone, gone.first)).toEqual(drawn);
    }),
  );
});
