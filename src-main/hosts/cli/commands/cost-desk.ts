import { type DuplicatePair, HandLine } from '../../../../src-shared/contract/desk.ts';
import type { LedgerTwin } from '../../../../src-shared/contract/exports.ts';
import type { VatReturn } from '../../../../src-shared/contract/insight.ts';
import {
  type CommandContext,
  issueText,
  type Outcome,
  period as periodOf,
  text,
  UsageError,
  word,
} from '../command.ts';
import { counted, table } from '../output.ts';

type Verb = (context: CommandContext) => Promise<Outcome>;

const needed = (context: CommandContext, name: string): string => {
  const value = text(context.options, name);
  if (value === undefined || value.trim() === '') throw new UsageError(`--${name} is missing`);
  return value;
};

async function open(context: CommandContext) {
  const opened = await context.console();
  return { ...opened, organisationId: await context.organisation() };
}

const pairRow = ({ kind, line, earlier, decision }: DuplicatePair) => [
  kind,
  line.id,
  earlier.id,
  line.supplier,
  `${line.currency} ${line.gross}`,
  `${earlier.invoiceNumber} ${earlier.date}`,
  `${line.invoiceNumber} ${line.date}`,
  decision ? `${decision.decision}: ${decision.reason}` : '',
];

const twinRow = ({ id, target, kind, ours, theirs, decision }: LedgerTwin) => [
  kind,
  id,
  `${target} ${theirs.vendorId}`,
  ours.supplier,
  `${theirs.currency} ${theirs.gross}`,
  `${theirs.invoiceNumber} ${theirs.date}`,
  `${ours.invoiceNumber} ${ours.date}`,
  decision ? `${decision.decision}: ${decision.reason}` : '',
];

const told = (what: string, step: { undoId: string; changed: number }): Outcome => ({
  value: step,
  text: `${what} Take it back: wedops cost undo ${step.undoId}`,
});

/** `wedding:KEY=2,vendor:ID=1,general=1` or `weddings`. */
function sharesOf(value: string) {
  if (value === 'weddings') return 'weddings' as const;
  if (value === 'nobody') return [];
  return value.split(',').map((part) => {
    const match = /^(wedding|vendor|general)(?::([^=]+))?(?:=(\d+))?$/.exec(part.trim());
    const target = match?.[1];
    if (target !== 'wedding' && target !== 'vendor' && target !== 'general')
      throw new UsageError('--to takes weddings, nobody, or wedding:KEY=2,vendor:ID=1,general=1');
    return {
      target: target as 'wedding' | 'vendor' | 'general',
      targetId: match?.[2] ?? '',
      weight: Number(match?.[3] ?? 1),
    };
  });
}

/** `2:Hosting,1:AI tools:uk_zero`: weight, then category and treatment where they are others. */
function partsOf(value: string) {
  return value.split(',').map((part) => {
    const [weight = '', category = '', treatmentHint = ''] = part.split(':').map((one) => one.trim());
    if (!/^[1-9]\d*$/.test(weight)) throw new UsageError('--parts takes WEIGHT[:CATEGORY[:TREATMENT]],…');
    return { weight: Number(weight), category, treatmentHint };
  });
}

function invoiceOf(context: CommandContext): HandLine {
  const given = context.options.set;
  const fields = (Array.isArray(given) ? given : []).map((pair) => {
    const [name = '', ...rest] = String(pair).split('=');
    return [name, rest.join('=')] as const;
  });
  const parsed = HandLine.safeParse(Object.fromEntries(fields));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(`--set ${issue?.path.join('.') ?? ''}: ${issueText(issue)}`);
}

const boxRow = (what: string, boxes: VatReturn['all']) => [
  what,
  boxes.box1,
  boxes.box4,
  boxes.box5,
  boxes.box6,
  boxes.box7,
];

