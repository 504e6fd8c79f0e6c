import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CrmReceipt } from '../src-main/adapters/kit/crm.ts';
import { tave } from '../src-main/adapters/tave/index.ts';
import { aPush, studioKey, taveBench } from '../src-main/adapters/tave/testing/samples.ts';
import { type Bench, openBench } from '../src-main/adapters/testing/bench.ts';
import type { HttpClient } from '../src-main/ports/http.ts';
import { Instant } from '../src-shared/domain/time-and-ids.ts';
import { openApiValidator } from './openapi-validator.ts';

const file = new URL('../../shared/contracts/openapi/tave.json', import.meta.url);
const present = existsSync(file);
if (!present) process.stdout.write('Skipped: the vendor description of Táve is not beside this repository\n');
const base = 'https://workspace.vsco.co/api/v2';

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Compositions made one schema each, so that a property no part knows is seen; `nullable` without a type means nothing. */
function flattened(document: Node): Node {
  const schemas = (document.components as { schemas: Record<string, Node> }).schemas;
  const resolved = (node: Node): Node => {
    const name = typeof node.$ref === 'string' ? /^#\/components\/schemas\/(\w+)$/.exec(node.$ref)?.[1] : undefined;
    return merged(name === undefined ? node : (schemas[name] ?? {}));
  };
  const merged = (node: Node): Node => {
    if (!Array.isArray(node.allOf)) return node;
    const { allOf, ...rest } = node;
    const parts = [rest, ...(allOf as Node[]).map(resolved)];
    return {
      ...Object.assign({}, ...parts),
      // The first word counts: `kind` of a company is narrower than `kind` of any contact.
      properties: Object.assign({}, ...parts.map((part) => part.properties ?? {}).toReversed()),
      required: parts.flatMap((part) => (part.required as string[] | undefined) ?? []),
    };
  };
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (!isNode(value)) return value;
    const flat = merged(value);
    const clean = Object.fromEntries(
      Object.entries(flat)
        .filter(([key, inner]) => !(key === 'properties' && isNode(inner) && Object.keys(inner).length === 0))
        .map(([key, inner]) => [key, visit(inner)]),
    );
    if (clean.nullable === true && clean.type === undefined) delete clean.nullable;
    return clean;
  };
  return visit(document) as Node;
}

describe.skipIf(!present)('Táve’s own description', () => {
  const validator = present
    ? openApiValidator(flattened(JSON.parse(readFileSync(file, 'utf8')) as Node), {
        base,
        undocumentedStatuses: [400, 401, 403, 404, 405, 429],
      })
    : null;
  const problems: string[] = [];
  let checked = 0;
  let bench: Bench;
  let http: HttpClient;

  beforeAll(async () => {
    bench = await openBench(tave, taveBench);
    http = {
      async send(request) {
        const reply = await bench.http.send(request);
        checked += 1;
        problems.push(
          ...(validator?.check({
            method: request.method,
            url: request.url,
            requestHeaders: {
              ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
              ...Object.fromEntries(Object.entries(request.headers ?? {}).map(([k, v]) => [k.toLowerCase(), v])),
            },
            requestBody: request.json === undefined ? undefined : JSON.parse(JSON.stringify(request.json)),
            status: reply.status,
            responseHeaders: reply.headers,
            responseBody: reply.json,
          }) ?? []),
        );
        return reply;
      },
    };
  });
  afterAll(() => bench.close());

  const stamp = { idempotencyKey: 'k', at: Instant.parse(Date.parse('2026-11-02T09:00:00Z')), attempt: 1 };
  async function push(payload: ReturnType<typeof aPush>) {
    bench.clock.jump(60_000);
    const action = tave.actions['push-value'];
    const plan = action?.plan(payload, tave.settings.schema.parse({}), stamp);
    return action?.deliver(plan as never, stamp, bench.context({ http }));
  }

  test('every request a push makes, and every answer it gets, is as described', async () => {
    await tave.checkHealth(bench.context({ http }));
    const first = await push(aPush());
    const { target } = CrmReceipt.required({ target: true }).parse(first?.document);
    const fields = aPush().fields.map((field) => ({
      ...field,
      before: field.value,
      value: field.key === 'ai_requests' ? '31' : field.value,
    }));
    await push(aPush({ target, fields, reference: 'psh_2', note: 'A word <b>to</b> the vendor' }));
    await tave.actions['push-value']?.current?.(aPush({ target }), bench.context({ http }));
    bench.sandbox.misbehave({ system: 'tave', fault: 'forget-contact', value: studioKey });
    await push(aPush({ target, reference: 'psh_3' }));
    const ask = { vendorId: 'lens-and-light', url: 'https://ops.example/webhooks/bluebell/tave?token=t&vendor=lens' };
    bench.clock.jump(60_000);
    await tave.clientHooks?.subscribe(bench.context({ http }), ask);
    await tave.clientHooks?.subscribe(bench.context({ http }), ask);
    await tave.clientHooks?.unsubscribe(bench.context({ http }), ask);
    expect(problems.splice(0)).toEqual([]);
    expect(checked).toBeGreaterThan(30);
    expect(validator?.operations()).toEqual(
      expect.arrayContaining([
        'createResourceAddressBook',
        'createResourceCustomField',
        'createResourceNote',
        'createResourceRestHook',
        'listResourceRestHook',
        'getResourceAddressBook',
        'getResourceMyStudio',
        'listResourceAddressBook',
        'listResourceCustomField',
        'updateResourceAddressBook',
      ]),
    );
  });
});
