import { join } from 'node:path';
import { createFileLog } from '../platform/log.ts';
import { systemClock } from '../platform/runtime.ts';
import type { Logger } from '../ports/runtime.ts';

/** The log of this process, in the data folder; `redact` takes known secret values out of every text (SEC-32). */
export function fileLog(dataFolder: string, redact: (text: string) => string): Logger {
  return createFileLog({ folder: join(dataFolder, 'logs'), clock: systemClock, redactor: { redact } }).log;
}
