import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type BatchView, type DocumentView, LedgerTarget } from '../../../../src-shared/contract/exports.ts';
import { type Command, type CommandContext, type Outcome, text, UsageError, wholeNumber, word } from '../command.ts';
import type { Client } from '../console.ts';
import { counted, table } from '../output.ts';

/** Nothing more happens to a batch in one of these states without a person. */
const settled = new Set<BatchView['state']>(['verified', 'closed', 'blocked', 'partly_posted', 'reversed']);

const outcomeOf = (batch: BatchView, when: (at: string | null) => string): Outcome => ({
  value: {
    batchId: batch.batchId,
    state: batch.state,
    posted: batch.posted,
    failed: batch.failed,
    inDoubt: batch.inDoubt,
    controlTotals: batch.controlTotals,
    readBack: batch.readBack,
    reversal: batch.reversal,
    waits: batch.waits,
  },
  text: [
    `Batch ${batch.batchId} for ${batch.period} to ${batch.target}: ${batch.state}`,
    `  ${counted(batch.lines, 'line')} in ${counted(batch.documents, 'document')}: ${batch.posted} posted, ${batch.failed} failed, ${batch.inDoubt} in doubt`,
    `  net ${batch.controlTotals.net}  VAT ${batch.controlTotals.vat}  gross ${batch.controlTotals.gross}`,
    ...(batch.failed + batch.inDoubt > 0 ? [`  why: wedops export documents ${batch.batchId}`] : []),
    `  read back: ${batch.readBack.matches} equal to the penny, ${batch.readBack.mismatches.length} different`,
    ...batch.readBack.mismatches.map(
      ({ document, field, expected, found }) => `  ${document} ${field}: expected ${expected}, found ${found}`,
    ),
    ...(batch.byCurrency.length === 1 && batch.byCurrency[0]?.currency === 'GBP'
      ? []
      : batch.byCurrency.map(
          (sum) => `  ${sum.currency} ${sum.gross}, read back ${sum.readBack?.gross ?? 'nothing yet'}`,
        )),
    ...reversalText(batch.reversal),
    ...(batch.waits === null
      ? []
      : [`  waits${batch.waits.until === null ? '' : ` until ${when(batch.waits.until)}`}: ${batch.waits.why}`]),
  ].join('\n'),
  exit: settledWell(batch) ? 0 : 1,
});

function reversalText(reversal: BatchView['reversal']): readonly string[] {
  if (reversal === null) return [];
  const { asked, verified, failed, inDoubt, byCurrency } = reversal;
  return [
    `  reversed: ${verified} of ${counted(asked, 'document')} verified, ${failed} failed, ${inDoubt} in doubt`,
    ...byCurrency.map(
      (sum) => `  taken back ${sum.currency} ${sum.gross}, read back ${sum.readBack?.gross ?? 'nothing yet'}`,
    ),
  ];
}

const settledWell = ({ failed, inDoubt, readBack, reversal }: BatchView) =>
  failed + inDoubt + readBack.mismatches.length + (reversal?.failed ?? 0) + (reversal?.inDoubt ?? 0) === 0;

const reversing = ({ reversal }: BatchView) =>
  reversal !== null && reversal.verified + reversal.failed < reversal.asked;

async function sent(
  client: Client,
  organisationId: string,
  batch: BatchView,
  timeoutMs: number,
  context: CommandContext,
) {
  const until = performance.now() + timeoutMs;
  let now = batch;
  const waiting = () => !settled.has(now.state) || reversing(now);
  while (waiting() && performance.now() < until) {
    context.progress.show('Posting', now.posted + now.readBack.matches, now.documents * 2);
    await wait(250);
    now = await client.exports.batch({ organisationId, batchId: batch.batchId });
  }
  return now;
}

/** The approver's PIN: from stdin, from the terminal, or the sample person's in the practice organisation. */
async function pinFor(approver: string, practice: boolean, context: CommandContext): Promise<string> {
  if (context.options['pin-stdin'] === true) return context.stdin();
  if (practice) {
    const { samplePins } = await import('../../../engine/organisations/seed-practice.ts');
    const pin = samplePins[approver];
    if (pin !== undefined) {
      context.say(
        `Practice: approving as ${approver} with the sample PIN. In a real organisation the PIN is asked for.`,
      );
      return pin;
    }
  }
  if (process.stdin.isTTY) return askHidden(`PIN of ${approver}: `);
  throw new UsageError(`The PIN of ${approver} is needed: give it with --pin-stdin`);
}

