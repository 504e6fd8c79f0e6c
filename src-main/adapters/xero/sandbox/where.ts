/**
 * The part of Xero's `where` language a client of bills needs: comparisons with == and !=, joined by AND (or &&), and days
 * by size as well. Values are "text" with \" for a quote, guid("…"), true, false, and DateTime(2026,07,31) for days alone.
 */
type Test = (view: Readonly<Record<string, unknown>>) => boolean;

const token =
  /\s*(?:([A-Za-z][A-Za-z0-9.]*)\s*(==|!=)\s*(?:"((?:[^"\\]|\\.)*)"|guid\(\s*"([0-9a-fA-F-]{36})"\s*\)|(true|false)))\s*/y;
const dated =
  /\s*([A-Za-z][A-Za-z0-9.]*)\s*(==|!=|>=|<=|>|<)\s*DateTime\(\s*(\d{4})\s*,\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)\s*/y;
const joint = /(AND|&&)/y;

/** null: Xero would answer "QueryParseException". */
export function parseWhere(text: string): Test | null {
  const tests: Test[] = [];
  let at = 0;
  for (;;) {
    const next = dayTest(text, at) ?? valueTest(text, at);
    if (!next) return null;
    at = next.end;
    tests.push(next.test);
    if (at >= text.length) return (view) => tests.every((test) => test(view));
    joint.lastIndex = at;
    const join = joint.exec(text);
    if (!join) return null;
    at += join[0].length;
  }
}

interface Comparison {
  readonly test: Test;
  /** Where the text goes on. */
  readonly end: number;
}

function valueTest(text: string, at: number): Comparison | null {
  token.lastIndex = at;
  const match = token.exec(text);
  if (!match) return null;
  const [, path = '', operator, quoted, guid, truth] = match;
  const wanted = truth === undefined ? (guid ?? quoted ?? '').replace(/\\(.)/g, '$1') : truth === 'true';
  // A day is no text.
  if (isDayField(path)) return null;
  return { test: (view) => same(valueAt(view, path), wanted) === (operator === '=='), end: token.lastIndex };
}

const isDayField = (path: string) => /^(Due)?Date$/.test(path);

/** null: no comparison of a day, or one no calendar has, or of a field that holds none. */
function dayTest(text: string, at: number): Comparison | null {
  dated.lastIndex = at;
  const match = dated.exec(text);
  if (!match) return null;
  const [, path = '', operator = '', year, month, day] = match;
  const wanted = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const real = new Date(wanted).getUTCMonth() === Number(month) - 1;
  if (!real || !isDayField(path)) return null;
  const compare = comparisons[operator];
  if (!compare) return null;
  const test: Test = (view) => {
    const held = /^\/Date\((-?\d+)/.exec(String(valueAt(view, path)))?.[1];
    return held !== undefined && compare(Number(held), wanted);
  };
  return { test, end: dated.lastIndex };
}

const comparisons: Readonly<Record<string, (held: number, wanted: number) => boolean>> = {
  '==': (held, wanted) => held === wanted,
  '!=': (held, wanted) => held !== wanted,
  '>=': (held, wanted) => held >= wanted,
  '<=': (held, wanted) => held <= wanted,
  '>': (held, wanted) => held > wanted,
  '<': (held, wanted) => held < wanted,
};

function valueAt(view: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], view);
}

/** Xero compares text without regard to case. */
function same(held: unknown, wanted: string | boolean): boolean {
  if (typeof wanted === 'boolean') return held === wanted;
  return typeof held === 'string' && held.toLowerCase() === wanted.toLowerCase();
}
