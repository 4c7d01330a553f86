import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const path = (from: string) => fileURLToPath(new URL(from, import.meta.url));

export default defineConfig({
  root: path('.'),
  plugins: [svelte({ configFile: false })],
  resolve: {
    alias: [
      // Featurizers of students are built on the engine; a page takes the one for browsers.
      { find: /^@tutelage\/engine$/, replacement: '@tutelage/engine/web' },
      // Students run on the processor: the runtime for GPUs, twice as large, is not shipped.
      { find: 'onnxruntime-web/webgpu', replacement: 'onnxruntime-web/wasm' },
    ],
  },
  build: {
    outDir: path('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // What is bundled asks for its notice to be kept.
    license: { fileName: 'licences.md' },
    // No script in the page itself, and none that is a data: address: the server forbids them.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // The chunks of ONNX Runtime and Plot are loaded where they are needed.
    chunkSizeWarningLimit: 1500,
    // The alias above makes one module of two: that one of them is asked for later changes nothing.
    rolldownOptions: { checks: { ineffectiveDynamicImport: false } },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:7878', '/feeds': 'http://127.0.0.1:7878' } },
});
