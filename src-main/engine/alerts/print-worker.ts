import { parentPort, workerData } from 'node:worker_threads';
import pdfmake from 'pdfmake';
import type { PrintBlock, PrintInput } from './print.ts';

/** Draws one PDF off the main thread. Nothing is fetched, and nothing is read but the built-in faces. */
const { title, organisation, practice, asOf, blocks } = workerData as PrintInput;
const faces = {
  normal: 'Helvetica',
  bold: 'Helvetica-Bold',
  italics: 'Helvetica-Oblique',
  bolditalics: 'Helvetica-BoldOblique',
};
const sizes = { 1: 16, 2: 12, 3: 10 } as const;
const marks = { none: '\u2022', open: '[  ]', ticked: '[x]' } as const;

/** The built-in faces know Latin 1 and a few signs; an arrow becomes `>`, anything else they lack a question mark. */
function printable(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll('\u2192', '>')
    .replace(/[^\n\x20-\x7e\u00a0-\u00ff\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u20ac]/gu, '?');
}

function drawn(block: PrintBlock) {
  switch (block.kind) {
    case 'heading':
      return {
        text: printable(block.text),
        fontSize: sizes[block.level],
        bold: true,
        margin: [0, block.level === 1 ? 0 : 10, 0, 4] as [number, number, number, number],
      };
    case 'item':
      return {
        columns: [
          { width: 20, text: marks[block.box] },
          { width: '*', text: printable(block.text) },
        ],
        margin: [4, 1, 0, 1] as [number, number, number, number],
      };
    case 'table':
      return {
        layout: 'lightHorizontalLines',
        table: {
          headerRows: 1,
          widths: [...block.widths],
          body: [
            block.head.map((text) => ({ text: printable(text), bold: true })),
            ...block.rows.map((row) => row.map(printable)),
          ],
        },
        margin: [0, 2, 0, 6] as [number, number, number, number],
      };
    case 'text':
      return { text: printable(block.text), margin: [0, 1, 0, 3] as [number, number, number, number] };
  }
}

pdfmake.addFonts({ Helvetica: faces });
pdfmake.setUrlAccessPolicy(() => false);
pdfmake.setLocalAccessPolicy((path: string) => Object.values(faces).includes(path));
const document = pdfmake.createPdf({
  defaultStyle: { font: 'Helvetica', fontSize: 9 },
  pageSize: 'A4',
  pageMargins: [40, 46, 40, 40],
  info: { title: printable(title), creator: 'WedSync Ops Console' },
  ...(practice ? { watermark: { text: 'PRACTICE', opacity: 0.08, bold: true } } : {}),
  header: { text: printable(`${organisation} - ${title}`), margin: [40, 20, 40, 0], fontSize: 8 },
  footer: (page: number, pages: number) => ({
    text: printable(`As of ${asOf} - page ${page} of ${pages}`),
    margin: [40, 10, 40, 0],
    alignment: 'right' as const,
    fontSize: 8,
  }),
  content: blocks.map(drawn),
});
parentPort?.postMessage(new Uint8Array(await document.getBuffer()));
