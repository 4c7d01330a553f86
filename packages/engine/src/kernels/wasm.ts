import { randomKernels, updateKernels } from './kernels.generated.js';

/** The part of the WebAssembly API that is used here; neither Node's types nor ES2023's declare it. */
declare const WebAssembly: {
  Memory: new (descriptor: { initial: number }) => WasmMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: { env: { memory: WasmMemory } }) => { readonly exports: object };
};

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/**
 * Passes over float32 arrays in one memory; see `kernels.wat` for the formulas. Pointers are byte offsets that are
 * multiples of 64, and `n` a positive multiple of 16.
 */
export interface UpdateKernels {
  sgd(n: number, p: number, g: number, gs: number, l2: number, keep: number, lr: number): void;
  momentum(
    n: number,
    p: number,
    g: number,
    v: number,
    gs: number,
    l2: number,
    keep: number,
    lr: number,
    mu: number,
    damp: number,
    cg: number,
    cv: number,
  ): void;
  adam(
    n: number,
    p: number,
    g: number,
    m: number,
    v: number,
    gs: number,
    l2: number,
    keep: number,
    lr: number,
    b1: number,
    c1: number,
    b2: number,
    c2: number,
    vs: number,
    eps: number,
  ): void;
  adagrad(n: number, p: number, g: number, h: number, gs: number, l2: number, lr: number, eps: number): void;
  lion(
    n: number,
    p: number,
    g: number,
    m: number,
    gs: number,
    keep: number,
    lr: number,
    b1: number,
    c1: number,
    b2: number,
    c2: number,
  ): void;
  /** Sum of squares, added up in float64. */
  sumSquares(n: number, x: number): number;
  /** y = a y + b x */
  blend(n: number, y: number, x: number, a: number, b: number): void;
  /** x = a x */
  scale(n: number, x: number, a: number): void;
  /** y = x */
  copy(n: number, y: number, x: number): void;
}

/** Raw random bits and their conversions in place; see `random.wat`. */
export interface RandomKernels {
  philox(
    pairs: number,
    out: number,
    counterLo: number,
    counterHi: number,
    counter2: number,
    counter3: number,
    keyLo: number,
    keyHi: number,
  ): void;
  toUniform(n: number, x: number): void;
  toNormal(n: number, x: number): void;
  toGumbel(n: number, x: number): void;
  toBernoulli(n: number, x: number, keep: number, value: number): void;
}

const PAGE_BYTES = 65_536;

/**
 * A new zeroed memory of at least `bytes` bytes.
 * @throws RangeError when the machine or browser does not grant it.
 */
export function allocateMemory(bytes: number): WasmMemory {
  try {
    return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  } catch {
    const gibibytes = (bytes / 2 ** 30).toFixed(2);
    throw new RangeError(
      `not enough memory: ${gibibytes} GiB for parameters, gradients and optimizer state; ` +
        'train fewer parameters, or use an optimizer with fewer slots',
    );
  }
}

/** The update kernels, working on `memory`. */
export function instantiateUpdateKernels(memory: WasmMemory): UpdateKernels {
  updateModule ??= compile(updateKernels);
  return new WebAssembly.Instance(updateModule, { env: { memory } }).exports as UpdateKernels;
}

/** The random kernels, working on `memory`. */
export function instantiateRandomKernels(memory: WasmMemory): RandomKernels {
  return new WebAssembly.Instance(compile(randomKernels), { env: { memory } }).exports as RandomKernels;
}

let updateModule: object | undefined;

function compile(base64: string): object {
  return new WebAssembly.Module(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}
