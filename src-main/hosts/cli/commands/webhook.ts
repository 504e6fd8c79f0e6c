import { type Command, type CommandContext, type Outcome, text, UsageError, word } from '../command.ts';
import { readGiven } from '../given-files.ts';
import { counted, table } from '../output.ts';

const dueOf = (capture: unknown) =>
  typeof capture === 'object' && capture !== null && 'valid' in capture ? capture.valid === true : true;

export const command: Command = {
  about: 'who may send events here, and whether a captured request is genuine',
  usage: [
    'webhook verify FILE   (test vectors, or one captured request; nothing is stored or sent)',
    'webhook sources',
    'webhook source SOURCE [--secret] [--forget-old] [--url PUBLIC-URL] [--options JSON] [--off|--on]   (--secret: from stdin)',
  ],
  examples: ['webhook sources', 'webhook verify captured.json'],
  options: {
    secret: { type: 'boolean' },
    'forget-old': { type: 'boolean' },
    url: { type: 'string' },
    options: { type: 'string' },
    on: { type: 'boolean' },
    off: { type: 'boolean' },
  },
  async run(context) {
    const { words } = context;
    if (words[0] === 'sources') return sources(context);
    if (words[0] === 'source') return source(context);
    if (words[0] !== 'verify') throw new UsageError(`webhook does not know "${words[0] ?? ''}"`);
    const path = word(words, 1, 'FILE');
    const captured = (await readGiven(path)).toString('utf8');
    let content: unknown;
    try {
      content = JSON.parse(captured.replace(/^\ufeff/, ''));
    } catch {
      throw new UsageError(`${path} is no JSON: an array of captures, or one capture, is due`);
    }
    const { judgeCaptures } = await import('../../../adapters/kit/signature/judge.ts');
    const captures = Array.isArray(content) ? content : [content];
    if (captures.length === 0) throw new UsageError('The file holds no captures');
    const value = judgeCaptures(captures);
    const valid = value.filter((each) => each.valid).length;
    const name = (capture: unknown) =>
      typeof capture === 'object' && capture !== null && 'id' in capture ? String(capture.id) : '';
    const rows = value.map((each) => [
      String(each.index),
      name(captures[each.index]),
      each.valid ? 'valid' : 'invalid',
      each.reason ?? '',
    ]);
    // A test vector says itself what is due; anything else is due to be valid.
    const asDue = value.every((each) => each.valid === dueOf(captures[each.index]));
    return {
      value,
      exit: asDue ? 0 : 1,
      text: `${table(['#', 'id', 'verdict', 'reason'], rows, [0])}\n${counted(value.length, 'request')}, ${valid} valid.`,
    };
  },
};

async function sources({ console, organisation }: CommandContext): Promise<Outcome> {
  const { client } = await console();
  const value = await client.systems.sources({ organisationId: await organisation() });
  const rows = value.map((one) => [
    one.source,
    one.on ? 'on' : 'off',
    one.path,
    String(one.received24h),
    String(one.refused),
  ]);
  return { value, text: table(['sender', 'state', 'path', 'last 24 h', 'refused'], rows, [3, 4]) };
}

async function source({ words, options, console, organisation, stdin }: CommandContext): Promise<Outcome> {
  const name = word(words, 1, 'SOURCE');
  const given = text(options, 'options');
  let parsed: Record<string, string | number> | undefined;
  try {
    parsed = given === undefined ? undefined : (JSON.parse(given) as Record<string, string | number>);
  } catch {
    throw new UsageError('--options takes a JSON object');
  }
  const secret = options.secret === true ? await stdin() : undefined;
  if (secret === '') throw new UsageError('The secret comes from stdin, and stdin was empty');
  const publicUrl = text(options, 'url');
  const { client } = await console();
  const value = await client.systems.saveSource({
    organisationId: await organisation(),
    source: name,
    forgetOldSecret: options['forget-old'] === true,
    ...(secret === undefined ? {} : { secret }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(parsed === undefined ? {} : { options: parsed }),
    ...(options.on === true ? { on: true } : options.off === true ? { on: false } : {}),
  });
  return {
    value,
    text: `${value.name}: ${value.on ? 'on' : 'off'}, ${value.path}${value.oldSecretPresent ? ', the old secret still counts' : ''}`,
  };
}