/** The verbs of `cost` beyond the lines themselves. */
export const deskVerbs: Readonly<Record<string, Verb>> = {
  async duplicates(context) {
    const { client, organisationId } = await open(context);
    const found = await client.desk.duplicates({ organisationId });
    const ledger = await client.exports.twins({ organisationId });
    const rows = [
      ...[...found.open, ...found.decided].map(pairRow),
      ...[...ledger.open, ...ledger.decided].map(twinRow),
    ];
    return {
      value: { ...found, ledger },
      text: `${table(['class', 'line', 'earlier', 'supplier', 'gross', 'earlier document', 'this document', 'decided'], rows, [4])}\n${counted(found.open.length + ledger.open.length, 'pair')} to decide`,
    };
  },
  /** About a document that stood in a ledger already; its id is that of the pair. */
  async decide(context) {
    const id = word(context.words, 1, 'PAIR-ID');
    const decision = ['link', 'post', 'leave-out', 'open'].find((one) => one === context.words[2]);
    if (decision === undefined) throw new UsageError('cost decide PAIR-ID link|post|leave-out|open');
    const reason = needed(context, 'reason');
    const { client, organisationId } = await open(context);
    const request = { organisationId, id, decision: decision as 'link', reason };
    const value = await client.exports.decideTwin(request);
    const back = value.undoId === null ? '' : ` Take it back: wedops cost undo ${value.undoId}`;
    return { value, text: `Decided: ${decision}. It holds when a batch is prepared next.${back}` };
  },
  async merge(context) {
    const reason = needed(context, 'reason');
    const pair = { lineId: word(context.words, 1, 'ID'), earlierId: word(context.words, 2, 'EARLIER-ID') };
    const { client, organisationId } = await open(context);
    return told('Merged: the later line is left out.', await client.desk.merge({ organisationId, ...pair, reason }));
  },
  async keep(context) {
    const reason = needed(context, 'reason');
    const pair = { lineId: word(context.words, 1, 'ID'), earlierId: word(context.words, 2, 'EARLIER-ID') };
    const { client, organisationId } = await open(context);
    return told('Both are kept.', await client.desk.keepBoth({ organisationId, ...pair, reason }));
  },
  async unmerge(context) {
    const pair = { lineId: word(context.words, 1, 'ID'), earlierId: word(context.words, 2, 'EARLIER-ID') };
    const { client, organisationId } = await open(context);
    return told('Taken apart: the line is reviewed again.', await client.desk.unmerge({ organisationId, ...pair }));
  },
  async allocate(context) {
    const lineId = word(context.words, 1, 'ID');
    const shares = sharesOf(needed(context, 'to'));
    const { client, organisationId } = await open(context);
    const value = await client.desk.allocate({ organisationId, lineId, shares });
    const rows = value.map((share) => [share.target, share.targetId, String(share.weight), share.net]);
    return { value, text: table(['for', 'id', 'weight', 'net'], rows, [2, 3]) };
  },
  /** `--parts 2:Hosting,1:AI tools:uk_zero`: weight, category, treatment. */
  async split(context) {
    const lineId = word(context.words, 1, 'ID');
    const parts = partsOf(needed(context, 'parts'));
    const { client, organisationId } = await open(context);
    const { line } = await client.exports.line({ organisationId, lineId });
    const why = text(context.options, 'reason') ?? '';
    const value = await client.desk.split({ organisationId, lineId, version: line.version, parts, why });
    return told(`Split into ${value.partIds.join(', ')}.`, value);
  },
  async rules(context) {
    const { client, organisationId } = await open(context);
    const value = await client.desk.rules({ organisationId });
    const rows = value.map((rule) => [rule.id, rule.supplier, rule.contains, rule.category, rule.by]);
    return { value, text: table(['id', 'supplier', 'words', 'category', 'by'], rows) };
  },
  /** `cost rule ID` suggests; with `--apply` it is saved and done. */
  async rule(context) {
    const lineId = word(context.words, 1, 'ID');
    const { client, organisationId } = await open(context);
    const suggested = await client.desk.suggestRule({ organisationId, lineId });
    const rule = { ...suggested.rule, contains: text(context.options, 'words') ?? '' };
    const preview = await client.desk.previewRule({ organisationId, rule });
    const what = `${rule.supplier}${rule.contains && ` with "${rule.contains}"`} is ${rule.category}`;
    if (context.options.apply !== true) {
      return {
        value: preview,
        text: `${what}: ${counted(preview.changes, 'open line')} would change. Save it with --apply`,
      };
    }
    const saved = await client.desk.saveRule({ organisationId, rule, apply: true });
    return { value: saved, text: `${what}, from now on. ${counted(saved.changed, 'line')} changed.` };
  },
  async comment(context) {
    const words = { lineId: word(context.words, 1, 'ID'), text: needed(context, 'note') };
    const { client, organisationId } = await open(context);
    await client.desk.comment({ organisationId, ...words });
    return { value: { lineId: words.lineId }, text: 'Noted.' };
  },
  async attach(context) {
    const lineId = word(context.words, 1, 'ID');
    const path = word(context.words, 2, 'FILE');
    const { client, offer, organisationId } = await open(context);
    const value = await client.desk.attach({ organisationId, lineId, file: await offer(path) });
    return { value, text: `${value.fileName} (${value.sha256.slice(0, 12)}…) is evidence of the line.` };
  },
  async add(context) {
    const invoice = invoiceOf(context);
    const path = text(context.options, 'evidence');
    const { client, offer, organisationId } = await open(context);
    const value = await client.desk.add({
      organisationId,
      invoice,
      file: path === undefined ? null : await offer(path),
    });
    return { value, text: `Added as line ${value.lineId}.` };
  },
  async close(context) {
    return lock(context, true);
  },
  async open(context) {
    return lock(context, false);
  },
  async return(context) {
    const period = periodOf(context.options);
    const { client, organisationId } = await open(context);
    const value = await client.insight.vatReturn({ organisationId, period });
    const rows = [
      boxRow('all purchases', value.all),
      boxRow('equal in the ledger', value.verified),
      boxRow('sent, not proven', value.open),
      boxRow('not in the ledger', value.missing),
      ...(value.blocked.lines === 0
        ? []
        : [boxRow(`blocked, in no box: ${counted(value.blocked.lines, 'line')}`, value.blocked)]),
      ...value.ledgers.flatMap(({ system, ours, ledger, difference }) => [
        boxRow(`read back, ours (${system})`, ours),
        boxRow(`read back, ${system}'s`, ledger),
        boxRow('difference', difference),
      ]),
    ];
    return {
      value,
      text: `${table([value.period, 'box 1', 'box 4', 'box 1-4', 'box 6', 'box 7'], rows, [1, 2, 3, 4, 5])}\n${value.locked ? 'closed' : 'open'}`,
      exit: value.differences.length > 0 ? 1 : 0,
    };
  },
  async insight(context) {
    const period = periodOf(context.options);
    const { client, organisationId } = await open(context);
    const value = await client.insight.costs({ organisationId, period });
    const months = value.months.map((one) => [
      one.month,
      one.season,
      one.net,
      one.yearBefore ?? '',
      one.perWedding ?? '',
    ]);
    const groups = [...value.bySupplier, ...value.byCategory].map((one) => ['', one.label, one.net, '', '']);
    return {
      value,
      text: table(
        [value.period, '', `net ${value.net}`, 'year before', 'per wedding'],
        [...months, ...groups],
        [2, 3, 4],
      ),
    };
  },
  async threshold(context) {
    const { client, organisationId } = await open(context);
    const sales = text(context.options, 'sales');
    const value =
      sales === undefined
        ? await client.insight.threshold({ organisationId })
        : await client.insight.setSales({ organisationId, month: needed(context, 'period'), net: sales });
    const rows = value.months.map((one) => [one.month, one.sales, one.reverseCharge, one.rolling]);
    return {
      value,
      text: `${table(['month', 'sales', 'from abroad', 'twelve months'], rows, [1, 2, 3])}\n${value.rolling} of ${value.register}: ${value.state}`,
    };
  },
};

