import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import type { Clock, LogFields, Logger } from '../ports/runtime.ts';
import type { Redactor } from '../ports/secrets.ts';

const current = 'console.log';
const longestText = 4_000;

/** Characters that would let one event look like two, or read backwards (SEC-45); JSON escapes the rest itself. */
const deceptive = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * JSON lines in a folder for this user alone. Every text is redacted on its own, before it becomes part of a line: field
 * names never look like secrets then, and nothing can break the line. Rolls over each day and at `fileBytes`; keeps
 * `keepMs` and `keepBytes` of it (7 days, 200 MB).
 */
export function createFileLog(options: {
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly redactor: Pick<Redactor, 'redact'>;
  readonly fileBytes?: number;
  readonly keepBytes?: number;
  readonly keepMs?: number;
}): { readonly log: Logger; close(): void } {
  const { folder, clock, redactor } = options;
  const { fileBytes = 20_000_000, keepBytes = 200_000_000, keepMs = 7 * 86_400_000 } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, current);
  const found = statSync(path, { throwIfNoEntry: false });
  let written = found?.size ?? 0;
  let day = dayOf(found?.mtimeMs ?? clock.now());
  let rolled = 0;
  // Written at once: the last lines before a crash are the ones somebody needs, and a line is a few microseconds.
  const file = pino.destination({ dest: path, mode: 0o600, sync: true, append: true });
  // A full disk costs log lines, never the console.
  file.on('error', () => undefined);

  const sink = pino(
    {
      base: null,
      level: 'debug',
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(line: string) {
        const today = dayOf(clock.now());
        if (written > 0 && (today !== day || written + line.length > fileBytes)) roll();
        day = today;
        written += line.length;
        file.write(line.replace(deceptive, escaped));
      },
    },
  );

  /** A log that cannot be rolled goes on in the same file: losing lines would be worse than a long file. */
  function roll(): void {
    try {
      file.flushSync();
      const stamp = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-');
      renameSync(path, join(folder, `console-${stamp}-${String(++rolled).padStart(4, '0')}.log`));
      file.reopen();
      prune();
    } catch {
      // Tried again when the file has grown as much once more.
    }
    written = 0;
  }

  function prune(): void {
    const old = readdirSync(folder)
      .filter((name) => /^console-.*\.log$/.test(name))
      .map((name) => ({ name, stat: statSync(join(folder, name)) }))
      .sort((a, b) => b.name.localeCompare(a.name));
    let kept = fileBytes;
    for (const { name, stat } of old) {
      kept += stat.size;
      if (kept > keepBytes || clock.now() - stat.mtimeMs > keepMs) rmSync(join(folder, name), { force: true });
    }
  }

  const clean = (text: string) => redactor.redact(text).slice(0, longestText);
  const cleaned = (fields: LogFields) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? clean(value) : value]),
    );

  function loggerOver(bound: LogFields): Logger {
    const at =
      (level: 'debug' | 'info' | 'warn' | 'error') =>
      (event: string, fields: LogFields = {}) =>
        sink[level]({ ...bound, ...cleaned(fields) }, clean(event));
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      with: (fields) => loggerOver({ ...bound, ...cleaned(fields) }),
    };
  }

  return {
    log: loggerOver({}),
    close() {
      file.flushSync();
      file.end();
    },
  };
}

function dayOf(at: number): number {
  return Math.floor(at / 86_400_000);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
