import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openStore } from '../../store/open.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { importSetup } from './testing/setup.ts';

const child = fileURLToPath(new URL('./testing/import-child.ts', import.meta.url));
/** `FAULT_IMPORT_KILLS=20` is the whole of FT-81. */
const kills = Number(process.env.FAULT_IMPORT_KILLS ?? 6);

const focus = () => {
  const header =
    'BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,InvoiceIssuerName,ServiceName,InvoiceId,ResourceId';
  const rows = Array.from(
    { length: 30_000 },
    (_, index) =>
      `0.00${(index * 7919) % 10_007},acct,GBP,2026-10-01,2026-11-01,${index % 40 ? 'Usage' : 'Tax'},Nimbus ${index % 3},Compute ${index % 5},INV-${index % 9},res-${index % 29_000}`,
  );
  return `${[header, ...rows].join('\n')}\n`;
};
const plain = () => {
  const rows = Array.from(
    { length: 4_000 },
    (_, index) => `N-${index},2026-10-05,Harbour ${index % 50},GB,Seats,GBP,${index + 1}.00,0.00,${index + 1}.00`,
  );
  return `${['Invoice number,Date,Supplier,Country,Description,Currency,Net,VAT,Total', ...rows].join('\n')}\n`;
};

/** Starts the import in a process of its own and kills it after `after` reports of progress. */
async function killedImport(folder: string, path: string, after: number): Promise<void> {
  const program = spawn(process.execPath, [child, folder, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let reports = 0;
  program.stdout.on('data', () => {
    if (++reports >= after) program.kill('SIGKILL');
  });
  await once(program, 'exit');
}

test.each([
  ['FOCUS', focus, 'focus.csv'],
  ['plain CSV', plain, 'plain.csv'],
])(
  'an import of %s killed again and again leaves nothing, and the next one equals a clean one',
  async (_name, content, name) => {
    const clean = await importSetup('clean');
    const killed = await importSetup('killed');
    await killed.store.close();
    const path = clean.file(content(), name).path;
    for (let round = 0; round < kills; round++) await killedImport(killed.folder, path, 1 + round * 2);

    const store = await openStore({ folder: killed.folder, runtime: testRuntime() });
    const seen = await store.read.selectFrom('cost_line_seen').select('id').execute();
    const states = await store.read.selectFrom('import_batch').select('state').execute();
    // Every killed import either came in whole (the last ones may have been quick enough) or is not to be seen at all.
    expect(seen.length === 0 || states.some(({ state }) => state === 'done')).toBe(true);
    await store.close();

    const again = spawn(process.execPath, [child, killed.folder, path], { stdio: ['ignore', 'ignore', 'inherit'] });
    await once(again, 'exit');
    expect(await clean.importFile(clean.chosen(path))).toMatchObject({ state: 'done' });
    const facts = [
      'first_row',
      'supplier',
      'invoice_number',
      'net',
      'vat',
      'gross',
      'exact_net',
      'exact_vat',
      'source_rows',
      'breakdown',
    ] as const;
    const reopened = await openStore({ folder: killed.folder, runtime: testRuntime() });
    const after = await reopened.read.selectFrom('cost_line').select(facts).orderBy('first_row').execute();
    const wanted = await clean.store.read.selectFrom('cost_line').select(facts).orderBy('first_row').execute();
    const count = (db: typeof reopened) =>
      db.read
        .selectFrom('cost_row')
        .select((eb) => eb.fn.countAll().as('n'))
        .executeTakeFirstOrThrow();
    expect(after).toEqual(wanted);
    expect(await count(reopened)).toEqual(await count(clean.store));
    const killedOnes = await reopened.read
      .selectFrom('import_batch')
      .select('id')
      .where('state', '=', 'failed')
      .execute();
    expect(killedOnes.length).toBeGreaterThan(0);
    expect(await reopened.read.selectFrom('import_hidden').select('import_id').execute()).toEqual([]);
    await reopened.close();
    await clean.close();
  },
  120_000,
);
