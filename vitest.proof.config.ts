import { defineConfig } from 'vitest/config';
import { ownTemporaryFolder } from './src-main/testing/own-temporary.ts';

/**
 * `npm run test:faults` and `npm run test:security`: one file after the other, since they mount, kill and fill disks. Only
 * what meets ledgers in trouble waits more than it works, and goes two at a time.
 */
const ledgers = ['src-main/hosts/agent/{kill-posting,ledger-faults}.fault.test.ts'];
const common = {
  testTimeout: 120_000,
  hookTimeout: 60_000,
  retry: process.env.CI === 'true' ? 1 : 0,
};

ownTemporaryFolder();

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'faults',
          include: ['proof/faults/**/*.fault.test.ts', 'src-main/**/*.fault.test.ts'],
          exclude: [...ledgers, '**/node_modules/**'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...common,
        },
      },
      {
        test: { name: 'faults-ledgers', include: ledgers, maxWorkers: 2, sequence: { groupOrder: 2 }, ...common },
      },
      {
        test: {
          name: 'security',
          include: ['proof/security/**/*.security.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 3 },
          ...common,
        },
      },
    ],
  },
});
