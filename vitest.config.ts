import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Tests run on the sources, so that a change needs no build to be tested.
    alias: {
      '@tutelage/engine': new URL('./packages/engine/src/index.ts', import.meta.url).pathname,
    },
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'scripts/**/*.test.ts'],
    // ONNX Runtime's native addon does not survive worker threads being torn down, so each file gets a process.
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