/** Reads one line from the terminal without showing it. */
async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const { stdin } = process;
  stdin.setRawMode(true);
  let typed = '';
  try {
    for await (const chunk of stdin) {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n') return typed;
        if (character === '\u0003') throw new UsageError('Stopped');
        typed = character === '\u007f' ? typed.slice(0, -1) : typed + character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    process.stderr.write('\n');
  }
}

async function prepare(context: CommandContext): Promise<Outcome> {
  const period = text(context.options, 'period');
  if (period === undefined || !/^\d{4}-(Q[1-4]|0[1-9]|1[0-2])$/.test(period)) {
    throw new UsageError('--period takes a quarter or a month, e.g. 2026-Q3 or 2026-09');
  }
  const target = LedgerTarget.safeParse(text(context.options, 'to'));
  if (!target.success) throw new UsageError(`--to takes ${LedgerTarget.options.join(', ')}`);
  const { client } = await context.console();
  const batch = await client.exports.prepare({
    organisationId: await context.organisation(),
    period,
    target: target.data,
  });
  const { batchId, lines, controlTotals, blocked } = batch;
  return {
    value: { batchId, lines, controlTotals, blocked, state: batch.state, byTreatment: batch.byTreatment },
    text: [
      `Batch ${batchId} for ${period} to ${target.data}: ${counted(lines, 'line')}`,
      `  net ${controlTotals.net}  VAT ${controlTotals.vat}  gross ${controlTotals.gross}`,
      ...(blocked.length === 0
        ? []
        : [
            `Left out, because a check blocks ${blocked.length === 1 ? 'it' : 'them'}:`,
            table(
              ['line', 'check', 'reason'],
              blocked.map((one) => [one.lineId, one.check, one.reason]),
            ),
          ]),
    ].join('\n'),
    exit: blocked.length > 0 ? 1 : 0,
  };
}

/** Who approves, and their PIN. */
async function approval(context: CommandContext): Promise<{ approver: string; pin: string }> {
  const { client } = await context.console();
  const organisationId = await context.organisation();
  const [people, organisation] = await Promise.all([
    client.settings.people({ organisationId }),
    client.settings.organisation({ organisationId }),
  ]);
  const approvers = people.filter(({ roles, hasPin }) => hasPin && roles.includes('finance_approver'));
  const wanted = text(context.options, 'as');
  const named = people.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted?.toLowerCase());
  if (wanted !== undefined && !named) {
    const names = people.map(({ name }) => `"${name}"`).join(', ');
    throw new UsageError(`There is nobody called "${wanted}"; there are: ${names}`);
  }
  const approver = named?.id ?? (approvers.length === 1 ? approvers[0]?.id : undefined);
  if (approver === undefined) {
    const names = approvers.map(({ name }) => `"${name}"`).join(' or --as ');
    throw new UsageError(`Say who approves: --as ${names || 'PERSON'}`);
  }
  return { approver, pin: await pinFor(approver, organisation.practice, context) };
}

async function approve(context: CommandContext, batchId: string): Promise<Outcome> {
  const who = await approval(context);
  const { client } = await context.console();
  const batch = await client.exports.approve({ organisationId: await context.organisation(), batchId, ...who });
  return outcomeOf(batch, await context.when());
}

/** Documents of a batch by what a person calls them: the supplier's number, or the id. */
async function documentsNamed(
  context: CommandContext,
  batchId: string,
  names: readonly string[],
): Promise<readonly DocumentView[]> {
  const documents = await allDocuments(context, batchId);
  return names.flatMap((name) => {
    const found = documents.filter(({ id, invoiceNumber }) => id === name || invoiceNumber === name);
    if (found.length === 0) throw new UsageError(`There is no document ${name} in batch ${batchId}`);
    return found;
  });
}

