import type { HttpClient, HttpRequest } from '../src-main/ports/http.ts';
import type { Exchange } from './openapi-validator.ts';

const lower = (headers: HttpRequest['headers'] = {}) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** The same client, telling what travelled; a form is told as the values its description gives types to. */
export function watchedHttp(
  http: HttpClient,
  tell: (exchange: Exchange) => void,
  formValue: (name: string, value: string) => unknown = (_name, value) => value,
): HttpClient {
  return {
    async send(request) {
      const reply = await http.send(request);
      const { form, json, bytes } = request;
      const type =
        form === undefined
          ? json === undefined
            ? undefined
            : 'application/json'
          : 'application/x-www-form-urlencoded';
      tell({
        method: request.method,
        url: request.url,
        requestHeaders: { ...(type === undefined ? {} : { 'content-type': type }), ...lower(request.headers) },
        requestBody:
          form === undefined
            ? (bytes ?? (json === undefined ? undefined : JSON.parse(JSON.stringify(json))))
            : Object.fromEntries(Object.entries(form).map(([name, value]) => [name, formValue(name, value)])),
        status: reply.status,
        responseHeaders: reply.headers,
        responseBody: reply.json,
      });
      return reply;
    },
  };
}

/**
 * The description with its answers, and the inside of Slack's blocks, left open: vendors answer with more than they
 * describe, and schemas put together by allOf know only their own part. Fields of a request stay closed, so that a
 * misspelt one is seen. `closed`: schemas that requests use.
 */
export function opened(document: Record<string, unknown>, closed: readonly string[]): Record<string, unknown> {
  const open = (node: unknown, all: boolean): void => {
    if (node === null || typeof node !== 'object') return;
    const object = node as Record<string, unknown>;
    if (all && object.properties !== undefined) object.additionalProperties ??= true;
    for (const [name, inner] of Object.entries(object)) {
      if (!closed.includes(name)) open(inner, all || ['blocks', 'responses', 'schemas'].includes(name));
    }
  };
  open(document, false);
  return document;
}
