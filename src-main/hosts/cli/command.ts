import type { parseArgs } from 'node:util';
import { z } from 'zod';
import { parsePeriod } from '../../../src-shared/domain/period.ts';
import { Instant, later } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant, zoneLetters } from '../../../src-shared/format/time.ts';
import { systemClock } from '../../platform/runtime.ts';
import type { OpenConsole } from './console.ts';
import type { Progress } from './output.ts';
import type { Known } from './usage.ts';

type OptionsConfig = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;
export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** What a command hands back: printed as one JSON value with `--json`, as text otherwise. */
export interface Outcome {
  readonly value: z.core.util.JSONType | object;
  readonly text: string;
  /** 1: done, but something was refused or failed; the value says what. */
  readonly exit?: 0 | 1;
}

export interface CommandContext {
  readonly words: readonly string[];
  readonly options: OptionValues;
  /** The engine: the owner's over http, or one composed here. Closed when the command ends. */
  console(): Promise<OpenConsole>;
  /** `--org`, or the first organisation of the data folder. */
  organisation(): Promise<string>;
  /** How a person reads an instant: wall time of the organisation with its letters, `18 Jul 2026, 13:00 BST`; '' for none. */
  when(): Promise<(at: string | null) => string>;
  readonly dataFolder: string;
  readonly progress: Progress;
  /** A line for the person on stderr; silent with `--quiet`. */
  say(line: string): void;
  /** All of standard input as text, without the line end. */
  stdin(): Promise<string>;
}

export interface Command {
  /** What it is for, in a few words behind its name. */
  readonly about: string;
  /** After `wedops`, e.g. `export send BATCH [--no-wait]`. */
  readonly usage: readonly string[];
  /** After `wedops`, ready to be typed; a word in capitals stands for what a list shows. */
  readonly examples: readonly string[];
  readonly options?: OptionsConfig;
  /** Throws UsageError for words it does not know. A command that prints for itself (agent) answers null. */
  run(context: CommandContext): Promise<Outcome | null>;
  /** What an id that was not found could have been. */
  known?(context: CommandContext): Promise<Known | null>;
}

/** {@link CommandContext.when} in a zone that is known. */
export const whenIn = (zone: string) => (at: string | null) =>
  at === null ? '' : withLetters(formatInstant(at, zone), zoneLetters(at, zone));
const withLetters = (text: string, letters: string) => (text.endsWith(letters) ? text : `${text} ${letters}`);

/** Wrong words or options: exit status 2 with the usage. */
export class UsageError extends Error {}

/** The word at a place, or a usage error that names it. */
export function word(words: readonly string[], at: number, name: string): string {
  const found = words[at];
  if (found === undefined) throw new UsageError(`${name} is missing`);
  return found;
}

/** A text option, or undefined when it was not given. */
export function text(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** A whole-number option within limits. */
export function wholeNumber(options: OptionValues, name: string, least: number, most: number): number | undefined {
  const value = text(options, name);
  if (value === undefined) return undefined;
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most))
    throw new UsageError(`--${name} takes a whole number from ${least} to ${most}`);
  return number;
}

const zoned = z.union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 })]);

/**
 * An instant option in ISO 8601 with its zone (`Z` or an offset), so that it means the same on every machine; ms since
 * the epoch. @throws UsageError for a day that does not exist or a time without a zone
 */
export function instant(options: OptionValues, name: string): Instant | undefined {
  const given = text(options, name);
  if (given === undefined) return undefined;
  const parsed = zoned.safeParse(given);
  if (!parsed.success) {
    throw new UsageError(`--${name} takes an instant with its zone, such as 2026-07-18T09:00:00Z, not "${given}"`);
  }
  const at = new Date(parsed.data);
  if (at.getUTCFullYear() < 1970 || at.getUTCFullYear() > 2199)
    throw new UsageError(`--${name} takes an instant between the years 1970 and 2199, not "${given}"`);
  return Instant.parse(at.getTime());
}

/** Until when something lasts: so many minutes from now, or an instant. @throws UsageError unless it is one of both */
export function endOf(options: OptionValues, what: string, longestMs: number): Instant {
  const minutes = wholeNumber(options, 'minutes', 1, longestMs / 60_000);
  const until = instant(options, 'until');
  if ((minutes === undefined) === (until === undefined))
    throw new UsageError(`${what} needs one end: --minutes, or --until with an instant`);
  return until ?? later(systemClock.now(), (minutes ?? 0) * 60_000);
}

/** What is wrong with a field of typed-in data, for a person: never a pattern. `DecimalText` has none better than this. */
export function issueText(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_format' && issue.format === 'regex') {
    return 'an amount is written in digits with a decimal point, such as 1234.50';
  }
  return issue?.message ?? 'not valid';
}

/** A period option: a month, a quarter or a year. @throws UsageError for anything else */
export function period(options: OptionValues): string {
  const given = text(options, 'period');
  if (given === undefined || parsePeriod(given) === null) {
    throw new UsageError('--period takes a month, a quarter or a year: 2026-09, 2026-Q3 or 2026');
  }
  return given;
}
