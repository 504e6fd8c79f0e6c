import { defineConfig } from 'vitest/config';
import { ownTemporaryFolder } from './src-main/testing/own-temporary.ts';

/** `npm run test:contracts`: our adapters and sandbox held against the vendors' own descriptions, where those are present. */
ownTemporaryFolder();

export default defineConfig({
  test: { include: ['contracts/**/*.contract.test.ts'], testTimeout: 60_000, retry: process.env.CI === 'true' ? 1 : 0 },
});
