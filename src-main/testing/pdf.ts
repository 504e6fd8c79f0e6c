import { inflateSync } from 'node:zlib';

const streams = /stream\r?\n([\s\S]*?)\r?\nendstream/g;

/** What stands on the pages of a PDF, its words one after the other, and its objects without their texts and streams. */
export function readPdf(bytes: Uint8Array): { readonly text: string; readonly objects: string } {
  const file = Buffer.from(bytes).toString('latin1');
  const runs = [...file.matchAll(streams)].flatMap(([, stream = '']) => {
    const drawn = inflated(Buffer.from(stream, 'latin1'));
    return [...drawn.matchAll(/\[([^\]]*)\] TJ/g)].map(([, run = '']) =>
      [...run.matchAll(/<([0-9a-f]*)>/gi)].map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1')).join(''),
    );
  });
  const objects = file.replaceAll(streams, '').replace(/\((?:\\[\s\S]|[^\\()])*\)/g, '()');
  return { text: runs.join(' ').replace(/\s+/g, ' '), objects };
}

function inflated(stream: Buffer): string {
  try {
    return inflateSync(stream).toString('latin1');
  } catch {
    // Not every stream is packed, and none of those is drawn.
    return '';
  }
}
