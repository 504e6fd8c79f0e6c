import type { HttpClient, HttpRequest } from '../src-main/ports/http.ts';
import type { Exchange } from './openapi-validator.ts';

const lower = (headers: HttpRequest['headers'] = {}) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Hands every exchange that passes through to `seen`, as it travelled. Form fields arrive as an object. */
export function recorded(http: HttpClient, seen: (exchange: Exchange) => void): HttpClient {
  return {
    async send(request) {
      const reply = await http.send(request);
      const type =
        request.json === undefined
          ? request.form === undefined
            ? {}
            : { 'content-type': 'application/x-www-form-urlencoded' }
          : { 'content-type': 'application/json' };
      const body = request.json === undefined ? undefined : JSON.parse(JSON.stringify(request.json));
      seen({
        method: request.method,
        url: request.url,
        requestHeaders: { ...type, ...lower(request.headers) },
        requestBody: request.bytes ?? request.form ?? body,
        status: reply.status,
        responseHeaders: reply.headers,
        responseBody: reply.json,
      });
      return reply;
    },
  };
}
