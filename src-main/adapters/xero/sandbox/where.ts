/**
 * The part of Xero's `where` language a client of bills needs: comparisons with == and !=, joined by AND (or &&).
 * Values are "text" with \" for a quote, guid("…"), true, false.
 */
type Test = (view: Readonly<Record<string, unknown>>) => boolean;

const token =
  /\s*(?:([A-Za-z][A-Za-z0-9.]*)\s*(==|!=)\s*(?:"((?:[^"\\]|\\.)*)"|guid\(\s*"([0-9a-fA-F-]{36})"\s*\)|(true|false)))\s*/y;
const joint = /(AND|&&)/y;

/** null: Xero would answer "QueryParseException". */
export function parseWhere(text: string): Test | null {
  const tests: Test[] = [];
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (!match) return null;
    const [whole, path = '', operator, quoted, guid, truth] = match;
    at += whole.length;
    const wanted = truth === undefined ? (guid ?? quoted ?? '').replace(/\\(.)/g, '$1') : truth === 'true';
    tests.push((view) => same(valueAt(view, path), wanted) === (operator === '=='));
    if (at >= text.length) return (view) => tests.every((test) => test(view));
    joint.lastIndex = at;
    const join = joint.exec(text);
    if (!join) return null;
    at += join[0].length;
  }
}

function valueAt(view: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], view);
}

/** Xero compares text without regard to case. */
function same(held: unknown, wanted: string | boolean): boolean {
  if (typeof wanted === 'boolean') return held === wanted;
  return typeof held === 'string' && held.toLowerCase() === wanted.toLowerCase();
}
