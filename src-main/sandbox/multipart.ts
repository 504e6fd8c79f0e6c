import type { SandboxRequest } from './kit.ts';

export interface UploadedPart {
  readonly name: string;
  readonly fileName: string | null;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** The parts of a `multipart/form-data` body; null when it is none or is broken. */
export function partsOf(request: SandboxRequest): UploadedPart[] | null {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return null;
  const body = Buffer.from(request.bytes);
  const mark = Buffer.from(`--${boundary}`);
  const parts: UploadedPart[] = [];
  let at = body.indexOf(mark);
  while (at >= 0) {
    const start = at + mark.length;
    if (body.subarray(start, start + 2).toString() === '--') return parts;
    const next = body.indexOf(mark, start);
    const split = body.indexOf('\r\n\r\n', start);
    if (next < 0 || split < 0 || split > next) return null;
    const head = body.subarray(start + 2, split).toString('utf8');
    parts.push({
      name: /name="([^"]*)"/i.exec(head)?.[1] ?? '',
      fileName: /filename="([^"]*)"/i.exec(head)?.[1] ?? null,
      contentType: /^content-type:\s*(.*)$/im.exec(head)?.[1]?.trim() ?? 'application/octet-stream',
      bytes: body.subarray(split + 4, next - 2),
    });
    at = next;
  }
  return null;
}
