import type { Tensor } from '../graph/tensor.js';
import type { Type } from '../graph/value.js';

/** How a model is run. */
export interface SessionOptions {
  /** Threads within an operator. Defaults to the machine's cores. Results are the same bits for the same number. */
  readonly threads?: number;
  /** Where to run: `cpu` (the default), or a device that the runtime's package offers, as `webgpu`. */
  readonly device?: string;
}

/** A compiled model that can be run. */
export interface Session {
  /**
   * Computes the outputs. `into[i]`, where given, receives the i-th output in its own memory and is returned for it.
   */
  run(inputs: readonly Tensor[], into?: readonly (Tensor | undefined)[]): Promise<Tensor[]>;
  /** Frees the runtime's memory; the session cannot be run any more. */
  release(): Promise<void>;
}

/** Runs ONNX models: `onnxruntime-node` in Node, `onnxruntime-web` in a browser. */
export interface Backend {
  /** Whether models for a device may use the runtime's blocked convolution kernels. */
  blocked(device: string | undefined): Promise<boolean>;
  /**
   * @param model an ONNX file, or the path of one where the runtime can read files
   * @param outputs types of its outputs where they are known, which lets them be written without a copy
   */
  load(
    model: Uint8Array | string,
    io: {
      readonly inputs: readonly string[];
      readonly outputs: readonly string[];
      readonly types?: readonly Type[];
    },
    options: SessionOptions,
  ): Promise<Session>;
}

let chosen: Backend | undefined;

/** Sets the backend of this process or page; the packages' entry points do it. */
export function setBackend(backend: Backend): void {
  chosen = backend;
}

export function currentBackend(): Backend {
  if (!chosen)
    throw new Error('no runtime: import @tutelage/engine (Node) or @tutelage/engine/web (browser)');
  return chosen;
}
