import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/fetch';
import type { ContractRouterClient } from '@orpc/contract';
import { RPC_PREFIX, TOKEN_HEADER } from '../src-shared/contract/host-bridge.ts';
import type { Contract } from '../src-shared/contract/index.ts';
import { writePlainFile } from './plain-file.ts';
import { type BenchRow, benchRow } from './row.ts';

const lines = 100_000;
const samples = 25;
const organisationId = 'bluebell';
const cli = ['src-main/hosts/cli/main.ts'];
const run = promisify(execFile);

/** What a person at the review desk waits for with 100,000 lines: every action through the real agent over http. */
export async function reviewBench(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-review-'));
  const agent = spawn(process.execPath, [...cli, 'agent', '--practice', '--empty', '--data', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const { value } = await createInterface({ input: agent.stdout })[Symbol.asyncIterator]().next();
    const { url, token } = JSON.parse(String(value)) as { url: string; token: string };
    const file = join(folder, 'lines.csv');
    await writePlainFile(file, lines);
    await run(process.execPath, [...cli, 'import', 'costs', file, '--json', '--data', folder], { maxBuffer: 1e8 });
    const client: ContractRouterClient<Contract> = createORPCClient(
      new RPCLink({ url: `${url}${RPC_PREFIX}`, headers: { [TOKEN_HEADER]: token } }),
    );
    return await measured(client);
  } finally {
    agent.kill('SIGTERM');
    if (agent.exitCode === null) await once(agent, 'exit');
    rmSync(folder, { recursive: true });
  }
}

async function measured(client: ContractRouterClient<Contract>): Promise<BenchRow[]> {
  const page = (offset: number) =>
    client.exports.lines({ organisationId, filter: { states: ['review'] }, offset, limit: 200 });
  const total = (await client.exports.lines({ organisationId, limit: 1 })).total;
  if (total < lines) throw new Error(`${total} of ${lines} lines are there`);
  // Scattered over the queue, so that no page stays warm by chance.
  const offsets = Array.from({ length: samples }, (_, i) => Math.floor((i * 7_919) % Math.floor(lines / 4)));
  // One after the other: the agent allows an address twenty connections.
  const some: Awaited<ReturnType<typeof page>>['rows'] = [];
  for (const offset of offsets) some.push(...(await page(offset)).rows.slice(0, 1));
  if (some.length < samples) throw new Error('not enough lines need a person');
  const undo: string[] = [];
  const each = async (work: (line: (typeof some)[number], index: number) => Promise<unknown>) => {
    const times: number[] = [];
    for (const [index, line] of some.entries()) {
      const started = performance.now();
      await work(line, index);
      times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b)[Math.ceil(samples * 0.95) - 1] ?? 0;
  };
  const keep = ({ undoId }: { undoId: string }) => undo.push(undoId);
  const takeBack = () => each((_, index) => client.exports.undo({ organisationId, undoId: undo[index] ?? '' }));
  const rows: (readonly [string, number])[] = [];
  const time = async (name: string, work: Parameters<typeof each>[0]) => {
    undo.length = 0;
    rows.push([name, await each(work)]);
  };
  await time('a page of 200 lines of the queue', (_, index) => page(offsets[index] ?? 0));
  await time('one line opened', ({ id }) => client.exports.line({ organisationId, lineId: id }));
  await time('a cell edited in the list', async ({ id }) => {
    const { line } = await client.exports.line({ organisationId, lineId: id });
    keep(
      await client.exports.edit({
        organisationId,
        lines: [{ id, version: line.version }],
        patch: { treatmentHint: 'exempt' },
      }),
    );
  });
  rows.push(['the edit taken back', await takeBack()]);
  await time('a line left out', async ({ id }) =>
    keep(await client.exports.exclude({ organisationId, lineIds: [id], reason: 'bench' })),
  );
  rows.push(['the line brought back', await takeBack()]);
  await time('a warning confirmed', async ({ id }) =>
    keep(await client.exports.acknowledge({ organisationId, lineIds: [id], note: 'bench' })),
  );
  await time('what a rule would change', ({ supplier }) =>
    client.desk.previewRule({ organisationId, rule: { supplier, contains: '', category: 'Bench' } }),
  );
  await time('the counts above the list', () => client.exports.summary({ organisationId }));
  await time('reasons of the queue with their counts', () => client.desk.reasons({ organisationId }));
  await time('the duplicates', () => client.desk.duplicates({ organisationId }));
  return rows.map(([name, ms]) => benchRow(`with 100,000 lines, p95: ${name}`, ms, 'ms', 100, { atMost: 1 }));
}
