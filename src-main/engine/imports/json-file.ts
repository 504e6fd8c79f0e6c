import { open, readFile, stat } from 'node:fs/promises';
import { ImportProblem } from './import-problem.ts';

/** A larger file is told to be JSON without a look for its fault. */
const largestLooked = 8 * 1024 * 1024;
/** A header in brackets, such as `[Date]`, is none. */
const beginsAsJson = /^\uFEFF?\s*(?:\{|\[\s*(?:["[{\]\d-]|$))/;
const token =
  /[\t\n\r ]*(?:([{}[\],:]|$)|("(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-f]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null)(?![\w.]))/iuy;
const blanks = /[\t\n\r ]*/y;
type Wanted = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma';
const wantedWords: Readonly<Record<Wanted, string>> = {
  value: 'a value',
  'value or ]': 'a value or ]',
  name: 'a name in quotation marks',
  'name or }': 'a name in quotation marks or }',
  colon: 'a colon',
  comma: 'a comma or the end of what is open',
};

const remedy = 'Costs are read from CSV: export them as FOCUS, or as a table with one invoice a row.';

/** @throws ImportProblem for a file that begins as JSON does: where it is broken, if it is, and what to export instead */
export async function refuseJson(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    if (!beginsAsJson.test(buffer.toString('utf8', 0, bytesRead))) return;
  } finally {
    await file.close();
  }
  const { size } = await stat(path);
  const fault = size > largestLooked ? null : jsonFault(await readFile(path, 'utf8'));
  throw new ImportProblem(
    fault === null ? `The file is JSON. ${remedy}` : `The file is JSON and broken at ${fault}. ${remedy}`,
  );
}

/** What is wrong with a JSON text and where (`line 3, column 14: …`, from 1); null when nothing is. */
export function jsonFault(text: string): string | null {
  const open: ('{' | '[')[] = [];
  let wanted: Wanted = 'value';
  token.lastIndex = text.startsWith('\uFEFF') ? 1 : 0;
  for (;;) {
    const at = token.lastIndex;
    const [, mark, words, plain] = token.exec(text) ?? [];
    const inside = open.at(-1);
    if (wanted === 'comma' && !inside && mark === '') return null;
    if (wanted.startsWith('value') && (words ?? plain) !== undefined) wanted = 'comma';
    else if (wanted.startsWith('value') && (mark === '{' || mark === '[')) {
      open.push(mark);
      wanted = mark === '{' ? 'name or }' : 'value or ]';
    } else if (wanted.startsWith('name') && words !== undefined) wanted = 'colon';
    else if (wanted === 'colon' && mark === ':') wanted = 'value';
    else if (wanted === 'comma' && inside && mark === ',') wanted = inside === '{' ? 'name' : 'value';
    else if (
      (inside === '{' && mark === '}' && (wanted === 'comma' || wanted === 'name or }')) ||
      (inside === '[' && mark === ']' && (wanted === 'comma' || wanted === 'value or ]'))
    ) {
      open.pop();
      wanted = 'comma';
    } else return faultAt(text, at, inside ? wantedWords[wanted] : wanted === 'comma' ? 'the end' : 'a value');
  }
}

function faultAt(text: string, from: number, wanted: string): string {
  blanks.lastIndex = from;
  blanks.exec(text);
  const at = blanks.lastIndex;
  const before = text.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  const found = text.slice(at, at + 20).split(/[\r\n]/, 1)[0] ?? '';
  const said = found === '' ? 'the file ends (it may be cut off)' : `"${found}" stands`;
  return `${place}: ${said} where ${wanted} is expected`;
}
