import type { z } from 'zod';
import {
  ImportFormat,
  ImportKind,
  type ImportResult,
  Mapping,
  type Rejection,
} from '../../../../src-shared/contract/imports.ts';
import { type Command, text, UsageError, word } from '../command.ts';
import type { Client } from '../console.ts';
import { counted, table } from '../output.ts';

function oneOf<T extends string>(
  choice: z.ZodType<T> & { options: readonly string[] },
  value: string,
  name: string,
): T {
  const parsed = choice.safeParse(value);
  if (!parsed.success) throw new UsageError(`${name} takes ${choice.options.join(', ')}, not "${value}"`);
  return parsed.data;
}

async function everyRejection(client: Client, organisationId: string, importId: string): Promise<Rejection[]> {
  const all: Rejection[] = [];
  let after: string | null = null;
  do {
    const page: { rows: Rejection[]; next: string | null } = await client.imports.rejections({
      organisationId,
      importId,
      after,
    });
    all.push(...page.rows);
    after = page.next;
  } while (after !== null);
  return all;
}

/** What a file can be; the others are fetched. */
const FileFormat = ImportFormat.exclude(['api']);

/** Shown on a terminal; the JSON names every one. */
const SHOWN = 20;

export const command: Command = {
  about: 'brings a file in; the same file twice adds nothing',
  usage: [
    'import costs|weddings|usage|rates FILE [--format focus|csv|ics|json|hmrc] [--mapping NAME] [--date-order iso|dmy|mdy]',
    'import list',
    'import undo ID',
  ],
  examples: [
    'import costs resources/practice/costs/suppliers-2026-q3.csv',
    'import costs bills.csv --date-order dmy',
    'import list',
    'import list',
    'import undo ID',
  ],
  options: { format: { type: 'string' }, mapping: { type: 'string' }, 'date-order': { type: 'string' } },
  async known({ console, organisation }) {
    const all = await (await console()).client.imports.list({ organisationId: await organisation() });
    return { list: 'import list', all: all.map(({ importId }) => ({ id: importId })) };
  },
  async run({ words, options, console, organisation, progress, when }) {
    if (words[0] === 'list') {
      const all = await (await console()).client.imports.list({ organisationId: await organisation() });
      const at = await when();
      const rows = all.map((one) => [
        ...[one.importId, at(one.startedAt), one.kind, one.fileName, one.state],
        ...[one.imported, one.duplicates, one.rejected].map(String),
      ]);
      const head = ['id', 'started', 'of', 'file', 'state', 'rows', 'known', 'refused'];
      return { value: all, text: table(head, rows, [5, 6, 7]) };
    }
    if (words[0] === 'undo') {
      const importId = word(words, 1, 'ID');
      const undone = await (await console()).client.imports.undo({ organisationId: await organisation(), importId });
      return { value: undone, text: `Import ${undone.fileName} is taken back.` };
    }
    const kind = oneOf(ImportKind, word(words, 0, 'what to import'), 'import');
    const path = word(words, 1, 'FILE');
    const given = text(options, 'format');
    const format = given === undefined ? undefined : oneOf(FileFormat, given, '--format');
    const mappingName = text(options, 'mapping');
    const order = text(options, 'date-order');
    const dateOrder = order === undefined ? undefined : oneOf(Mapping.shape.dateOrder, order, '--date-order');
    const { client, offer } = await console();
    const organisationId = await organisation();
    const file = await offer(path);
    // The file's own layout with the one question answered that it cannot answer itself.
    const layout = dateOrder === undefined ? null : (await client.imports.preview({ organisationId, file })).mapping;
    if (dateOrder !== undefined && layout === null) {
      throw new UsageError('--date-order is for plain CSV files whose columns are known');
    }
    const { importId } = await client.imports.start({
      organisationId,
      file,
      kind,
      ...(format === undefined ? {} : { format }),
      ...(mappingName === undefined ? {} : { mappingName }),
      ...(layout === null || dateOrder === undefined ? {} : { mapping: { ...layout, dateOrder } }),
    });
    let result: ImportResult | null = null;
    for await (const step of await client.imports.progress({ organisationId, importId })) {
      progress.show('Importing', step.bytesRead, step.bytesTotal);
      result = step.result ?? result;
    }
    result ??= await client.imports.get({ organisationId, importId });
    const rejected = await everyRejection(client, organisationId, importId);
    const failed = result.state !== 'done';
    const lines = [
      failed
        ? `${result.fileName} was not imported: ${result.problem ?? result.state}`
        : `${result.fileName}: ${counted(result.imported, 'row')} imported, ${counted(result.duplicates, 'duplicate')}, ${rejected.length} refused.`,
      ...(rejected.length === 0
        ? []
        : [
            table(
              ['row', 'field', 'reason'],
              rejected.slice(0, SHOWN).map((one) => [String(one.row), one.field, one.reason]),
              [0],
            ),
          ]),
      ...(result.imported > 0 ? [`Take it back: wedops import undo ${importId}`] : []),
      ...(rejected.length > SHOWN ? [`… and ${rejected.length - SHOWN} more; --json names every one.`] : []),
    ];
    return {
      value: {
        imported: result.imported,
        duplicates: result.duplicates,
        rejected,
        batchId: importId,
        lines: result.lines,
        ...(result.problem === null ? {} : { problem: result.problem }),
      },
      text: lines.join('\n'),
      exit: failed || rejected.length > 0 ? 1 : 0,
    };
  },
};
