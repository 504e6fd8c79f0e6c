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
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

interface Seen {
  readonly paint: number;
  readonly p95: number;
  readonly nodes: number;
}

/** The console's grid with 100,000 rows in Chromium, beside a list by hand that moves the same elements about. */
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
      await page.goto(`${address}?side=${side}`);
      const paint = await page.evaluate(() => (window as unknown as { painted: Promise<number> }).painted);
      const { p95, nodes } = await page.evaluate(() =>
        (window as unknown as { scrolled: () => Promise<{ p95: number; nodes: number }> }).scrolled(),
      );
      await page.close();
      return { paint, p95, nodes };
    };
    const ours: Seen[] = [];
    const recycled: Seen[] = [];
    await look('ours');
    for (let round = 0; round < rounds; round += 1) {
      recycled.push(await look('recycled'));
      ours.push(await look('ours'));
    }
    const of = (seen: readonly Seen[], what: keyof Seen) => median(seen.map((one) => one[what]));
    return [
      benchRow(
        '100,000 rows: first paint beside a hand-recycled list',
        of(ours, 'paint'),
        'ms',
        of(recycled, 'paint'),
        { atMost: 2 },
      ),
      benchRow('100,000 rows: scrolling, time a frame, p95', of(ours, 'p95'), 'ms', frameMs, { atMost: 1.1 }),
      benchRow('100,000 rows: DOM nodes at most', of(ours, 'nodes'), 'nodes', 400, { atMost: 1 }),
    ];
  } finally {
    await browser.close();
    await server.close();
    rmSync(outDir, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await tableBench());
