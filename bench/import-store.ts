import { systemClock, systemIds, systemRandom } from '../src-main/platform/runtime.ts';
import type { Logger, Runtime } from '../src-main/ports/runtime.ts';
import type { Store } from '../src-main/ports/store.ts';
import { openStore } from '../src-main/store/open.ts';

const log: Logger = { debug() {}, info() {}, warn() {}, error: console.error, with: () => log };
export const runtime: Runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log };

/** A fresh store in `folder` with the one organisation, `bench`, that imports. */
export async function importStore(folder: string): Promise<Store> {
  const store = await openStore({ folder, runtime });
  await store.transaction(async (tx) => {
    await tx
      .insertInto('organisation')
      .values({ id: 'bench', name: 'Bench', vat_registered: 1, created_at: 0 })
      .execute();
  });
  return store;
}
