import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ownTemporaryFolder } from './src-main/testing/own-temporary.ts';

/**
 * Three kinds of test, told apart by file name:
 * `x.test.ts` (unit: real SQLite and loopback servers, no child process), `x.integration.test.ts` (child processes,
 * keychain, kills) and `e2e/x.journey.test.ts` (real Chromium). `x.fault.test.ts` belongs to the fault suite, which takes minutes.
 */
/** Some tests measure time on a machine shared with others: on CI a failure must show twice. Elsewhere once is enough. */
const retry = process.env.CI === 'true' ? 1 : 0;

/** See `src-main/hosts/cli/main.ts`: V8 may end a process whose threads share WebAssembly. */
const execArgv = ['--wasm-wrapper-tiering-budget=1000000000'];

// Every database opened starts two threads, which read the same types again: what was compiled once is kept, as the console
// itself does. That is two fifths of the processor's time of the unit tests.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('./node_modules/.cache/compiled', import.meta.url));

/** Vitest's own second is not enough where a thread, a process or a vendor's answer is waited for. */
const poll = { timeout: 10_000, interval: 20 };

const integration = { retry, execArgv, expect: { poll }, testTimeout: 120_000, hookTimeout: 60_000 };

const journeys = { ...integration, testTimeout: 180_000, hookTimeout: 120_000 };

/** What measures how fast a screen answers. */
const journeysAlone = ['e2e/alerts.journey.test.ts', 'e2e/weekend.journey.test.ts'];

/** What measures time, kills under load, or asks the keychain: by itself, one file after the other. */
const alone = [
  'src-main/engine/bi/side-by-side.integration.test.ts',
  'src-main/engine/kpis/kpis.integration.test.ts',
  'src-main/hosts/agent/kill-receiving.integration.test.ts',
  'src-main/hosts/agent/receiver-slow.integration.test.ts',
  'src-main/hosts/watchdog.integration.test.ts',
  'src-main/platform/keychain.integration.test.ts',
];

ownTemporaryFolder();

export default defineConfig({
  test: {
    // What Vite makes of a file is kept by its content: a sixth of the processor's time of the unit tests.
    fsModuleCache: true,
    projects: [
      {
        test: {
          name: 'unit',
          retry,
          execArgv,
          expect: { poll },
          // No test keeps state in a module, so the modules are loaded once a worker: half the time of the run.
          isolate: false,
          maxWorkers: '100%',
          testTimeout: 30_000,
          // One kind after the other: what counts time must not share the machine with what burns it.
          sequence: { groupOrder: 1 },
          include: ['src-*/**/*.test.{ts,tsx}', 'proof/{register,page}/*.test.ts'],
          exclude: ['**/*.integration.test.ts', '**/*.fault.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          ...integration,
          name: 'integration',
          include: ['src-*/**/*.integration.test.ts'],
          exclude: [...alone, '**/node_modules/**'],
          // They wait for children and vendors' paces more than they work.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...integration,
          name: 'integration-alone',
          include: alone,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...journeys,
          name: 'journeys',
          include: ['e2e/**/*.journey.test.ts'],
          exclude: [...journeysAlone, '**/node_modules/**'],
          // Each has an agent, ports and a browser of its own, and waits for them by turns.
          maxWorkers: 2,
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          ...journeys,
          name: 'journeys-alone',
          include: journeysAlone,
          fileParallelism: false,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
});
