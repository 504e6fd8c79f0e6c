import { toFailure } from '../../../src-shared/domain/failure.ts';
import { LOAD_DATASET } from '../kit/bi.ts';
import { loadDataset } from './actions/load-dataset.ts';
import { clientOf, kit, serverOf } from './kit.ts';
import { secrets, settings } from './settings.ts';

/** The organisation's own PostgreSQL, which Power BI, Tableau and Looker read. */
export const warehouse = kit.adapter({
  manifest: {
    id: 'warehouse',
    name: 'Warehouse (PostgreSQL)',
    category: 'bi',
    auth: 'basic',
    hosts: [],
    helpPage: 'warehouse.md',
  },
  limits: { concurrency: 2 },
  settings: { version: 1, schema: settings, upgrades: [] },
  secrets,
  actions: { [LOAD_DATASET]: loadDataset },
  receivers: {},
  async checkHealth(ctx) {
    const failure = await (async () => clientOf(ctx).check(serverOf(ctx), ctx.signal))().then(() => null, toFailure);
    return [{ id: 'write', label: 'Signed in, and the schema may be written', neededFor: [LOAD_DATASET], failure }];
  },
});
