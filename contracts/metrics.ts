import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { AnyAdapter } from '../src-main/adapters/kit/adapter.ts';
import { type Bench, type BenchOptions, openBench } from '../src-main/adapters/testing/bench.ts';
import type { HttpClient } from '../src-main/ports/http.ts';
import type { Receipt } from '../src-shared/domain/delivery/job.ts';
import { Instant } from '../src-shared/domain/time-and-ids.ts';
import { watchedHttp } from './exchanges.ts';
import { openApiValidator, type ValidatorOptions } from './openapi-validator.ts';

/** A vendor's description beside this repository; null, and said so, when it is not there. */
export function description(name: string): Record<string, unknown> | null {
  const file = new URL(`../../shared/contracts/openapi/${name}.json`, import.meta.url);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  process.stdout.write(`Skipped: the description of ${name} is not beside this repository\n`);
  return null;
}

/** A bench whose traffic to `options.base` is held against a description; compressed JSON is unpacked for it. */
export async function heldAgainst(
  document: Record<string, unknown>,
  adapter: AnyAdapter,
  benchOptions: BenchOptions,
  options: ValidatorOptions,
) {
  const bench: Bench = await openBench(adapter, benchOptions);
  const validator = openApiValidator(document, options);
  const problems: string[] = [];
  const seen: string[] = [];
  const http: HttpClient = watchedHttp(bench.http, (exchange) => {
    if (!exchange.url.startsWith(options.base)) return;
    const body = exchange.requestBody;
    const packed = exchange.requestHeaders['content-encoding'] === 'gzip' && body instanceof Uint8Array;
    seen.push(`${exchange.method} ${new URL(exchange.url).pathname} ${exchange.status}`);
    problems.push(
      ...validator.check(packed ? { ...exchange, requestBody: JSON.parse(gunzipSync(body).toString()) } : exchange),
    );
  });
  return {
    bench,
    problems,
    seen,
    http,
    /** `earlier`: what deliveries before this one gave back. */
    async run(name: string, payload: unknown, settings: object = {}, attempt = 1, earlier: readonly Receipt[] = []) {
      const action = adapter.actions[name];
      const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt };
      const parsed = adapter.settings.schema.parse({ ...(benchOptions.settings as object), ...settings });
      const context = { ...bench.context({ http, settings: parsed }), earlier: async () => [...earlier] };
      return action?.deliver(action.plan(action.payload.parse(payload), parsed, stamp), stamp, context);
    },
    health: () => adapter.checkHealth(bench.context({ http })),
  };
}
