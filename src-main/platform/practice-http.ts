import { NeedsAttentionError } from '../../src-shared/domain/failure.ts';
import type { HttpClient } from '../ports/http.ts';
import { isLoopbackHost } from './public-address.ts';

/**
 * The http port of practice mode (X9): `https://HOST/PATH` goes to `<sandbox>/HOST/PATH` on loopback, so adapters use the
 * vendors' own addresses and nothing can leave the machine. Everything else is refused and counted.
 */
export function createPracticeHttp(options: {
  readonly http: HttpClient;
  /** Loopback address of the sandbox, e.g. `http://127.0.0.1:41999`. */
  readonly sandboxUrl: string;
}): HttpClient & { refused(): number } {
  const sandbox = new URL(options.sandboxUrl);
  if (!isLoopbackHost(sandbox.hostname)) throw new Error('The sandbox must be on loopback');
  let refused = 0;

  return {
    refused: () => refused,
    async send(request) {
      const url = URL.canParse(request.url) ? new URL(request.url) : null;
      if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hostname === '') {
        refused++;
        throw new NeedsAttentionError('misconfigured', 'Practice mode reaches nothing but its own sandbox', {
          hint: 'Leave practice mode to send to a real system',
        });
      }
      const { untrustedHost: _checkedByBeingLoopback, ...rest } = request;
      return options.http.send({ ...rest, url: `${sandbox.origin}/${url.hostname}${url.pathname}${url.search}` });
    },
  };
}
