import { CostSource } from '../../../../src-shared/contract/sources.ts';
import { type CommandContext, type Outcome, text, UsageError, word } from '../command.ts';
import type { Client } from '../console.ts';
import { counted, table } from '../output.ts';

function sourceOf(context: CommandContext): CostSource {
  const parsed = CostSource.safeParse(word(context.words, 1, 'SOURCE'));
  if (parsed.success) return parsed.data;
  throw new UsageError(`The sources are ${CostSource.options.join(', ')}, not "${context.words[1] ?? ''}"`);
}

async function open(context: CommandContext) {
  const { client } = await context.console();
  return { client, organisationId: await context.organisation() };
}

/** Months to fetch when none is named: those still provisional, and the one before this. */
async function dueMonths(client: Client, organisationId: string, source: CostSource): Promise<string[]> {
  const view = (await client.sources.list({ organisationId })).find((one) => one.source === source);
  const { now } = await client.app.status({});
  const today = new Date(now);
  const last = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
  const months = view?.months ?? [];
  const provisional = months.filter(({ state }) => state === 'provisional').map(({ month }) => month);
  const missing = months.some(({ month }) => month === last) ? [] : [last];
  return [...new Set([...provisional, ...missing])].sort();
}

/** The verbs of `cost` that bring costs and rates in over the wire. */
export const sourceVerbs: Readonly<Record<string, (context: CommandContext) => Promise<Outcome>>> = {
  async sources(context) {
    const { client, organisationId } = await open(context);
    const value = await client.sources.list({ organisationId });
    const when = await context.when();
    const rows = value.flatMap(({ source, connected, months }) =>
      (months.length > 0 ? months : [null]).map((one) => [
        source,
        connected ? 'connected' : 'not connected',
        one?.month ?? '',
        one?.state ?? '',
        one ? `${one.currency} ${one.net}` : '',
        when(one?.fetchedAt ?? null),
        when(one?.againAt ?? null),
      ]),
    );
    return { value, text: table(['source', '', 'month', 'state', 'net', 'fetched', 'again by itself'], rows, [4]) };
  },
  async invoices(context) {
    const { client, organisationId } = await open(context);
    const value = await client.sources.invoices({ organisationId });
    const rows = value.map((one) => [
      one.issuer,
      one.invoiceId,
      one.currency,
      one.net,
      one.vat,
      one.usageNet,
      one.difference,
      one.state.replace('_', ' '),
    ]);
    const head = ['issuer', 'invoice', 'currency', 'net', 'VAT', 'usage net', 'difference', ''];
    return {
      value,
      text: table(head, rows, [3, 4, 5, 6]),
      exit: value.every(({ state }) => state === 'agrees') ? 0 : 1,
    };
  },
  async connect(context) {
    const source = sourceOf(context);
    if (context.words.length > 2) throw new UsageError('The key comes from stdin, never as a word');
    const key = await context.stdin();
    if (key.trim() === '') throw new UsageError('The key comes from stdin, and stdin was empty');
    const { client, organisationId } = await open(context);
    const value = await client.sources.connect({ organisationId, source, key });
    return { value, text: `${value.name} is connected.` };
  },
  async disconnect(context) {
    const source = sourceOf(context);
    const { client, organisationId } = await open(context);
    const value = await client.sources.disconnect({ organisationId, source });
    return { value, text: `${value.name} is no longer connected; what was fetched stays.` };
  },
  async fetch(context) {
    const isRates = context.words[1] === 'hmrc';
    const source = isRates ? null : sourceOf(context);
    const period = text(context.options, 'period');
    if (period !== undefined && !/^\d{4}-(0[1-9]|1[0-2])$/.test(period))
      throw new UsageError('--period takes a month such as 2026-10');
    const { client, organisationId } = await open(context);
    if (source === null && period === undefined) throw new UsageError('--period is missing: a month such as 2026-10');
    const months = period === undefined && source ? await dueMonths(client, organisationId, source) : [period ?? ''];
    const value = [];
    for (const month of months) {
      const { importId } = source
        ? await client.sources.fetch({ organisationId, source, month })
        : await client.sources.fetchRates({ organisationId, month });
      for await (const { result } of await client.imports.progress({ organisationId, importId })) {
        if (!result) continue;
        const { imported, duplicates, rejected, lines, state, problem } = result;
        value.push({ month, imported, duplicates, rejected, lines, batchId: importId, state, problem });
      }
    }
    const said = value.map(
      ({ month, imported, duplicates, lines, state, problem }) =>
        `${month}: ${state === 'done' ? `${counted(imported, 'row')} new, ${duplicates} known, ${counted(lines, 'line')} changed` : (problem ?? state)}`,
    );
    return { value, text: said.join('\n'), exit: value.some(({ state }) => state !== 'done') ? 1 : 0 };
  },
};

export const sourceUsage = [
  'cost sources',
  'cost invoices',
  'cost connect openai|anthropic   (the admin key comes from stdin)',
  'cost disconnect openai|anthropic',
  'cost fetch openai|anthropic [--period MONTH]',
  'cost fetch hmrc --period MONTH',
];
