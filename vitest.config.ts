import { defineConfig } from 'vitest/config';

/**
 * Three kinds of test, told apart by file name:
 * `x.test.ts` (unit: real SQLite and loopback servers, no child process), `x.integration.test.ts` (child processes,
 * keychain, kills) and `e2e/x.journey.test.ts` (real Chromium). `x.fault.test.ts` belongs to the fault suite, which takes minutes.
 */
/** Some tests measure time on a machine shared with others: on CI a failure must show twice. Elsewhere once is enough. */
const retry = process.env.CI === 'true' ? 1 : 0;

/** See `src-main/hosts/cli/main.ts`: V8 may end a process whose threads share WebAssembly. */
const execArgv = ['--wasm-wrapper-tiering-budget=1000000000'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          retry,
          execArgv,
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
          name: 'integration',
          retry,
          execArgv,
          sequence: { groupOrder: 2 },
          include: ['src-*/**/*.integration.test.ts', 'bench/**/*.integration.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'journeys',
          retry,
          execArgv,
          sequence: { groupOrder: 3 },
          include: ['e2e/**/*.journey.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
