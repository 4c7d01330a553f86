import { checkTensor, checkType, isTensor, type Tensor, tensor } from '../graph/tensor.js';
import { leavesOf, type MapTree, mapTree, type Tree } from '../graph/tree.js';
import { type Type, Value } from '../graph/value.js';
import { constant } from '../ops/apply.js';
import type { SessionOptions } from '../runtime/backend.js';
import { programCache } from './cache.js';
import { flatten } from './trace.js';

/** The arguments of a traced function as its caller gives them: tensors (or numbers) for values. */
export type Concrete<T> = MapTree<T, Value, Tensor>;
type Given<T> = MapTree<T, Value, Tensor | number>;

/** A compiled function. It is traced again for each new combination of structure, element types and shapes. */
export interface Jitted<Args extends readonly unknown[], R> {
  (...args: { [K in keyof Args]: Given<Args[K]> }): Promise<Concrete<R>>;
  /** Compiles for arguments of these types without running. */
  compile(...args: { [K in keyof Args]: MapTree<Args[K], Value, Type | number> }): Promise<void>;
  /** Frees all that was compiled. The function can be called again and is then compiled anew. */
  dispose(): Promise<void>;
}

/**
 * Compiles a function of traced values. The first call with given shapes traces the function, simplifies the graph and builds
 * one ONNX model; each call is then one call of the runtime. Called within another traced function, it is simply part of it.
 *
 * @example
 * const f = jit((x: Value, w: Value) => relu(matmul(x, w)));
 * const y = await f(tensor([[1, -2]]), tensor([[1], [1]]));
 */
export function jit<Args extends readonly unknown[], R>(
  fn: (...args: Args) => R,
  options: SessionOptions = {},
): Jitted<Args, R> {
  const programs = programCache(fn as (...args: never[]) => unknown, options);

  const call = async (...given: unknown[]): Promise<unknown> => {
    const args = given.map((a, i) =>
      mapTree<unknown, Tensor>(a as Tree<unknown>, (leaf, path) => toTensor(place(i, path), leaf)),
    );
    const program = await programs.find(args);
    const outputs = await program.run(flatten<Tensor>(args));
    return mapTree<number, Tensor>(program.result, (i) => outputs[i]!);
  };

  return Object.assign(
    (...args: unknown[]) => (isTraced(args) ? fn(...(args.map(lifted) as unknown as Args)) : call(...args)),
    {
      async compile(...args: unknown[]) {
        await programs.find(
          args.map((a, i) =>
            mapTree<Type | number, Type>(a as Tree<Type | number>, (leaf, path) =>
              toType(place(i, path), leaf),
            ),
          ),
        );
      },
      dispose: programs.dispose,
    },
  ) as unknown as Jitted<Args, R>;
}

function isTraced(args: readonly unknown[]): boolean {
  return args.some((a) => leavesOf(a as Tree<unknown>).some((l) => l.leaf instanceof Value));
}

/** Data among traced arguments become constants. */
function lifted(arg: unknown): unknown {
  return mapTree<unknown, unknown>(arg as Tree<unknown>, (leaf) =>
    isTensor(leaf) || typeof leaf === 'number' ? constant(leaf) : leaf,
  );
}

function toTensor(where: string, x: unknown): Tensor {
  return typeof x === 'number' ? tensor(x) : checkTensor(where, x);
}

function toType(where: string, x: Type | number): Type {
  return typeof x === 'number' ? { dtype: 'float32', shape: [] } : checkType(where, x);
}

function place(argument: number, path: string): string {
  return `jit: argument ${argument}${path && `.${path}`}`;
}
