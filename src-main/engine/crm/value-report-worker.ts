import { parentPort, workerData } from 'node:worker_threads';
import pdfmake from 'pdfmake';
import type { ReportInput } from './value-report.ts';

/** Builds a vendor's value report off the main thread. */
const input = workerData as ReportInput;
parentPort?.postMessage(await pdf(input));

/** The built-in face knows Latin-1; anything else would print as rubbish. */
function plain(text: string): string {
  return text
    .replace(/[–—]/g, '-')
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[^\u0020-\u00ff]/g, '?');
}

async function pdf({ vendor, organisation, practice, period, madeAt, figures, checks, months }: ReportInput) {
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
  const right = (text: string) => ({ text: plain(text), alignment: 'right' as const });
  const heading = (text: string) => ({
    text,
    fontSize: 12,
    bold: true,
    margin: [0, 12, 0, 4] as [number, number, number, number],
  });
  const shown = (figure: ReportInput['figures'][number]) =>
    `${figure.unit === 'GBP' ? '£' : ''}${figure.shown}${figure.unit === '%' ? '%' : ''}`;
  const document = pdfmake.createPdf({
    defaultStyle: { font: 'Helvetica', fontSize: 9 },
    pageMargins: [48, 60, 48, 48],
    info: { title: plain(`Value report ${vendor} ${period}`), creator: 'WedSync Ops Console' },
    ...(practice ? { watermark: { text: 'PRACTICE', opacity: 0.08, bold: true } } : {}),
    header: { text: plain(`${organisation} - value of WedSync AI`), margin: [48, 24, 48, 0] },
    footer: (page: number, pages: number) => ({
      text: `As of ${madeAt} - page ${page} of ${pages}`,
      margin: [48, 12, 48, 0],
      alignment: 'right' as const,
    }),
    content: [
      { text: plain(vendor), fontSize: 18, bold: true },
      { text: plain(period), fontSize: 12, margin: [0, 0, 0, 8] },
      {
        layout: 'lightHorizontalLines',
        table: {
          headerRows: 1,
          widths: ['*', 'auto', 'auto', '*'],
          body: [
            ['Figure', right('Value'), '', 'How it is worked out'],
            ...figures.map((figure) => [
              plain(figure.label),
              right(shown(figure)),
              figure.estimate ? 'estimate' : 'counted',
              plain(figure.formula),
            ]),
          ],
        },
      },
      heading('Ready for the season'),
      {
        ul: checks.map((check) => plain(check.met ? `${check.label}: met` : `${check.label}: not yet. ${check.gap}`)),
      },
      heading('Month by month'),
      {
        layout: 'lightHorizontalLines',
        table: {
          headerRows: 1,
          widths: ['auto', 'auto', 'auto'],
          body: [
            ['Month', right('AI requests'), right('Cost saving')],
            ...months.map(({ month, requests, saving }) => [month, right(requests), right(`£${saving}`)]),
          ],
        },
      },
      {
        text: 'Estimates rest on the multipliers of this organisation: minutes and pounds per successful request, the revenue multiple and the share of clients kept. They are assumptions, not measurements.',
        italics: true,
        margin: [0, 16, 0, 0],
      },
    ],
  });
  return new Uint8Array(await document.getBuffer());
}
