import { stripVTControlCharacters } from 'node:util';

export interface Progress {
  /** `done` of `total`; a bar on a terminal's stderr, nothing elsewhere. */
  show(label: string, done: number, total: number): void;
  end(): void;
}

const WIDTH = 30;

export function createProgress(quiet: boolean): Progress {
  const on = !quiet && process.stderr.isTTY === true;
  let drawn = false;
  return {
    show(label, done, total) {
      if (!on) return;
      const part = total > 0 ? Math.min(1, done / total) : 0;
      const filled = Math.round(part * WIDTH);
      process.stderr.write(
        `\r\x1b[K${label} [${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${Math.floor(part * 100)}%`,
      );
      drawn = true;
    },
    end() {
      if (drawn) process.stderr.write('\r\x1b[K');
      drawn = false;
    },
  };
}

/** Text from outside may hold terminal control codes; none reaches the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove
const controls = /[\u0000-\u001f\u007f-\u009f]/g;
const plain = (cell: string) => stripVTControlCharacters(cell).replace(controls, ' ');

/** Whether titles stand out: on a terminal that can, unless its user wants none of it (no-color.org). */
const styled = () => process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb';

/** Columns side by side; numbers (`right`) against the right edge. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const cells = rows.map((row) => row.map(plain));
  const widths = head.map((title, at) => Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (right.includes(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  const bold = (title: string) => (styled() ? `\x1b[1m${title}\x1b[0m` : title);
  return [bold(line(head)), ...cells.map(line)].join('\n');
}

/** `3 rows`, `1 row`. */
export const counted = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
