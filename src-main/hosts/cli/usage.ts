import type { Command, CommandContext } from './command.ts';
import { didYouMean } from './nearest.ts';

const commonUsage =
  'Common options: --data DIR  --org ID  --json  --quiet  --empty (a fresh folder starts without practice data)  --version';

/** The word after the command in a usage line, each of `costs|weddings`; none where a value or an option stands there. */
function verbsOf(line: string): readonly string[] {
  const [, word = ''] = line.split(' ');
  return /^[a-z][a-z|-]*$/.test(word) ? word.split('|') : [];
}

const written = (lines: readonly string[]) => lines.map((line) => `usage: wedops ${line}`);

/** How the verb that was meant is written; of an unknown one which there are; of none all of the command. */
export function usageOf(name: string, { usage }: Command, verb: string | undefined): string {
  const own = verb === undefined ? [] : usage.filter((line) => verbsOf(line).includes(verb));
  if (own.length > 0) {
    const all = own.length < usage.length ? [`Everything else: wedops ${name} --help`] : [];
    return [...written(own), ...all, commonUsage].join('\n');
  }
  if (verb === undefined || usage.some((line) => verbsOf(line).length === 0))
    return [...written(usage), commonUsage].join('\n');
  const verbs = [...new Set(usage.flatMap(verbsOf))].toSorted();
  return [`usage: wedops ${name} ${verbs.join('|')} …`, `How each is written: wedops ${name} --help`].join('\n');
}

/** What a command is for, how the verb that was meant is written (of none all of it), and examples of both. */
export function helpOf(name: string, command: Command, verb: string | undefined): string {
  const verbs = command.usage.flatMap(verbsOf);
  const own = command.examples.filter(
    (line) => verb !== undefined && verbs.includes(verb) && line.split(' ')[1] === verb,
  );
  const examples = (own.length > 0 ? own : command.examples).map((line) => `  wedops ${line}`);
  return [`${name}: ${command.about}.`, usageOf(name, command, verb), 'For example:', ...examples].join('\n');
}

/** Every command and what it is for. */
export function allCommands(commands: readonly (readonly [name: string, Command])[]): string {
  const width = Math.max(...commands.map(([name]) => name.length));
  return [
    'usage: wedops COMMAND …',
    ...commands.map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`),
    'How each is written, with examples: wedops help COMMAND',
    commonUsage,
  ].join('\n');
}

/** How many words of its own a usage line takes: options and their values, remarks and quoted texts are none. */
function wordCount(line: string): number {
  const plain = line
    .replace(/ {2,}\(.*$/, '')
    .replaceAll(/\[--[^\]]*\]…?/g, '')
    .replaceAll(/\(--[^)]*\)…?/g, '')
    .replaceAll(/--[\w-]+ "[^"]*"/g, '')
    .replaceAll(/--[\w-]+( [^-\s]\S*)?/g, '');
  const words = plain.split(/\s+/).filter((word) => word !== '' && word !== '|');
  return words.some((word) => word.includes('…')) ? Number.POSITIVE_INFINITY : words.length - 1;
}

/** The first word that nothing asked for, in words; null when all have a place. `words`: those behind the command. */
export function wordTooMany(name: string, { usage }: Command, words: readonly string[]): string | null {
  const [verb = ''] = words;
  const meant = usage.filter((line) => verbsOf(line).length === 0 || verbsOf(line).includes(verb));
  if (meant.length === 0) return null;
  const most = Math.max(...meant.map(wordCount));
  const extra = words[most];
  if (extra === undefined) return null;
  return most === 0
    ? `${name} does not know "${extra}"`
    : `Nothing is asked for where "${extra}" stands. A text of several words is written in quotes`;
}

/** What the wrong verb was meant to be, said behind the complaint about it. */
export function meantVerb({ usage }: Command, verb: string | undefined): string {
  const verbs = [...new Set(usage.flatMap(verbsOf))];
  const meant = verb === undefined || verbs.includes(verb) ? '' : didYouMean(verb, verbs);
  return meant && `.${meant}`;
}

/** Whether the command is nothing without a verb. */
export const needsVerb = ({ usage }: Command) => usage.every((line) => verbsOf(line).length > 0);

/**
 * A complaint of Node's argument reader in the console's words: the option that was meant, and how a value that begins with a
 * minus is written. `options`: the names the command takes.
 */
export function wrongOption(thrown: unknown, argv: readonly string[], options: readonly string[]): string {
  if (!(thrown instanceof Error) || !('code' in thrown)) return String(thrown);
  const option = /'(?:-\w, )?(-[^' ]*)/.exec(thrown.message)?.[1] ?? '';
  if (thrown.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    if (/^-[\d.,£$€]/.test(option) && !option.startsWith('--')) {
      const given = argv.find((one) => one.startsWith(option)) ?? option;
      return `A value that begins with a minus stands at the end, behind two dashes: … -- ${given}`;
    }
    const named = didYouMean(option.replace(/^-+/, ''), options).replaceAll(/"([^"]*)"/g, '--$1');
    return `There is no option ${option}.${named}`;
  }
  if (thrown.code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') return thrown.message;
  if (thrown.message.includes('does not take')) return `${option} takes no value.`;
  const next = argv[argv.indexOf(option) + 1];
  const isValue = next !== undefined && !options.some((name) => next === `--${name}`);
  return isValue
    ? `The value of ${option} begins with a minus. Write it with an equals sign: ${option}=${next}`
    : `${option} needs a value.`;
}

/** What the ids and names a command takes can be, asked for only once one was not found. */
export interface Known {
  /** The command that lists them, e.g. `schedule list`. */
  readonly list: string;
  /** Left out where they are too many to read them all for a slip. */
  readonly all?: readonly { readonly id: string; readonly name?: string }[];
}

/** The way out of an id that was not found: the nearest there is, and how they are listed. */
export async function foundInstead(command: Command, context: CommandContext): Promise<string | null> {
  const known = await command.known?.(context).catch(() => null);
  if (!known) return null;
  const { list, all = [] } = known;
  const listed = known.all?.length === 0 ? `There is none yet: wedops ${list}` : `All there are: wedops ${list}`;
  const there = new Set(all.map(({ id }) => id));
  const names = all.flatMap(({ id, name }) => (name === undefined ? [id] : [id, name]));
  const asked = context.words.filter((word) => !there.has(word) && !command.usage.flatMap(verbsOf).includes(word));
  const near = asked.map((word) => didYouMean(word, names).trim());
  return [near.find((said) => said !== '') ?? '', listed].filter((said) => said !== '').join(' ');
}