async function allDocuments(context: CommandContext, batchId: string): Promise<readonly DocumentView[]> {
  const { client } = await context.console();
  const organisationId = await context.organisation();
  const documents: DocumentView[] = [];
  for (let after: string | null = null; ; ) {
    const page: { rows: DocumentView[]; next: string | null } = await client.exports.documents({
      organisationId,
      batchId,
      after,
    });
    documents.push(...page.rows);
    if (page.next === null) return documents;
    after = page.next;
  }
}

async function documents(context: CommandContext, batchId: string): Promise<Outcome> {
  const value = await allDocuments(context, batchId);
  return {
    value,
    text: [
      table(
        ['document', 'supplier', 'number', 'gross', 'state', 'in the ledger', 'reversal'],
        value.map((one) => [
          one.id,
          one.supplier,
          one.invoiceNumber,
          `${one.currency} ${one.gross}`,
          one.released && one.state === 'refused' ? 'given back' : one.linked ? `${one.state}, linked` : one.state,
          one.vendorId ?? '',
          one.reversal === null ? '' : `${one.reversal.number} ${one.reversal.state}`,
        ]),
        [3],
      ),
      ...value.flatMap(({ invoiceNumber, problem }) => (problem === null ? [] : [`${invoiceNumber}: ${problem}`])),
    ].join('\n'),
  };
}

/** Posts the documents that take others back, and waits until the ledger shows them. */
async function reverse(context: CommandContext, batchId: string, timeoutMs: number): Promise<Outcome> {
  const reason = text(context.options, 'reason');
  if (reason === undefined) throw new UsageError('--reason TEXT is missing: it goes into the ledger and the audit log');
  const lines = text(context.options, 'lines') ?? 'free';
  if (lines !== 'free' && lines !== 'exclude') throw new UsageError('--lines takes free or exclude');
  const date = text(context.options, 'date');
  const names = context.words.slice(2);
  const documentIds = (await documentsNamed(context, batchId, names)).map(({ id }) => id);
  const who = await approval(context);
  const { client } = await context.console();
  const organisationId = await context.organisation();
  const batch = await client.exports.reverse({
    ...{ organisationId, batchId, reason, lines, ...who },
    ...(date === undefined ? {} : { date }),
    ...(documentIds.length === 0 ? {} : { documentIds }),
  });
  return outcomeOf(
    context.options['no-wait'] === true ? batch : await sent(client, organisationId, batch, timeoutMs, context),
    await context.when(),
  );
}

/** Gives the lines of refused documents back to the review. */
async function release(context: CommandContext, batchId: string): Promise<Outcome> {
  const documentIds = (await documentsNamed(context, batchId, context.words.slice(2))).map(({ id }) => id);
  const { client } = await context.console();
  const { lines } = await client.exports.release({
    ...{ organisationId: await context.organisation(), batchId },
    ...(documentIds.length === 0 ? {} : { documentIds }),
  });
  return { value: { batchId, lines }, text: `${counted(lines, 'line')} went back to the review.` };
}

async function link(context: CommandContext, batchId: string): Promise<Outcome> {
  const [document] = await documentsNamed(context, batchId, [word(context.words, 2, 'DOCUMENT')]);
  const vendorId = text(context.options, 'ledger-id');
  const { client } = await context.console();
  const value = await client.exports.link({
    ...{ organisationId: await context.organisation(), batchId, documentId: document?.id ?? '' },
    ...(vendorId === undefined ? {} : { vendorId }),
  });
  return {
    value,
    text: `${value.invoiceNumber} is linked to ${value.vendorId} in the ledger; it is read back and compared now.`,
  };
}

async function pack(context: CommandContext, batchId: string): Promise<Outcome> {
  const out = text(context.options, 'out');
  if (out === undefined) throw new UsageError('--out DIR is missing');
  const open = await context.console();
  const { files, download } = await open.client.exports.pack({
    organisationId: await context.organisation(),
    batchId,
  });
  await mkdir(out, { recursive: true }).catch(() => {
    throw new UsageError(`No folder can be made at ${out}`);
  });
  if (download !== null) {
    const { unzipSync } = await import('fflate');
    const entries = unzipSync(await open.download(download));
    // Names are ours, built from ids; the base name alone is used all the same (SEC-46, SEC-47).
    for (const [name, bytes] of Object.entries(entries)) await writeFile(join(out, basename(name)), bytes);
  }
  return {
    value: { batchId, out, files },
    text: `${table(
      ['file', 'bytes', 'sha-256'],
      files.map(({ name, bytes, sha256 }) => [name, String(bytes), sha256]),
      [1],
    )}\nWritten to ${out}.`,
  };
}

