/** One name of a table in one SELECT, UPDATE or DELETE of a statement. */
interface Reference {
  readonly table: string;
  readonly alias: string;
}

const tokenOf =
  /\s+|--[^\n]*|'(?:[^']|'')*'|"((?:[^"]|"")*)"|([A-Za-z_][\w$]*)|(\d[\w.]*)|(\?\d*|[@:$]\w+)|(<>|!=|<=|>=|==|\|\||.)/gs;

/** Words and marks of a statement; names without their quotes, text as `'`. */
function wordsOf(sql: string): string[] {
  return [...sql.matchAll(tokenOf)].flatMap(([all, quoted, name, number, mark, sign]) => {
    if (all.startsWith("'")) return ["'"];
    const found = quoted ?? name ?? number ?? mark ?? sign;
    return found === undefined ? [] : [found];
  });
}

const isInsert = (scope: readonly string[]) => scope.some((word) => /^into$/i.test(word));

/** The words of each SELECT, UPDATE, DELETE or INSERT by itself: what is nested in it is left out, brackets of conditions are not. */
function scopesOf(words: readonly string[]): string[][] {
  const done: string[][] = [];
  const open: { words: string[]; own: boolean }[] = [{ words: [], own: true }];
  const innermost = () => open.findLast(({ own }) => own)?.words ?? [];
  words.forEach((word, index) => {
    if (word === '(') {
      const own = /^(select|with|values)$/i.test(words[index + 1] ?? '');
      if (own) innermost().push('()');
      open.push({ words: [], own });
    } else if (word === ')') {
      const ended = open.pop();
      if (ended?.own) done.push(ended.words);
    } else {
      // The parts of a compound, and what an INSERT takes its rows from, stand by themselves.
      const parts = /^(union|except|intersect)$/i.test(word) || (/^select$/i.test(word) && isInsert(innermost()));
      const scope = open.findLast(({ own }) => own);
      if (parts && scope) {
        done.push(scope.words);
        scope.words = [];
      }
      innermost().push(word);
    }
  });
  done.push(...open.map((one) => one.words));
  return done.filter((scope) => scope.length > 0);
}

const clause =
  /^(where|on|join|left|inner|cross|natural|group|order|limit|set|using|indexed|not|returning|values|default|select|having|window|as|do)$/i;

function referencesIn(scope: readonly string[]): Reference[] {
  const found: Reference[] = [];
  scope.forEach((word, index) => {
    const listed = word === ',' && inFrom(scope, index);
    if (!/^(from|join|update|into)$/i.test(word) && !listed) return;
    let at = index + 1;
    if (/^or$/i.test(scope[at] ?? '')) at += 2;
    const table = scope[at] ?? '';
    if (/^as$/i.test(scope[at + 1] ?? '')) at += 1;
    const next = scope[at + 1] ?? '';
    found.push({ table, alias: /^\w+$/.test(next) && !clause.test(next) ? next : table });
  });
  return found;
}

function inFrom(scope: readonly string[], index: number): boolean {
  const before = scope
    .slice(0, index)
    .findLast((word) => /^(from|where|select|set|on|by|values|returning|into)$/i.test(word));
  return before !== undefined && /^from$/i.test(before);
}

/**
 * The tables a statement reads or changes without saying of which organisation. `keysOf`: the columns of each table that
 * belong to one organisation alone, `organisation_id` among them. A name is bound when one of its keys is compared.
 */
export function unrestricted(sql: string, keysOf: ReadonlyMap<string, readonly string[]>): string[] {
  return scopesOf(wordsOf(sql)).flatMap((scope) => {
    const references = referencesIn(scope).filter(({ table }) => keysOf.has(table));
    return references
      .filter(({ table, alias }) => !isBound(scope, alias, keysOf.get(table) ?? [], references.length === 1))
      .map(({ table }) => table);
  });
}

/** One of its keys is compared, looked for in a list, or written. A bare name is this one's where there is no other. */
function isBound(scope: readonly string[], alias: string, keys: readonly string[], alone: boolean): boolean {
  return scope.some((word, index) => {
    if (!keys.includes(word)) return false;
    const named = scope[index - 1] === '.';
    if (named ? scope[index - 2] !== alias : !alone) return false;
    const before = scope[index - (named ? 3 : 1)] ?? '';
    return /^(=|==|in|is)$/i.test(scope[index + 1] ?? '') || /^(=|==)$/.test(before) || isWritten(scope, index);
  });
}

const isWritten = (scope: readonly string[], index: number) =>
  isInsert(scope) && !scope.slice(0, index).some((word) => /^values$/i.test(word));
