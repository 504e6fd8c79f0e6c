import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { cutOffLongThreads } from '../../platform/long-threads.ts';
import { commands } from './all-commands.ts';
import { type Command, type CommandContext, type Outcome, text, UsageError, whenIn } from './command.ts';
import { didYouMean } from './nearest.ts';
import { allCommands, foundInstead, helpOf, meantVerb, needsVerb, usageOf, wordTooMany, wrongOption } from './usage.ts';

// Half of a command's time is compiling the console. What was compiled lies beside the packages, so whoever may write it may
// write the program as well; where that folder cannot be written, the command is only slower.
const root = import.meta.url.endsWith('.ts') ? '../../../' : '../../';
const compiled = fileURLToPath(new URL(`${root}node_modules/.cache/compiled`, import.meta.url));
enableCompileCache(compiled);
// The threads read the same types again; they take it from the environment alone.
process.env.NODE_COMPILE_CACHE ??= compiled;

// V8 may end a process whose threads share WebAssembly (Node reads types with it) when it frees wrappers that became hot:
// "Check failed: jit_page.has_value()", nodejs/node#64500. None becomes hot.
setFlagsFromString('--wasm-wrapper-tiering-budget=1000000000');

const common = {
  data: { type: 'string' },
  org: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
  empty: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

interface Trouble {
  readonly exit: 1 | 2 | 3;
  readonly value: object;
  readonly lines: readonly string[];
}

const misused = (happened: string, remedy: string): Trouble => ({
  exit: 2,
  value: { error: { code: 'USAGE', happened, remedy } },
  lines: [happened, remedy],
});

/** What went wrong, for a person and for a program; never a stack (SEC-17). `instead`: the way out of an id not found. */
async function troubleOf(thrown: unknown, instead: () => Promise<string | null>): Promise<Trouble> {
  const [{ ORPCError }, { Problem }, { FolderUnavailable }] = await Promise.all([
    import('@orpc/client'),
    import('../../../src-shared/contract/base.ts'),
    import('../owner.ts'),
  ]);
  if (thrown instanceof FolderUnavailable) {
    return { exit: 3, value: { error: { code: 'UNAVAILABLE', happened: thrown.message } }, lines: [thrown.message] };
  }
  if (thrown instanceof ORPCError) {
    const problem = Problem.safeParse(thrown.data);
    const known = thrown.code === 'NOT_FOUND' ? await instead() : null;
    const remedy = problem.success ? [problem.data.remedy, known].filter((part) => part != null) : [];
    const parts = problem.success
      ? [problem.data.happened, problem.data.means, problem.data.doing, ...remedy]
      : [thrown.message, detailOf(thrown.data)];
    const value = problem.success
      ? { ...problem.data, ...(remedy.length === 0 ? {} : { remedy: remedy.join(' ') }) }
      : { happened: parts.filter((part) => part !== undefined).join(' ') };
    return {
      exit: thrown.code === 'UNAVAILABLE' ? 3 : 1,
      value: { error: { code: thrown.code, ...value } },
      lines: parts.filter((part): part is string => part !== undefined && part !== ''),
    };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { exit: 1, value: { error: { code: 'FAILED', happened: message } }, lines: [message] };
}

/** Issues of refused input, or the correlation id of a defect. */
function detailOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  if ('correlationId' in data) return `Reference ${String(data.correlationId)} in the log of the data folder.`;
  if (!('issues' in data) || !Array.isArray(data.issues)) return undefined;
  return (data.issues as readonly { path?: readonly unknown[]; message?: string }[])
    .map((issue) => `${(issue.path ?? []).join('.')}: ${issue.message ?? 'not valid'}`)
    .join('; ');
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'help') return main([...argv.slice(1), '--help']);
  // The options of the command are not known before its file is loaded.
  const [name] = wordsAmong(argv, common);
  const load = name === undefined ? undefined : commands[name];
  const json = argv.includes('--json');
  if (name === undefined || !load) {
    const names = Object.keys(commands);
    if (name !== undefined) {
      const happened = `There is no command "${name}".${didYouMean(name, names)}`;
      return refuse(misused(happened, `usage: wedops ${names.join('|')} …\nHow each is written: wedops --help`), json);
    }
    if (argv.includes('--version')) {
      const { version } = await import('../resources.ts');
      process.stdout.write(`${json ? JSON.stringify({ version }) : version}\n`);
      return 0;
    }
    const loaded = Object.entries(commands).map(async ([each, file]) => [each, (await file()).command] as const);
    const all = allCommands(await Promise.all(loaded));
    if (!argv.some((given) => given === '--help' || given === '-h'))
      return refuse(misused('No command was given', all), json);
    process.stdout.write(`${all}\n`);
    return 0;
  }
  const { command } = await load();
  const [, verb] = wordsAmong(argv, { ...common, ...command.options });
  let close = async () => {};
  let instead = async (): Promise<string | null> => null;
  const { createProgress } = await import('./output.ts');
  let progress = createProgress(true);
  try {
    const parsed = parse(command, argv);
    if (parsed.values.help === true) {
      process.stdout.write(`${helpOf(name, command, verb)}\n`);
      return 0;
    }
    const words = parsed.positionals.slice(1);
    if (verb === undefined && needsVerb(command)) throw new UsageError(`What of ${name}?`);
    const extra = wordTooMany(name, command, words);
    if (extra !== null) throw new UsageError(extra);
    const quiet = parsed.values.quiet === true;
    progress = createProgress(quiet || json);
    const { context, end } = await contextOf(words, parsed.values, quiet, progress);
    close = end;
    instead = () => foundInstead(command, context);
    const outcome = await command.run(context);
    progress.end();
    await close();
    if (outcome) print(outcome, json);
    return outcome?.exit ?? 0;
  } catch (thrown) {
    progress.end();
    const trouble =
      thrown instanceof UsageError
        ? misused(`${thrown.message}${meantVerb(command, verb)}`, usageOf(name, command, verb))
        : await troubleOf(thrown, instead);
    await close().catch(() => undefined);
    return refuse(trouble, json);
  }
}

