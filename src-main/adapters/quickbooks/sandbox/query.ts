/**
 * The part of the query language a client of bills needs: `select * from X where A = 'text' and B in (true, false)
 * startposition 1 maxresults 100`; days also by size (`TxnDate >= '2026-07-01'`). A quote inside a text is written \'.
 */
export interface Query {
  readonly entity: string;
  readonly test: (row: object) => boolean;
  /** Field names asked about, lower case. */
  readonly fields: ReadonlySet<string>;
  readonly start: number;
  readonly max: number;
}

type Value = string | boolean;

/** Text: what is wrong with it. */
export function parseQuery(text: string): Query | string {
  const head = /^\s*select\s+(?:\*|[\w\s,.]+?)\s+from\s+(\w+)\s*/i.exec(text);
  if (!head) return 'Encountered an unexpected token at the beginning';
  let rest = text.slice(head[0].length);
  const tests: ((row: object) => boolean)[] = [];
  const fields = new Set<string>();
  const where = /^where\s+/i.exec(rest);
  if (where) {
    rest = rest.slice(where[0].length);
    for (;;) {
      const condition = oneCondition(rest);
      if (!condition) return `Encountered an unexpected token near "${rest.slice(0, 20)}"`;
      if (condition.size && !condition.values.every((value) => typeof value === 'string' && isDay(value)))
        return `QueryValidationError: value for ${condition.path} is no date`;
      fields.add(condition.path.toLowerCase());
      const agrees = condition.size ? sizes[condition.size] : same;
      tests.push((row) => {
        const held = valuesAt(row, condition.path.split('.'));
        return held.some((one) => condition.values.some((wanted) => agrees?.(one, wanted) === true));
      });
      rest = condition.rest;
      const and = /^and\s+/i.exec(rest);
      if (!and) break;
      rest = rest.slice(and[0].length);
    }
  }
  const tail =
    /^(?:orderby\s+\w+(?:\s+(?:asc|desc))?\s*)?(?:startposition\s+(\d+)\s*)?(?:maxresults\s+(\d+)\s*)?$/i.exec(rest);
  if (!tail) return `Encountered an unexpected token near "${rest.slice(0, 20)}"`;
  return {
    entity: head[1] ?? '',
    test: (row) => tests.every((test) => test(row)),
    fields,
    start: Math.max(1, Number(tail[1] ?? 1)),
    max: Math.min(1_000, Number(tail[2] ?? 100)),
  };
}

const literal = /'((?:[^'\\]|\\.)*)'|(true|false)/iy;

/** Days and instants are what a client of bills compares by size. */
const sized = /^(TxnDate|DueDate|MetaData\.(CreateTime|LastUpdatedTime))$/i;
const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text));
const sizes: Readonly<Record<string, (held: unknown, wanted: Value) => boolean>> = {
  '>=': (held, wanted) => String(held) >= String(wanted),
  '<=': (held, wanted) => String(held) <= String(wanted),
  '>': (held, wanted) => String(held) > String(wanted),
  '<': (held, wanted) => String(held) < String(wanted),
};

function oneCondition(text: string): { path: string; size: string | null; values: Value[]; rest: string } | null {
  const head = /^([\w.]+)\s*(=|>=|<=|>|<|in\s*\()\s*/i.exec(text);
  if (!head) return null;
  const size = head[2] !== undefined && head[2] in sizes ? head[2] : null;
  if (size !== null && !sized.test(head[1] ?? '')) return null;
  const list = head[2] !== '=' && size === null;
  const values: Value[] = [];
  let at = head[0].length;
  for (;;) {
    literal.lastIndex = at;
    const found = literal.exec(text);
    if (!found) return null;
    values.push(found[2] === undefined ? (found[1] ?? '').replace(/\\(.)/g, '$1') : found[2].toLowerCase() === 'true');
    at = literal.lastIndex;
    const next = list ? /^\s*([,)])\s*/.exec(text.slice(at)) : null;
    if (list && !next) return null;
    if (next) at += next[0].length;
    if (!next || next[1] === ')') return { path: head[1] ?? '', size, values, rest: text.slice(at).trimStart() };
  }
}

/** Names are compared without regard to case; a list holds the value when one of its members does. */
function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  const [name, ...more] = path;
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, path));
  if (name === undefined) return [value];
  if (value === null || typeof value !== 'object') return [];
  const key = Object.keys(value).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? [] : valuesAt((value as Record<string, unknown>)[key], more);
}

function same(held: unknown, wanted: Value): boolean {
  if (typeof wanted === 'boolean') return held === wanted;
  return typeof held === 'string' && held.toLowerCase() === wanted.toLowerCase();
}
