import { describe, expect, test } from 'vitest';
import { SYNC_KPIS } from '../src-main/adapters/kit/bi.ts';
import { tableau } from '../src-main/adapters/tableau/index.ts';
import { practiceTableau, tableauSandbox } from '../src-main/adapters/tableau/sandbox.ts';
import { aSync } from '../src-main/adapters/testing/bi-samples.ts';
import { description, heldAgainst } from './metrics.ts';

const document = description('tableau');
const { payload, datasets } = aSync();
const { tokenSecret } = practiceTableau;
const benchOptions = { systems: [tableauSandbox], settings: {}, secrets: { tokenSecret }, datasets };

describe.skipIf(document === null)('the description of Tableau’s REST API', () => {
  test.each(['3.27', '2.4'])('calls below /api/%s and every refusal are as described', async (version) => {
    const base = `https://10ax.online.tableau.com/api/${version}`;
    const held = await heldAgainst(document ?? {}, tableau, benchOptions, { base });
    const refused = (work: Promise<unknown>) => expect(work).rejects.toThrow();
    const receipt = await held.run(SYNC_KPIS, payload);
    if (receipt) await held.run(SYNC_KPIS, payload, {}, 1, [receipt]);
    expect((await held.health()).map(({ failure }) => failure)).toEqual([null, null]);
    await refused(held.run(SYNC_KPIS, payload, { tokenName: 'another' }));
    held.bench.sandbox.misbehave({ system: 'tableau', fault: 'publish-fails' });
    await refused(held.run(SYNC_KPIS, payload));
    expect(held.problems).toEqual([]);
    const all =
      version === '2.4'
        ? ['GET /serverinfo 200']
        : [
            'POST /auth/signin 200',
            'POST /auth/signin 401',
            'GET /sessions/current 200',
            'GET /sites/S/projects 200',
            'POST /sites/S/fileUploads 201',
            'POST /sites/S/datasources 202',
            'GET /sites/S/datasources 200',
          ];
    const seen = held.seen.map((one) =>
      one.replace(`/api/${version}`, '').replace(/\/sites\/[0-9a-f-]{36}/, '/sites/S'),
    );
    expect(seen).toEqual(expect.arrayContaining(all));
    if (version !== '2.4') {
      expect(seen).toContainEqual(expect.stringMatching(/^PUT \/sites\/S\/fileUploads\/.* 200$/));
      expect(seen).toContainEqual(expect.stringMatching(/^GET \/sites\/S\/jobs\/.* 200$/));
    }
    await held.bench.close();
  });
});
