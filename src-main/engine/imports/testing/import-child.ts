// biome-ignore-all lint/style/noRestrictedImports: a program for tests, on the real store and clock
import { systemClock, systemIds, systemRandom } from '../../../platform/runtime.ts';
import type { Logger } from '../../../ports/runtime.ts';
import { openStore } from '../../../store/open.ts';
import { assessLines } from '../../review/assess-lines.ts';
import { createRechecks } from '../../review/rechecks.ts';
import { createImports } from '../index.ts';

/** A program that imports one file and says how far it is, to be killed by a test: `FOLDER FILE`. */
const [folder = '', path = ''] = process.argv.slice(2);
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => quiet };
const runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log: quiet };
const store = await openStore({ folder, runtime });
const imports = createImports({
  store,
  runtime,
  audit: async () => undefined,
  events: { publish: () => undefined },
  assess: assessLines,
  rechecks: createRechecks({ store, runtime, publish: () => undefined }),
});
await imports.recover();
const file = { path, name: 'costs.csv', bytes: 0, dispose: async () => undefined };
const { importId } = await imports.start(
  { organisationId: 'bluebell', file, kind: 'costs' },
  { actor: 'test', channel: 'test', correlationId: '' },
);
for await (const { rows, result } of imports.progress('bluebell', importId))
  process.stdout.write(`${result ? result.state : rows}\n`);
await store.close();
