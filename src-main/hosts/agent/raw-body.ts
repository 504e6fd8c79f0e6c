import type { IncomingMessage } from 'node:http';

/** Why a body was not taken, as the status that says so. */
export class BodyTrouble extends Error {
  readonly statusCode: 400 | 413;
  constructor(statusCode: 400 | 413) {
    super(statusCode === 413 ? 'The body is too large' : 'The body broke off');
    this.statusCode = statusCode;
  }
}

/**
 * The bytes of a request as they came, in a buffer of their own. More than `most` is refused as soon as it is declared or
 * seen. Whoever sends too slowly is the caller's to cut off.
 */
export function readRaw(
  request: IncomingMessage,
  most: number,
  done: (trouble: BodyTrouble | null, body?: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let ended = false;
  function end(trouble: BodyTrouble | null, body?: Buffer): void {
    if (ended) return;
    ended = true;
    done(trouble, body);
  }
  if (Number(request.headers['content-length'] ?? 0) > most) {
    end(new BodyTrouble(413));
    return;
  }
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > most) end(new BodyTrouble(413));
    else chunks.push(chunk);
  });
  request.on('end', () => {
    const whole = Buffer.allocUnsafeSlow(bytes);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    end(null, whole);
  });
  request.on('error', () => end(new BodyTrouble(400)));
}
