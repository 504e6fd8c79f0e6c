import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import type { LogFields, Logger } from '../ports/runtime.ts';

function wrap(sink: pino.Logger): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}) => {
      sink[level](fields, event);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => wrap(sink.child(fields)),
  };
}

/**
 * JSON lines in a file of the data folder, for this user alone. `redact` takes known secret values out of every line
 * before it is written (SEC-32); control characters are escaped by JSON itself (SEC-45).
 */
export function fileLog(dataFolder: string, redact: (text: string) => string): Logger {
  const folder = join(dataFolder, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = pino.destination({ dest: join(folder, 'console.log'), mkdir: false, mode: 0o600, sync: false });
  return wrap(
    pino(
      {
        base: null,
        messageKey: 'event',
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        hooks: { streamWrite: (line) => redact(line) },
      },
      file,
    ),
  );
}
