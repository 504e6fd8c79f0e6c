import { expect, test } from 'vitest';
import { pagesAround } from './pages-around.ts';

const size = 200;

test('at the top of a long list its first page is read, and no other', () => {
  expect(pagesAround(0, 26, 100_000, size)).toEqual({ from: 0, to: 0 });
});

test('the next page is at hand before its first row is on screen', () => {
  expect(pagesAround(110, 136, 100_000, size)).toEqual({ from: 0, to: 1 });
});

test('the page before is at hand on the way back', () => {
  expect(pagesAround(250, 276, 100_000, size)).toEqual({ from: 0, to: 1 });
});

test('no page is asked for behind the last row', () => {
  expect(pagesAround(150, 176, 180, size)).toEqual({ from: 0, to: 0 });
  expect(pagesAround(0, 0, 0, size)).toEqual({ from: 0, to: 0 });
});

test('a screen of more than a page reads all it shows', () => {
  expect(pagesAround(0, 450, 100_000, size)).toEqual({ from: 0, to: 2 });
});
