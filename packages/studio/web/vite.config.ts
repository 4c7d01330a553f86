import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const path = (from: string) => fileURLToPath(new URL(from, import.meta.url));

export default defineConfig({
  root: path('.'),
  plugins: [svelte({ configFile: false })],
  // Featurizers of students are built on the engine; a page takes the one for browsers.
  resolve: { alias: [{ find: /^@tutelage\/engine$/, replacement: '@tutelage/engine/web' }] },
  build: {
    outDir: path('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // No script in the page itself, and none that is a data: address: the server forbids them.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // The chunks of ONNX Runtime and Plot are loaded where they are needed.
    chunkSizeWarningLimit: 1500,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:7878', '/feeds': 'http://127.0.0.1:7878' } },
});
