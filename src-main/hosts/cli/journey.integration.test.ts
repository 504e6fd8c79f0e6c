import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wedopsProgram } from '../../testing/wedops-program.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

function wedops(...words: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [wedopsProgram, ...words], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ exit: error ? Number(error.code ?? 99) : 0, stdout, stderr });
    });
  });
}

async function value<T>(...words: string[]): Promise<T> {
  const { exit, stdout, stderr } = await wedops(...words, '--data', join(folder, 'data'), '--json');
  if (exit !== 0) throw new Error(`${words.join(' ')} ended with ${exit}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as T;
}

describe('the command line', () => {
  test('takes a cost file to bills that Xero holds to the penny, each command a process of its own', async () => {
    const file = join(folder, 'costs.csv');
    await writeFile(
      file,
      [
        'Date,Supplier,Invoice number,Description,Currency,Net,VAT,Gross,Supplier country,Supplier VAT number',
        '2026-09-30,Example Cloud UK Ltd,EC-1,Compute,GBP,100.00,20.00,120.00,GB,GB713024681',
        '2026-09-12,Harbour Software Ltd,HS-7,Seats,GBP,33.33,6.67,40.00,GB,GB220771686',
        '',
      ].join('\n'),
    );
    expect(await value('import', 'costs', file)).toMatchObject({ imported: 2, duplicates: 0, rejected: [] });
    expect(await value('import', 'costs', file)).toMatchObject({ imported: 0, duplicates: 2 });
    await value('supplier', 'set', 'Example Cloud UK Ltd', '--country', 'GB', '--vat-number', 'GB713024681');
    await value('supplier', 'set', 'Harbour Software Ltd', '--country', 'GB', '--vat-number', 'GB220771686');
    const { batchId, controlTotals } = await value<{ batchId: string; controlTotals: unknown }>(
      ...['export', 'prepare', '--period', '2026-09', '--to', 'xero'],
    );
    expect(controlTotals).toEqual({ net: '133.33', vat: '26.67', gross: '160.00' });
    expect(await value('export', 'approve', batchId)).toMatchObject({ state: 'approved' });
    expect(await value('export', 'send', batchId)).toMatchObject({
      state: 'verified',
      posted: 2,
      failed: 0,
      readBack: { matches: 2, mismatches: [] },
    });
    const out = join(folder, 'pack');
    const pack = await value<{ files: { name: string }[] }>('export', 'pack', batchId, '--out', out);
    expect((await readdir(out)).sort()).toEqual(pack.files.map(({ name }) => name).sort());
    expect(await value('audit', 'verify')).toMatchObject({ ok: true, firstBroken: null });
  });

  test('ten commands at once take turns on one folder and all succeed', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => value<unknown[]>('connect', 'list')));
    expect(all.every((systems) => systems.length > 0)).toBe(true);
  });

  test('unknown words end with 2 and the usage, an unusable folder with 3', async () => {
    expect(await wedops('exprot')).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('usage') });
    expect(await wedops('cost', 'list', '--period', 'July')).toMatchObject({ exit: 2, stdout: '' });
    expect(await wedops('export', 'send', '--nonsense')).toMatchObject({ exit: 2, stdout: '' });
    for (const words of [['exprot'], ['export', 'send', '--nonsense'], ['weekend', '--at', 'noon'], []]) {
      const { exit, stdout } = await wedops(...words, '--json');
      expect(exit).toBe(2);
      expect(JSON.parse(stdout)).toEqual({
        error: {
          code: 'USAGE',
          happened: expect.stringMatching(/./),
          remedy: expect.stringContaining('usage: wedops'),
        },
      });
    }
    const file = join(folder, 'not-a-folder');
    await writeFile(file, '');
    const { exit, stdout } = await wedops('cost', 'list', '--data', file, '--json');
    expect(exit).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'UNAVAILABLE' } });
  });

  test('silences alerts and switches wedding-day mode by hand, each with an end and a reason', async () => {
    const silenced = await value<{ id: string; reason: string }[]>(
      ...['silence', 'add', '--source', 'datadog', '--up-to', 'warning', '--minutes', '30', '--reason', 'Moving house'],
    );
    expect(silenced).toMatchObject([{ matcher: { source: 'datadog', upTo: 'warning' }, reason: 'Moving house' }]);
    expect(await value('silence', 'end', silenced[0]?.id ?? '')).toEqual([]);
    expect((await wedops('silence', 'add', '--minutes', '30', '--reason', 'x')).stderr).toContain('--source, --key');
    expect((await wedops('silence', 'add', '--source', 'x', '--reason', 'x')).stderr).toContain('needs one end');
    const mode = await value('weekend', 'on', '--minutes', '90', '--reason', 'A Tuesday wedding');
    expect(mode).toMatchObject({ weddingDay: { active: true, reason: 'manual' } });
    expect((await wedops('weekend', 'off', '--minutes', '90')).stderr).toContain('--reason TEXT is missing');
  });
});
