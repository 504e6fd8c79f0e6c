import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ended, type Started, started } from '../testing/wedops.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-refusals-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function wedops(...words: string[]): Promise<{ exit: number; value: unknown }> {
  const all = [program, ...words, '--data', join(folder, 'data'), '--json'];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { timeout: 60_000 }, (error, stdout) => {
      resolve({ exit: error ? Number(error.code ?? 99) : 0, value: JSON.parse(stdout) });
    });
  });
}

const fileOf = async (content: string) => {
  const file = join(folder, 'given');
  await writeFile(file, content);
  return file;
};
const refused = (exit: number, happened: string) => ({
  exit,
  value: { error: { happened: expect.stringContaining(happened) } },
});

test('the version is told, with no command and no data folder', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(await wedops('--version')).toEqual({ exit: 0, value: { version } });
});

test('a cost file of a header alone is a refusal', async () => {
  const file = await fileOf('Date,Supplier,Net,VAT\n');
  expect(await wedops('import', 'costs', file)).toMatchObject({
    exit: 1,
    value: { imported: 0, problem: expect.stringContaining('no rows') },
  });
});

test('webhook verify of no captures is no success, and what is no capture names its field', async () => {
  expect(await wedops('webhook', 'verify', await fileOf('[]'))).toMatchObject(refused(2, 'The file holds no captures'));
  expect(await wedops('webhook', 'verify', await fileOf('{}'))).toMatchObject({
    exit: 1,
    value: [{ valid: false, reason: 'not a capture: the field source is missing' }],
  });
  expect(await wedops('webhook', 'verify', await fileOf('null'))).toMatchObject({
    exit: 1,
    value: [
      {
        valid: false,
        reason: 'not a capture: an object with the fields source, secret, headers, rawBody and now is due',
      },
    ],
  });
});

test('a backup to a folder that is not there, and a restore of something else, say so', async () => {
  const missing = join(folder, 'nowhere');
  expect(await wedops('backup', '--out', join(missing, 'x'))).toMatchObject(
    refused(2, `There is no folder ${missing}`),
  );
  const said = refused(1, 'This is not a backup of the console. Choose a file');
  expect(await wedops('restore', await fileOf('something else, and longer than nothing'))).toMatchObject(said);
  expect(await wedops('restore', await fileOf(''))).toMatchObject(said);
});

describe('asked of a running console', () => {
  let agent: Started<unknown>;
  beforeAll(async () => {
    agent = await started('agent', '--practice', '--data', join(folder, 'data'));
  });
  afterAll(() => ended(agent.child));

  test('a figure of a month that has not begun is refused', async () => {
    const words = ['latency', '5', '--month', '2199-10', '--source', 'the vendor'];
    expect(await wedops('kpi', 'enter', ...words)).toMatchObject(refused(1, 'October 2199 has not begun.'));
  });

  test('what was not found names what there is and how it is listed', async () => {
    await wedops('schedule', 'add', 'Month end', '--at', 'every 1st at 07:00', '--to', 'file');
    const remedied = async (remedy: string, ...words: string[]) =>
      expect(await wedops(...words)).toMatchObject({
        exit: 1,
        value: { error: { code: 'NOT_FOUND', remedy: expect.stringContaining(remedy) } },
      });
    await remedied('Did you mean "Month end"? All there are: wedops schedule list', 'schedule', 'run', 'Mnoth end');
    expect(await wedops('schedule', 'run', 'month END', '--dry-run')).toMatchObject({ exit: 0 });
    await remedied('wedops cost duplicates', 'cost', 'decide', 'foo', 'link', '--reason', 'x');
    await remedied('wedops cost list', 'cost', 'show', 'foo');
  });
});

test('a folder is not imported', async () => {
  expect(await wedops('import', 'costs', folder)).toMatchObject(refused(2, 'This is a folder'));
});

test('a zone that does not exist is refused with one that does', async () => {
  expect(await wedops('weekend', '--zone', 'Mars/X')).toMatchObject(refused(2, 'a zone such as Europe/London'));
});
