import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { chromiumArguments, chromiumPath } from '../e2e/chromium.ts';
import { type BenchRow, benchRow } from './row.ts';

const rounds = 5;
const frameMs = 1_000 / 60;
const at = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

interface Seen {
  readonly paint: number;
  readonly p95: number;
  /** Processor time of the page's own thread for one frame of scrolling, ms: waiting for the machine is not in it. */
  readonly work: number;
  readonly nodes: number;
}

/** The finance desk's review list with 100,000 lines in Chromium, beside a list by hand that shows the same ones. */
export async function tableBench(): Promise<BenchRow[]> {
  const outDir = mkdtempSync(`${tmpdir()}/bench-table-`);
  const common = {
    root: fileURLToPath(new URL('./table', import.meta.url)),
    configFile: false as const,
    logLevel: 'error' as const,
  };
  await build({ ...common, plugins: [react()], build: { outDir, emptyOutDir: true } });
  const server = await preview({ ...common, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } });
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArguments });
  try {
    const address = server.resolvedUrls?.local[0] ?? '';
    const look = async (side: string): Promise<Seen> => {
      const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
      // A page that broke paints nothing, for ever.
      const broken = new Promise<never>((_, reject) => page.once('pageerror', reject));
      await page.goto(`${address}?side=${side}`);
      const painted = page.evaluate(() => (window as unknown as { painted: Promise<number> }).painted);
      const paint = await Promise.race([painted, broken]);
      const protocol = await page.context().newCDPSession(page);
      await protocol.send('Performance.enable', { timeDomain: 'threadTicks' });
      const worked = async () => {
        const { metrics } = await protocol.send('Performance.getMetrics');
        return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1_000;
      };
      const before = await worked();
      const { times, nodes } = await page.evaluate(() =>
        (window as unknown as { scrolled: () => Promise<{ times: number[]; nodes: number }> }).scrolled(),
      );
      const work = ((await worked()) - before) / times.length;
      await page.close();
      return { paint, p95: at(times, 0.95), work, nodes };
    };
    const ours: Seen[] = [];
    const recycled: Seen[] = [];
    await look('ours');
    for (let round = 0; round < rounds; round += 1) {
      recycled.push(await look('recycled'));
      ours.push(await look('ours'));
    }
    const of = (seen: readonly Seen[], what: keyof Seen) =>
      at(
        seen.map((one) => one[what]),
        0.5,
      );
    return [
      benchRow(
        '100,000 lines: first paint beside a hand-recycled list',
        of(ours, 'paint'),
        'ms',
        of(recycled, 'paint'),
        { atMost: 2 },
      ),
      benchRow('100,000 lines: scrolling, time a frame, p95', of(ours, 'p95'), 'ms', frameMs, { atMost: 1.1 }),
      benchRow(
        '100,000 lines: scrolling, time a frame, p95, beside the hand-recycled list',
        of(ours, 'p95'),
        'ms',
        of(recycled, 'p95'),
        { atMost: 1.1 },
      ),
      benchRow(
        '100,000 lines: scrolling, processor time a frame beside the hand-recycled list',
        of(ours, 'work'),
        'ms',
        of(recycled, 'work'),
        { atMost: 2 },
      ),
      benchRow('100,000 lines: DOM nodes at most', of(ours, 'nodes'), 'nodes', 400, { atMost: 1 }),
    ];
  } finally {
    await browser.close();
    await server.close();
    rmSync(outDir, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await tableBench());
