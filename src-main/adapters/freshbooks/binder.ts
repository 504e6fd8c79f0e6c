import { createHash } from 'node:crypto';

export interface BoundFile {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

const linesPerPage = 62;
const charsPerLine = 96;

/**
 * Several files as one PDF (ISO 32000): what is text is printed, and every file is embedded as it is, with its length and
 * hash on the first page. The same files make the same bytes. Needed where a ledger keeps one attachment per document.
 */
export function binder(title: string, files: readonly BoundFile[]): Uint8Array {
  const list = files.flatMap((file, i) => [
    `${i + 1}. ${file.fileName} (${file.contentType}, ${file.bytes.length} bytes)`,
    `   sha-256 ${createHash('sha256').update(file.bytes).digest('hex')}`,
  ]);
  const texts = files
    .filter(({ contentType }) => contentType.startsWith('text/'))
    .flatMap(({ fileName, bytes }) => pagesOf([fileName, '', ...Buffer.from(bytes).toString('utf8').split(/\r?\n/)]));
  const pages = [
    ...pagesOf([title, '', 'The files are embedded in this document as they are:', '', ...list]),
    ...texts,
  ];

  const objects: Buffer[] = [];
  const add = (body: string | Buffer): number =>
    objects.push(Buffer.isBuffer(body) ? body : Buffer.from(body, 'latin1'));
  const stream = (head: string, content: Buffer) =>
    Buffer.concat([
      Buffer.from(`<< ${head} /Length ${content.length} >>\nstream\n`, 'latin1'),
      content,
      Buffer.from('\nendstream', 'latin1'),
    ]);
  // The first three are filled in once the numbers of the others are known.
  add('');
  add('');
  const font = add('<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>');
  const kids = pages.map((lines) => {
    const text = lines.map((line) => `(${escaped(line)}) '`).join('\n');
    const content = add(stream('', Buffer.from(`BT /F1 9 Tf 12 TL 40 800 Td\n${text}\nET`, 'latin1')));
    return add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 ${font} 0 R >> >> /Contents ${content} 0 R >>`,
    );
  });
  const names = files.map((file) => {
    const bytes = Buffer.from(file.bytes);
    const subtype = file.contentType.replace(/[^A-Za-z0-9.+-]/g, (sign) => `#${sign.charCodeAt(0).toString(16)}`);
    const embedded = add(stream(`/Type /EmbeddedFile /Subtype /${subtype} /Params << /Size ${bytes.length} >>`, bytes));
    const name = `(${escaped(file.fileName)})`;
    const spec = add(`<< /Type /Filespec /F ${name} /UF ${utf16(file.fileName)} /EF << /F ${embedded} 0 R >> >>`);
    return `${name} ${spec} 0 R`;
  });
  objects[0] = Buffer.from(
    `<< /Type /Catalog /Pages 2 0 R /PageMode /UseAttachments /Names << /EmbeddedFiles << /Names [${[...names].sort().join(' ')}] >> >> >>`,
    'latin1',
  );
  objects[1] = Buffer.from(
    `<< /Type /Pages /Kids [${kids.map((kid) => `${kid} 0 R`).join(' ')}] /Count ${kids.length} >>`,
    'latin1',
  );
  return written(objects);
}

/** Header, numbered objects, table of their places, trailer. */
function written(objects: readonly Buffer[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  let at = parts[0]?.length ?? 0;
  const places = objects.map((object, i) => {
    const part = Buffer.concat([Buffer.from(`${i + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    parts.push(part);
    at += part.length;
    return at - part.length;
  });
  const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const count = objects.length + 1;
  parts.push(
    Buffer.from(
      `xref\n0 ${count}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

function pagesOf(lines: readonly string[]): string[][] {
  const wrapped = lines.flatMap((line) => line.match(new RegExp(`.{1,${charsPerLine}}`, 'gu')) ?? ['']);
  const pages: string[][] = [];
  for (let at = 0; at < wrapped.length; at += linesPerPage) pages.push(wrapped.slice(at, at + linesPerPage));
  return pages;
}

/** Inside a string of the page; signs beyond Latin-1 are shown as a question mark, the embedded file has them. */
function escaped(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/gu, '?').replace(/[\\()]/g, '\\$&');
}

function utf16(text: string): string {
  return `<feff${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`;
}
