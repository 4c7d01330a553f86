import { defineConfig } from 'vitest/config';

const source = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    // Tests run on the sources, so that a change needs no build to be tested.
    alias: [
      { find: /^@tutelage\/engine$/, replacement: source('./packages/engine/src/index.ts') },
      { find: /^tutelage$/, replacement: source('./packages/tutelage/src/index.ts') },
      { find: /^@tutelage\/engine\/data$/, replacement: source('./packages/engine/src/data.ts') },
      { find: /^tutelage\/([a-z]+)$/, replacement: `${source('./packages/tutelage/src')}/$1/index.ts` },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'scripts/**/*.test.ts'],
    // ONNX Runtime's native addon does not survive worker threads being torn down, so each file gets a process.
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