async function lock(context: CommandContext, locked: boolean): Promise<Outcome> {
  const period = periodOf(context.options);
  const reason = needed(context, 'reason');
  const { client, organisationId } = await open(context);
  await client.insight.lock({ organisationId, period, locked, reason });
  return { value: { period, locked }, text: `${period} is ${locked ? 'closed' : 'open again'}.` };
}

export const deskUsage = [
  'cost duplicates',
  'cost decide PAIR-ID link|post|leave-out|open --reason TEXT',
  'cost merge ID EARLIER-ID --reason TEXT',
  'cost keep ID EARLIER-ID --reason TEXT',
  'cost unmerge ID EARLIER-ID',
  'cost allocate ID --to weddings|nobody|wedding:KEY=2,vendor:ID=1,general=1',
  'cost split ID --parts WEIGHT[:CATEGORY[:TREATMENT]],… [--reason TEXT]',
  'cost rule ID [--words TEXT] [--apply]',
  'cost rules',
  'cost comment ID --note TEXT',
  'cost attach ID FILE',
  'cost add --set FIELD=VALUE… [--evidence FILE]',
  'cost close --period P --reason TEXT',
  'cost open --period P --reason TEXT',
  'cost return --period P',
  'cost insight --period P',
  'cost threshold [--period MONTH --sales NET]',
];
