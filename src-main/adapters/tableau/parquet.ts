import type { BiRow } from '../kit/bi.ts';

/** Rows a group: some ten milliseconds of work, so that a large set never holds the process up. */
const rowsPerGroup = 10_000;
const text = (name: string) =>
  ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' }) as const;
const schema = [
  { name: 'root', num_children: 8 },
  {
    name: 'ts',
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    repetition_type: 'REQUIRED',
  },
  text('metric'),
  { name: 'value', type: 'DOUBLE', repetition_type: 'REQUIRED' },
  ...['season', 'context', 'venue', 'region', 'org'].map(text),
] as const;

/** One flat table as a Parquet file, which Tableau turns into an extract of its own when it is published. */
export async function parquetOf(org: string, blocks: AsyncIterable<readonly BiRow[]>): Promise<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: schema.map((one) => ({ ...one })),
    createdBy: 'WedSync Ops Console',
  });
  let rows: BiRow[] = [];
  const flush = async () => {
    if (rows.length === 0) return;
    const column = (name: string, data: (Date | string | number)[]) => ({ name, data });
    await file.write({
      columnData: [
        column(
          'ts',
          rows.map(([, at]) => new Date(at)),
        ),
        column(
          'metric',
          rows.map(([metric]) => metric),
        ),
        column(
          'value',
          rows.map((row) => Number(row[5])),
        ),
        column(
          'season',
          rows.map(([, , season]) => season),
        ),
        column(
          'context',
          rows.map(() => 'wedding_industry'),
        ),
        column(
          'venue',
          rows.map(([, , , venue]) => venue),
        ),
        column(
          'region',
          rows.map(([, , , , region]) => region),
        ),
        column(
          'org',
          rows.map(() => org),
        ),
      ],
      rowGroupSize: rowsPerGroup,
    });
    rows = [];
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  for await (const block of blocks) {
    rows.push(...block);
    if (rows.length >= rowsPerGroup) await flush();
  }
  await flush();
  await file.finish();
  return writer.getBytes();
}
