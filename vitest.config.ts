import { defineConfig } from 'vitest/config';

/**
 * Three kinds of test, told apart by file name:
 * `x.test.ts` (unit: real SQLite and loopback servers, no child process), `x.integration.test.ts` (child processes,
 * keychain, kills) and `e2e/x.journey.test.ts` (real Chromium).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src-*/**/*.test.{ts,tsx}'],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['src-*/**/*.integration.test.ts', 'bench/**/*.integration.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'journeys',
          include: ['e2e/**/*.journey.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