/** Says it on stderr and, with `--json`, as the one value on stdout. */
function refuse({ exit, value, lines }: Trouble, json: boolean): number {
  if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
  process.stderr.write(`${lines.join('\n')}\n`);
  return exit;
}

/** What is no option, however wrong the options are. */
const wordsAmong = (argv: readonly string[], options: Command['options'] = {}) =>
  parseArgs({ args: [...argv], options, allowPositionals: true, strict: false }).positionals;

function parse(command: Command, argv: readonly string[]) {
  const options = { ...common, ...command.options };
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (thrown) {
    throw new UsageError(wrongOption(thrown, argv, Object.keys(options)));
  }
}

async function contextOf(
  words: readonly string[],
  options: CommandContext['options'],
  quiet: boolean,
  progress: CommandContext['progress'],
): Promise<{ context: CommandContext; end: () => Promise<void> }> {
  const { defaultDataFolder } = await import('../data-folder.ts');
  const dataFolder = text(options, 'data') ?? defaultDataFolder();
  let open: ReturnType<CommandContext['console']> | null = null;
  const chosen = async () => {
    const wanted = text(options, 'org');
    const { organisations } = await (await context.console()).client.app.status({});
    const found = wanted === undefined ? organisations[0] : organisations.find(({ id }) => id === wanted);
    if (!found) {
      throw new UsageError(
        wanted === undefined
          ? 'The data folder has no organisation yet; create one in the console'
          : `There is no organisation ${wanted}; there are: ${organisations.map(({ id }) => id).join(', ')}`,
      );
    }
    return found;
  };
  const context: CommandContext = {
    words,
    options,
    dataFolder,
    progress,
    console() {
      open ??= import('./console.ts').then(({ openConsole }) =>
        openConsole({ dataFolder, empty: options.empty === true, sandboxUrl: text(options, 'sandbox') }),
      );
      return open;
    },
    async organisation() {
      return (await chosen()).id;
    },
    async when() {
      return whenIn((await chosen()).timeZone);
    },
    say(line) {
      if (!quiet) process.stderr.write(`${line}\n`);
    },
    stdin: readStdin,
  };
  return { context, end: async () => (await open?.catch(() => null))?.close() };
}

function print(outcome: Outcome, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(outcome.value)}\n` : `${outcome.text}\n`);
}

// Whatever is written is for this user alone, also in a folder that others may enter (R43).
process.umask(0o077);
// Whoever read along may be gone (`| head`, a closed terminal): no fault of ours, and no reason to end otherwise than properly.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'EPIPE') return;
    if (stream === process.stdout) process.stderr.write(`What was to be written is not: ${thrown.message}\n`);
    process.exit(1);
  });
}
const code = await main(process.argv.slice(2));
// Whatever is still being written gets out first; then nothing that lingers (an idle socket, a prompt) may hold the command.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
);
cutOffLongThreads(code);
process.exit(code);
