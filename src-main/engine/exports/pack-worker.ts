import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { strToU8, zipSync } from 'fflate';
import pdfmake from 'pdfmake';
import { harmlessCell } from '../../../src-shared/format/spreadsheet.ts';
import type { PackInput } from './pack.ts';

/** Builds a pack off the main thread: a PDF of thousands of documents takes seconds, and the window must not wait. */
const input = workerData as PackInput;
const files = [
  { name: `${input.baseName}.csv`, bytes: strToU8(csv(input)) },
  { name: `${input.baseName}.json`, bytes: strToU8(`${JSON.stringify(input.batch, null, 2)}\n`) },
  { name: `${input.baseName}.pdf`, bytes: await pdf(input) },
];
const manifest = {
  batch: input.batch.batchId,
  hash: input.batch.hash,
  made: input.madeAt,
  check: 'sha256sum of each file must equal the value listed here',
  files: files.map((file) => ({ name: file.name, bytes: file.bytes.byteLength, sha256: sha256(file.bytes) })),
};
files.push({ name: 'manifest.json', bytes: strToU8(`${JSON.stringify(manifest, null, 2)}\n`) });

const zip = zipSync(Object.fromEntries(files.map((file) => [file.name, file.bytes])), { mtime: input.madeAt });
parentPort?.postMessage({
  zip,
  files: files.map((file) => ({ name: file.name, bytes: file.bytes.byteLength, sha256: sha256(file.bytes) })),
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Text that a spreadsheet could take for a formula gets an apostrophe; amounts stay numbers (SEC-42). */
function csv({ rows }: PackInput): string {
  const text = (value: string) => `"${harmlessCell(value).replaceAll('"', '""')}"`;
  const header = [
    'reference',
    'supplier',
    'country',
    'vat number',
    'invoice',
    'type',
    'date',
    'description',
    'category',
    'treatment',
    'currency',
    'net',
    'vat',
    'gross',
    'net gbp',
    'vat gbp',
    'box 1',
    'box 4',
    'box 6',
    'box 7',
    'ledger id',
    'state',
    'vat reclaimable',
  ];
  const lines = rows.map((row) =>
    [
      ...[
        row.reference,
        row.supplier,
        row.country,
        row.vatNumber,
        row.invoice,
        row.type,
        row.date,
        row.description,
        row.category,
        row.treatment,
        row.currency,
      ].map(text),
      row.net,
      row.vat,
      row.gross,
      row.netGbp,
      row.vatGbp,
      row.box1,
      row.box4,
      row.box6,
      row.box7,
      text(row.ledgerId),
      text(row.state),
      text(row.reclaimable),
    ].join(','),
  );
  return `\uFEFF${[header.map(text).join(','), ...lines].join('\r\n')}\r\n`;
}

async function pdf({ batch, rows, organisation, practice, madeAt }: PackInput): Promise<Uint8Array> {
  const faces = {
    normal: 'Helvetica',
    bold: 'Helvetica-Bold',
    italics: 'Helvetica-Oblique',
    bolditalics: 'Helvetica-BoldOblique',
  };
  pdfmake.addFonts({ Helvetica: faces });
  // Everything is in the data: nothing is fetched, and nothing is read but the built-in faces.
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy((path: string) => Object.values(faces).includes(path));
  const right = (value: string) => ({ text: value, alignment: 'right' as const });
  const document = pdfmake.createPdf({
    defaultStyle: { font: 'Helvetica', fontSize: 8 },
    pageMargins: [36, 48, 36, 40],
    info: { title: `Batch ${batch.batchId}`, creator: 'WedSync Ops Console' },
    ...(practice ? { watermark: { text: 'PRACTICE', opacity: 0.08, bold: true } } : {}),
    header: { text: `${organisation} - cost batch ${batch.period} for ${batch.target}`, margin: [36, 20, 36, 0] },
    footer: (page: number, pages: number) => ({
      text: `As of ${madeAt} - page ${page} of ${pages}`,
      margin: [36, 10, 36, 0],
      alignment: 'right' as const,
    }),
    content: [
      {
        text: `Batch ${batch.period}: ${batch.state.replaceAll('_', ' ')}`,
        fontSize: 16,
        bold: true,
        margin: [0, 0, 0, 8],
      },
      {
        layout: 'lightHorizontalLines',
        table: {
          widths: ['auto', 'auto'],
          body: [
            ['Prepared by', `${batch.preparedBy}, ${batch.preparedAt}`],
            ['Approved by', batch.approvedBy === null ? 'not yet' : `${batch.approvedBy}, ${batch.approvedAt ?? ''}`],
            ['Frozen hash (SHA-256)', batch.hash ?? ''],
            ['Lines / documents', `${batch.lines} / ${batch.documents}`],
            [
              'Control totals GBP',
              `net ${batch.controlTotals.net}, VAT ${batch.controlTotals.vat}, gross ${batch.controlTotals.gross}`,
            ],
            ['Read back equal', `${batch.readBack.matches} of ${batch.documents}`],
          ],
        },
        margin: [0, 0, 0, 12],
      },
      { text: 'By VAT treatment (GBP)', fontSize: 11, bold: true, margin: [0, 0, 0, 4] },
      {
        layout: 'lightHorizontalLines',
        table: {
          headerRows: 1,
          widths: ['*', 'auto', 'auto', 'auto', 'auto'],
          body: [
            ['Treatment', right('Lines'), right('Net'), right('VAT'), right('Notional VAT')],
            ...batch.byTreatment.map((row) => [
              row.treatment.replaceAll('_', ' '),
              right(String(row.lines)),
              right(row.net),
              right(row.vat),
              right(row.notionalVat),
            ]),
          ],
        },
        margin: [0, 0, 0, 12],
      },
      { text: 'Lines', fontSize: 11, bold: true, margin: [0, 0, 0, 4] },
      {
        layout: 'lightHorizontalLines',
        table: {
          headerRows: 1,
          widths: [48, '*', 80, 80, 24, 44, 44, 48],
          body: [
            ['Date', 'Supplier', 'Invoice', 'Treatment', 'Cur.', right('Net'), right('VAT'), right('Gross')],
            ...rows.map((row) => [
              row.date,
              row.supplier,
              row.invoice,
              row.treatment.replaceAll('_', ' '),
              row.currency,
              right(row.net),
              right(row.vat),
              right(row.gross),
            ]),
          ],
        },
      },
    ],
  });
  return new Uint8Array(await document.getBuffer());
}
