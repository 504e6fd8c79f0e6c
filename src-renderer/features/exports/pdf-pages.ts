import { GlobalWorkerOptions, getDocument } from 'pdfjs-dist';
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';

interface ScriptUrlPolicy {
  createPolicy(name: 'default', rules: { createScriptURL: (url: string) => string | null }): unknown;
}

// The page's policy (Trusted Types) lets no text become a script address; this one file of our own is the exception.
const worker = new URL(workerUrl, window.location.href).href;
(window as { trustedTypes?: ScriptUrlPolicy }).trustedTypes?.createPolicy('default', {
  createScriptURL: (url) => (new URL(url, window.location.href).href === worker ? worker : null),
});
GlobalWorkerOptions.workerSrc = worker;

/** A PDF of which single pages can be drawn. */
export interface PdfPages {
  readonly count: number;
  draw(page: number, canvas: HTMLCanvasElement): Promise<void>;
  close(): void;
}

/** Width a page is drawn at, in CSS pixels; wide enough to read an invoice. */
const widthPx = 720;

/** Opens a PDF for drawing only: no scripts, no forms, nothing from elsewhere. Rejects on a broken file. */
export async function openPdf(base64: string): Promise<PdfPages> {
  const data = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const task = getDocument({ data, enableXfa: false, useSystemFonts: true, useWasm: false });
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
