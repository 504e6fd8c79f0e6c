import { type CostLine, LinePatch, LineState } from '../../../../src-shared/contract/exports.ts';
import {
  type Command,
  type CommandContext,
  issueText,
  type OptionValues,
  type Outcome,
  period as periodOf,
  text,
  UsageError,
  word,
} from '../command.ts';
import type { Client } from '../console.ts';
import { counted, table } from '../output.ts';
import type { Known } from '../usage.ts';
import { deskUsage, deskVerbs } from './cost-desk.ts';
import { sourceUsage, sourceVerbs } from './cost-sources.ts';

const emptied = new Set([
  ...['periodStart', 'periodEnd', 'fxRateToGbp', 'printedVatGbp'],
  ...['taxPoint', 'paidOn', 'dueOn', 'originalInvoice'],
]);

/** `--set net=12.00` once per field; text, yes/no and empty (null) as the field wants. */
function patchOf(options: OptionValues): LinePatch {
  const given = Array.isArray(options.set) ? options.set.map(String) : [];
  if (given.length === 0) throw new UsageError('--set FIELD=VALUE is missing');
  const fields = given.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--set takes FIELD=VALUE, not "${pair}"`);
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const flag = name === 'deductible' || name === 'ukEstablishment';
    if (value === '' && emptied.has(name)) return [name, null];
    if (name === 'documentLines') return [name, Number(value)];
    return [name, flag ? value === 'true' || value === 'yes' : value];
  });
  const parsed = LinePatch.safeParse(Object.fromEntries(fields));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(`--set ${issue?.path.join('.') || String(given[0])}: ${issueText(issue)}`);
}

const row = (line: CostLine) => [
  line.id,
  line.date,
  line.supplier,
  line.invoiceNumber,
  `${line.currency} ${line.net}`,
  line.vat,
  line.treatment,
  line.state,
  line.reason ?? '',
];
const head = ['id', 'date', 'supplier', 'invoice', 'net', 'vat', 'treatment', 'state', 'reason'];

async function everyLine(client: Client, organisationId: string, options: OptionValues): Promise<CostLine[]> {
  const state = text(options, 'state');
  const states = state === undefined ? undefined : state.split(',').map((one) => LineState.safeParse(one));
  if (states?.some(({ success }) => !success)) throw new UsageError(`--state takes ${LineState.options.join(', ')}`);
  const wanted = states?.flatMap((one) => (one.success ? [one.data] : []));
  const period = options.period === undefined ? undefined : periodOf(options);
  const find = text(options, 'find');
  const filter = {
    ...(wanted === undefined ? {} : { states: wanted }),
    ...(period === undefined ? {} : { period }),
    ...(find === undefined ? {} : { text: find }),
  };
  const lines: CostLine[] = [];
  for (;;) {
    const { rows, total } = await client.exports.lines({ organisationId, filter, offset: lines.length, limit: 1000 });
    lines.push(...rows);
    if (rows.length === 0 || lines.length >= total) return lines;
  }
}

const changed = (what: string, { undoId, changed: count }: { undoId: string; changed: number }): Outcome => ({
  value: { undoId, changed: count },
  text: `${what} ${counted(count, 'line')}. Take it back: wedops cost undo ${undoId}`,
});

async function run(context: CommandContext): Promise<Outcome> {
  const { words, options, console, organisation } = context;
  const more = deskVerbs[words[0] ?? ''] ?? sourceVerbs[words[0] ?? ''];
  if (more) return more(context);
  const ids = words.slice(1);
  const many = () => {
    if (ids.length === 0) throw new UsageError('ID is missing');
    return ids;
  };
  const patch = words[0] === 'fix' ? patchOf(options) : {};
  const reason = text(options, 'reason');
  if (words[0] === 'exclude' && !reason?.trim()) throw new UsageError('--reason TEXT is missing');
  if (words[0] === 'accept' && !text(options, 'note')?.trim()) throw new UsageError('--note TEXT is missing');
  const { client } = await console();
  const organisationId = await organisation();
  switch (words[0]) {
    case 'list': {
      const lines = await everyLine(client, organisationId, options);
      return { value: lines, text: `${table(head, lines.map(row), [4, 5])}\n${counted(lines.length, 'line')}` };
    }
    case 'show': {
      const found = await client.exports.line({ organisationId, lineId: word(words, 1, 'ID') });
      const checks = found.line.checks.map((check) => `  ${check.severity} ${check.id}: ${check.message} ${check.fix}`);
      const steps = found.derivation.map((step) => `  ${step}`);
      const when = await context.when();
      const past = found.history.map(
        ({ at, who, what, before, after, undoId }) =>
          `  ${when(at)} ${who}: ${what} ${before || '—'} → ${after || '—'}${undoId === null ? '' : `   wedops cost undo ${undoId}`}`,
      );
      return {
        value: found,
        text: [table(head, [row(found.line)]), 'Checks', ...checks, 'Treatment', ...steps, 'History', ...past].join(
          '\n',
        ),
      };
    }
    case 'fix': {
      const lines = await Promise.all(
        many().map(async (lineId) => (await client.exports.line({ organisationId, lineId })).line),
      );
      const versions = lines.map(({ id, version }) => ({ id, version }));
      const why = text(options, 'why') ?? '';
      return changed('Changed', await client.exports.edit({ organisationId, lines: versions, patch, why }));
    }
    case 'exclude':
      return changed(
        'Excluded',
        await client.exports.exclude({ organisationId, lineIds: many(), reason: reason ?? '' }),
      );
    case 'include':
      return changed('Included', await client.exports.include({ organisationId, lineIds: many() }));
    case 'accept': {
      const check = text(options, 'check');
      return changed(
        'Accepted',
        await client.exports.acknowledge({
          organisationId,
          lineIds: many(),
          note: text(options, 'note') ?? '',
          ...(check === undefined ? {} : { checks: check.split(',') }),
        }),
      );
    }
    case 'undo': {
      const { changed: count } = await client.exports.undo({ organisationId, undoId: word(words, 1, 'UNDO-ID') });
      return { value: { changed: count }, text: `Taken back: ${counted(count, 'line')}.` };
    }
    default:
      throw new UsageError(`cost does not know "${words[0] ?? ''}"`);
  }
}

/** Ids of lines, of pairs, or of rules: what the verb takes. */
async function known({ words, console, organisation }: CommandContext): Promise<Known | null> {
  const { client } = await console();
  const organisationId = await organisation();
  if (words[0] === 'undo') return null;
  if (words[0] === 'decide') {
    const { open, decided } = await client.exports.twins({ organisationId });
    return { list: 'cost duplicates', all: [...open, ...decided].map(({ id }) => ({ id })) };
  }
  const { rows } = await client.exports.lines({ organisationId, filter: {}, offset: 0, limit: 1000 });
  return { list: 'cost list', all: rows.map(({ id }) => ({ id })) };
}

export const command: Command = {
  known,
  about: 'cost lines: looking at them, correcting, splitting, sharing out, VAT return',
  usage: [
    'cost list [--state review,ready,excluded,batched,posted] [--period P] [--find TEXT]',
    'cost show ID',
    'cost fix ID… --set FIELD=VALUE… [--why TEXT]',
    'cost exclude ID… --reason TEXT',
    'cost include ID…',
    'cost accept ID… --note TEXT [--check ID,ID]',
    'cost undo UNDO-ID',
    ...deskUsage,
    ...sourceUsage,
  ],
  examples: [
    'cost list --state review --period 2026-09',
    'cost fix ID --set invoiceNumber=PE-17 --why "Read from the PDF"',
    'cost split ID --parts "2:Hosting,1:AI tools"',
    'cost return --period 2026-Q3',
    'cost fetch hmrc --period 2026-10',
  ],
  options: {
    state: { type: 'string' },
    period: { type: 'string' },
    find: { type: 'string' },
    set: { type: 'string', multiple: true },
    why: { type: 'string' },
    reason: { type: 'string' },
    note: { type: 'string' },
    check: { type: 'string' },
    to: { type: 'string' },
    parts: { type: 'string' },
    words: { type: 'string' },
    apply: { type: 'boolean' },
    sales: { type: 'string' },
    evidence: { type: 'string' },
  },
  run,
};
