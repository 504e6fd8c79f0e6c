import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import type { PrintInput } from '../../src-main/engine/alerts/print.ts';
import type { ReportInput } from '../../src-main/engine/crm/value-report.ts';
import { readPdf } from '../../src-main/testing/pdf.ts';

/** What a reader of PDFs acts on. */
const acting =
  /\/(JS|JavaScript|AA|OpenAction|Launch|URI|SubmitForm|ImportData|GoTo[RE]|EmbeddedFiles?|Filespec|RichMedia|XFA|AcroForm|Annots?)\b/;
const mark = 'Hostile Ltd';
const hostile = `${mark}) Tj ET >> endobj <</S/JavaScript/JS(app.alert(1))/URI(https://evil.example)>> <script>x</script>`;

const report: ReportInput = {
  ...{ vendor: hostile, organisation: hostile, practice: true, period: hostile, madeAt: hostile },
  figures: [
    {
      ...{ kind: 'hours', label: hostile, value: '1', unit: 'hours', shown: hostile },
      ...{ estimate: true, formula: hostile },
    } as never,
  ],
  checks: [{ id: 'x', label: hostile, met: false, gap: hostile } as never],
  months: [{ month: hostile, requests: hostile, saving: hostile }],
};
const print: PrintInput = {
  ...{ title: hostile, organisation: hostile, practice: true, asOf: hostile },
  blocks: [
    { kind: 'heading', text: hostile, level: 1 },
    { kind: 'text', text: hostile },
    { kind: 'item', text: hostile, box: 'open' },
    { kind: 'table', head: [hostile], rows: [[hostile]], widths: ['*'] },
  ],
};
const totals = { net: '1.00', vat: '0.20', gross: '1.20' };
const texts = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, hostile]));
const pack = {
  ...texts('organisation madeAt'),
  ...{ baseName: 'batch', practice: true },
  batch: {
    ...texts('batchId period target preparedBy preparedAt approvedBy approvedAt hash'),
    ...{ state: 'verified', lines: 1, documents: 1, controlTotals: totals, documentList: [] },
    readBack: { matches: 1, mismatches: [] },
    byTreatment: [{ ...totals, treatment: hostile, lines: 1, notionalVat: '0.00' }],
  },
  rows: [
    texts(
      'reference supplier country vatNumber invoice type date description category treatment currency net vat gross netGbp vatGbp reclaimable box1 box4 box6 box7 ledgerId state',
    ),
  ],
};

async function drawn(worker: string, workerData: object): Promise<Uint8Array> {
  const [answer] = (await once(
    new Worker(new URL(`../../src-main/engine/${worker}`, import.meta.url), { workerData }),
    'message',
  )) as [Uint8Array | { zip: Uint8Array }];
  return answer instanceof Uint8Array ? answer : (unzipSync(answer.zip)['batch.pdf'] ?? new Uint8Array());
}

test.each([
  ['a value report', 'crm/value-report-worker.ts', report],
  ['a printed page', 'alerts/print-worker.ts', print],
  ['a pack', 'exports/pack-worker.ts', pack],
])(
  'SEC-44 %s shows texts from outside and holds nothing a reader acts on: no script, no address, no file, no form',
  async (_what, worker, input) => {
    const { text, objects } = readPdf(await drawn(worker, input));
    expect(text).toContain(mark);
    expect(text).toContain('evil.example');
    expect(objects).toContain('/Type /Catalog');
    expect(objects.match(acting)?.[0]).toBeUndefined();
  },
);
