import { describe, expect, test } from 'vitest';
import { SYNC_KPIS } from '../src-main/adapters/kit/bi.ts';
import { powerbi } from '../src-main/adapters/powerbi/index.ts';
import { powerbiSandbox, practicePowerBi } from '../src-main/adapters/powerbi/sandbox.ts';
import { aSync } from '../src-main/adapters/testing/bi-samples.ts';
import { description, heldAgainst } from './metrics.ts';

interface Schema {
  properties?: Record<string, unknown>;
  allOf?: (Schema & { $ref?: string })[];
}

/** Schemas put together by allOf as one of their own: each part alone would refuse the fields of the others. */
function whole(document: Record<string, unknown>): Record<string, unknown> {
  const { schemas } = document.components as { schemas: Record<string, Schema> };
  for (const schema of Object.values(schemas)) {
    const parts = schema.allOf?.map((part) => schemas[part.$ref?.split('/').at(-1) ?? ''] ?? part) ?? [];
    if (parts.length === 0) continue;
    schema.properties = Object.assign({}, ...parts.map(({ properties }) => properties), schema.properties);
    delete schema.allOf;
  }
  return document;
}

const found = description('powerbi');
const document = found && whole(found);
const { clientSecret, ...settings } = practicePowerBi;
const { payload, datasets } = aSync();
const benchOptions = { systems: [powerbiSandbox], settings, secrets: { clientSecret }, datasets };
const root = `/v1.0/myorg/groups/${settings.workspaceId}/datasets`;

describe.skipIf(document === null)('the description of Power BI’s API', () => {
  test('refreshes of both capacities, push and every refusal are as described', async () => {
    const held = await heldAgainst(document ?? {}, powerbi, benchOptions, { base: 'https://api.powerbi.com' });
    const { sandbox } = held.bench;
    const refused = (work: Promise<unknown>) => expect(work).rejects.toThrow();
    await held.run(SYNC_KPIS, payload);
    sandbox.misbehave({ system: 'powerbi', fault: 'premium', times: 0 });
    held.bench.clock.jump(60_000);
    await held.run(SYNC_KPIS, payload, { capacity: 'premium' });
    held.bench.clock.jump(60_000);
    sandbox.misbehave({ system: 'powerbi', fault: 'refresh-fails' });
    await refused(held.run(SYNC_KPIS, payload, { capacity: 'premium' }));
    sandbox.behave();
    await held.run(SYNC_KPIS, payload, { mode: 'push', modelId: '' });
    expect((await held.health()).map(({ failure }) => failure)).toEqual([null, null]);
    await refused(held.run(SYNC_KPIS, payload, { workspaceId: settings.tenantId }));
    await refused(held.run(SYNC_KPIS, payload, { modelId: settings.tenantId }));
    expect(held.problems).toEqual([]);
    expect(held.seen).toEqual(
      expect.arrayContaining([
        `GET ${root}/${settings.modelId}/refreshes 200`,
        `POST ${root}/${settings.modelId}/refreshes 202`,
        expect.stringMatching(/GET .*\/refreshes\/[0-9a-f-]{36} 200/),
        `POST ${root} 201`,
        expect.stringMatching(/DELETE .*\/tables\/operations\/rows 200/),
        expect.stringMatching(/POST .*\/tables\/operations\/rows 200/),
        expect.stringMatching(/ 403$/),
        expect.stringMatching(/ 404$/),
      ]),
    );
    await held.bench.close();
  });
});
