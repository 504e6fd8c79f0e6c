import { cpSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Every `x-worker.ts` becomes a file beside the programs that start it. */
const workers = Object.fromEntries(
  globSync('src-main/**/*-worker.ts', { cwd: at('.') }).map((path) => [
    path.replace(/^.*[\\/]/, '').replace(/\.ts$/, ''),
    at(path),
  ]),
);

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      // Libraries of many files: finding and reading those was 0.15 s of every start and 6 MB (docs/decisions/0022).
      externalizeDeps: {
        exclude: ['@orpc/client', '@orpc/contract', '@orpc/server', 'kysely', 'temporal-polyfill', 'zod'],
      },
      sourcemap: false,
      rollupOptions: {
        input: {
          desktop: at('src-main/hosts/desktop/main.ts'),
          cli: at('src-main/hosts/cli/main.ts'),
          ...workers,
        },
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          // Flat, because a worker is found beside the chunk that starts it.
          chunkFileNames: '[name]-[hash].js',
        },
      },
    },
    plugins: [
      {
        name: 'copy-migrations',
        writeBundle() {
          cpSync(at('src-main/store/migrations'), at('out/main/migrations'), { recursive: true });
        },
      },
    ],
  },
  preload: {
    build: {
      outDir: 'out/preload',
      sourcemap: false,
      // A sandboxed preload can load nothing but electron: everything else is bundled in.
      externalizeDeps: false,
      rollupOptions: {
        input: { index: at('src-main/hosts/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('src-renderer'),
    base: '/',
    // The hosts put a fresh nonce here for every load; see src-main/hosts/pages.ts.
    html: { cspNonce: '__CSP_NONCE__' },
    build: {
      outDir: at('out/renderer'),
      emptyOutDir: true,
      sourcemap: false,
      assetsInlineLimit: 0,
      rollupOptions: { input: at('src-renderer/index.html') },
    },
    plugins: [react()],
  },
});
