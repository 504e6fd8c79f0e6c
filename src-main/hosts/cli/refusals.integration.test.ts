import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { wedopsProgram } from '../../testing/wedops-program.ts';
import { ended, type Started, started } from '../testing/wedops.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-refusals-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function wedops(...words: string[]): Promise<{ exit: number; value: unknown }> {
  const all = [wedopsProgram, ...words, '--data', join(folder, 'data'), '--json'];
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

test('a file to read or to write that is none is a wrong use, said in words', async () => {
  const missing = join(folder, 'nowhere', 'x');
  for (const command of ['vat check', 'webhook verify', 'weekend holidays', 'restore']) {
    expect(await wedops(...command.split(' '), folder), command).toMatchObject(refused(2, 'This is a folder'));
    expect(await wedops(...command.split(' '), missing), command).toMatchObject(refused(2, 'There is no file'));
  }
  for (const command of ['audit export', 'diagnostics', 'backup'])
    expect(await wedops(...command.split(' '), '--out', missing), command).toMatchObject(
      refused(2, `There is no folder ${join(folder, 'nowhere')}`),
    );
  expect(await wedops('audit', 'export', '--out', folder)).toMatchObject(refused(2, 'This is a folder'));
});

test('a word too many is not passed over, and the value of an option is no verb that was meant', async () => {
  const wrong = await wedops('alert', 'raise', '--severity', 'info', '--title', 'Gallery', 'down');
  expect(wrong).toMatchObject(refused(2, 'Nothing is asked for where "down" stands'));
  expect(await wedops('alert', 'foo')).toMatchObject(refused(2, 'alert does not know "foo"'));
  expect(await wedops('weekend', 'foo')).toMatchObject(refused(2, 'weekend does not know "foo"'));
  const { value } = await wedops('weekend', '--at', 'noon');
  expect(JSON.stringify(value)).not.toContain('Did you mean');
  expect(await wedops('export', 'approve', 'B', '--as', 'Nobody')).toMatchObject(
    refused(2, 'There is nobody called "Nobody"; there are: "Alex Morgan"'),
  );
});

test('a practice organisation takes no key of a real system from the environment, where it would lie in a plain file', async () => {
  vi.stubEnv('SLACK_ALERTS_WEBHOOK', 'https://hooks.slack.com/services/T0/B0/real');
  try {
    expect(await wedops('secrets', 'import-env')).toMatchObject(refused(1, 'Practice has keys of its own'));
  } finally {
    vi.unstubAllEnvs();
  }
  expect(await readFile(join(folder, 'data', 'practice-secrets.json'), 'utf8')).not.toContain('T0/B0/real');
});

test('a system without a word names what can be done with it', async () => {
  expect(await wedops('connect', 'slack')).toMatchObject(refused(2, 'What of slack? sign-in, accounts, map, pause'));
});

test('what was brought in is listed with the word that takes it back', async () => {
  const file = await fileOf('Date,Supplier,Net,VAT,Gross\n2026-09-30,Example Ltd,100.00,20.00,120.00\n');
  const { value } = await wedops('import', 'costs', file);
  const { batchId } = value as { batchId: string };
  expect(await wedops('import', 'list')).toMatchObject({
    exit: 0,
    value: expect.arrayContaining([expect.objectContaining({ importId: batchId, fileName: 'given' })]),
  });
  expect(await wedops('import', 'undo', 'nope')).toMatchObject({
    exit: 1,
    value: { error: { remedy: expect.stringContaining('All there are: wedops import list') } },
  });
  expect(await wedops('import', 'undo', batchId)).toMatchObject({ exit: 0 });
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
