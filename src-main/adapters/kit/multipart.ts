import { createHash } from 'node:crypto';

export interface Part {
  readonly name: string;
  /** A file when given. */
  readonly fileName?: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A multipart body (RFC 2046, RFC 7578). The same parts make the same bytes, so that a repeat is a repeat. */
export function multipart(
  parts: readonly Part[],
  kind: 'form-data' | 'mixed' = 'form-data',
): { readonly contentType: string; readonly bytes: Uint8Array } {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part.name).update(part.bytes);
  const boundary = `part-${sum.digest('hex').slice(0, 40)}`;
  const chunks = parts.flatMap((part) => [
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: ${kind === 'mixed' ? '' : 'form-data; '}name="${quotable(part.name)}"` +
        `${part.fileName === undefined ? '' : `; filename="${quotable(part.fileName)}"`}\r\n` +
        `content-type: ${part.contentType.replace(/[\r\n]/g, '')}\r\n\r\n`,
    ),
    part.bytes,
    Buffer.from('\r\n'),
  ]);
  return {
    contentType: `multipart/${kind}; boundary=${boundary}`,
    bytes: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** As browsers escape them: a name must end neither its quotes nor its line. */
function quotable(text: string): string {
  return text.replace(/["\r\n]/g, (sign) => (sign === '"' ? '%22' : sign === '\r' ? '%0D' : '%0A'));
}
