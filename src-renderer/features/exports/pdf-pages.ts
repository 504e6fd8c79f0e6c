import { GlobalWorkerOptions, getDocument } from 'pdfjs-dist';
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';

GlobalWorkerOptions.workerSrc = workerUrl;

/** A PDF of which single pages can be drawn. */
export interface PdfPages {
  readonly count: number;
  draw(page: number, canvas: HTMLCanvasElement): Promise<void>;
  close(): void;
}

/** Width a page is drawn at, in CSS pixels; wide enough to read an invoice. */
const widthPx = 720;

/** Opens a PDF for drawing only: no scripts, no forms, no fonts or pictures from elsewhere. Rejects on a broken file. */
export async function openPdf(base64: string): Promise<PdfPages> {
  const data = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const task = getDocument({ data, enableXfa: false, disableFontFace: true, useWasm: false });
  const document = await task.promise;
  return {
    count: document.numPages,
    async draw(number, canvas) {
      const page = await document.getPage(number);
      const scale = (widthPx / page.getViewport({ scale: 1 }).width) * window.devicePixelRatio;
      const viewport = page.getViewport({ scale });
      canvas.width = viewport.width;
      canvas.height = viewport.height;
      await page.render({ canvas, viewport }).promise;
    },
    close: () => void task.destroy(),
  };
}
