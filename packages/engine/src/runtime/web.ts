import * as wasm from 'onnxruntime-web/wasm';
import type { Backend, SessionOptions } from './backend.js';
import { ortBackend } from './ort.js';

/** Workers share memory only with pages that their server isolates from other origins. */
declare const crossOriginIsolated: boolean | undefined;

const defaults = { graphOptimizationLevel: 'all', logSeverityLevel: 4 } as const;
const onCpu = ortBackend(wasm, { ...defaults, executionProviders: ['wasm'] }, false);
let onGpu: Promise<Backend> | undefined;
let files: string | undefined;

/** The runtime for GPUs is twice as large as the other one, and is loaded by pages that ask for it alone. */
async function loadGpuBackend(): Promise<Backend> {
  const webgpu = await import('onnxruntime-web/webgpu');
  if (files !== undefined) webgpu.env.wasm.wasmPaths = files;
  return ortBackend(webgpu, { ...defaults, executionProviders: ['webgpu'] }, false);
}

async function backendOf(device = 'cpu'): Promise<Backend> {
  if (device === 'cpu') return onCpu;
  if (device !== 'webgpu') throw new RangeError(`unknown device: ${device}; a browser has cpu and webgpu`);
  onGpu ??= loadGpuBackend();
  return onGpu;
}

/**
 * ONNX Runtime as WebAssembly, or on the GPU through WebGPU. The number of threads is that of the page's first session, and
 * one unless the page is cross-origin isolated (served with `Cross-Origin-Opener-Policy: same-origin` and
 * `Cross-Origin-Embedder-Policy: require-corp`).
 */
export const webBackend: Backend = {
  // The kernels are made for the vectors of native processors.
  blocked: () => Promise.resolve(false),
  async load(model, io, options: SessionOptions) {
    const backend = await backendOf(options.device);
    if (options.threads !== undefined && isIsolated()) wasm.env.wasm.numThreads ??= options.threads;
    return backend.load(model, io, { ...(options.device === 'webgpu' && { device: 'webgpu' }) });
  },
};

function isIsolated(): boolean {
  return typeof crossOriginIsolated !== 'undefined' && crossOriginIsolated;
}

/**
 * Says where the page finds the runtime's `.wasm` and `.mjs` files (those of `onnxruntime-web/dist`). Without it they are
 * sought beside the script that contains the runtime, which bundlers and hosts do not always provide for. Call it before
 * anything is compiled.
 *
 * @param folder a URL that ends in a slash
 */
export function setRuntimeFiles(folder: string): void {
  files = folder;
  wasm.env.wasm.wasmPaths = folder;
}