async function known(context: CommandContext) {
  const { client } = await context.console();
  const batches = await client.exports.batches({ organisationId: await context.organisation() });
  return { list: 'export list', all: batches.map(({ batchId }) => ({ id: batchId })) };
}

export const command: Command = {
  known,
  about: 'batches of bills: prepared, approved by a second person, posted, compared to the penny',
  usage: [
    'export prepare --period 2026-Q3|2026-09 --to xero|quickbooks|freshbooks|file',
    'export approve BATCH [--as PERSON] [--pin-stdin]',
    'export send BATCH [--no-wait] [--timeout S]',
    'export status BATCH',
    'export pack BATCH --out DIR',
    'export discard BATCH',
    'export documents BATCH',
    'export reverse BATCH [DOCUMENT…] --reason TEXT [--date YYYY-MM-DD] [--lines free|exclude] [--as PERSON] [--pin-stdin]',
    'export release BATCH [DOCUMENT…]  (lines of refused documents go back to the review)',
    'export link BATCH DOCUMENT [--ledger-id ID]  (what stands in the ledger already stands for it)',
    'export list',
  ],
  examples: [
    'export prepare --period 2026-09 --to xero',
    'export approve BATCH --as "Priya Shah"',
    'export send BATCH',
    'export pack BATCH --out september',
  ],
  options: {
    period: { type: 'string' },
    to: { type: 'string' },
    as: { type: 'string' },
    'pin-stdin': { type: 'boolean' },
    'no-wait': { type: 'boolean' },
    timeout: { type: 'string' },
    out: { type: 'string' },
    reason: { type: 'string' },
    date: { type: 'string' },
    lines: { type: 'string' },
    'ledger-id': { type: 'string' },
  },
  async run(context) {
    const { words, options } = context;
    if (words[0] === 'prepare') return prepare(context);
    if (words[0] === 'list') {
      const batches = await (await context.console()).client.exports.batches({
        organisationId: await context.organisation(),
      });
      return {
        value: batches,
        text: table(
          ['batch', 'period', 'to', 'state', 'lines', 'gross'],
          batches.map((one) => [
            one.batchId,
            one.period,
            one.target,
            one.state,
            String(one.lines),
            one.controlTotals.gross,
          ]),
          [4, 5],
        ),
      };
    }
    const verbs = ['approve', 'send', 'status', 'pack', 'discard', 'documents', 'reverse', 'release', 'link'];
    if (!verbs.includes(words[0] ?? '')) {
      throw new UsageError(`export does not know "${words[0] ?? ''}"`);
    }
    const batchId = word(words, 1, 'BATCH');
    if (words[0] === 'approve') return approve(context, batchId);
    if (words[0] === 'pack') return pack(context, batchId);
    if (words[0] === 'documents') return documents(context, batchId);
    if (words[0] === 'release') return release(context, batchId);
    if (words[0] === 'link') return link(context, batchId);
    const timeoutMs = (wholeNumber(options, 'timeout', 1, 86_400) ?? 900) * 1_000;
    if (words[0] === 'reverse') return reverse(context, batchId, timeoutMs);
    const { client } = await context.console();
    const organisationId = await context.organisation();
    if (words[0] === 'status')
      return outcomeOf(await client.exports.batch({ organisationId, batchId }), await context.when());
    if (words[0] === 'discard') {
      const { lines } = await client.exports.discard({ organisationId, batchId });
      return { value: { batchId, lines }, text: `Taken apart; ${counted(lines, 'line')} went back.` };
    }
    const batch = await client.exports.send({ organisationId, batchId });
    return outcomeOf(
      options['no-wait'] === true ? batch : await sent(client, organisationId, batch, timeoutMs, context),
      await context.when(),
    );
  },
};
