import { defineConfig } from 'vitest/config';
import { ownTemporaryFolder } from './src-main/testing/own-temporary.ts';

/**
 * `npm run test:faults` and `npm run test:security`: one file after the other, since they mount, kill and fill disks.
 */
const common = {
  testTimeout: 120_000,
  hookTimeout: 60_000,
  fileParallelism: false,
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
          sequence: { groupOrder: 1 },
          ...common,
        },
      },
      {
        test: {
          name: 'security',
          include: ['proof/security/**/*.security.test.ts'],
          sequence: { groupOrder: 2 },
          ...common,
        },
      },
    ],
  },
});
