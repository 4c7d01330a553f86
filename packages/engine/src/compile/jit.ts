import { convert, type Tensor, tensor } from '../graph/tensor.js';
import { leavesOf, type MapTree, mapTree, type Tree } from '../graph/tree.js';
import { type Type, Value } from '../graph/value.js';
import type { SessionOptions } from '../runtime/backend.js';
import { compile, type Program } from './program.js';

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
  const programs = new Map<string, Promise<Program>>();

  const compiled = (args: readonly Tree<Type>[]): Promise<Program> => {
    const key = args
      .map((a) => leavesOf(a).map(({ path, leaf }) => `${path}:${leaf.dtype}[${leaf.shape}]`))
      .join(';');
    let program = programs.get(key);
    if (!program) {
      program = compile(fn as (...args: never[]) => unknown, args, options);
      programs.set(key, program);
      // A function that failed to compile is tried again at the next call.
      program.catch(() => programs.delete(key));
    }
    return program;
  };

  const call = async (...given: unknown[]): Promise<unknown> => {
    const args = given.map((a) => mapTree<Tensor | number, Tensor>(a as Tree<Tensor | number>, toTensor));
    const program = await compiled(args);
    const inputs = args.flatMap((a) => leavesOf<Tensor>(a).map((l) => l.leaf));
    const outputs = await program.run(inputs);
    return mapTree<number, Tensor>(program.result, (i) => outputs[i]!);
  };

  return Object.assign(
    (...args: unknown[]) => (isTraced(args) ? fn(...(args as unknown as Args)) : call(...args)),
    {
      async compile(...args: unknown[]) {
        await compiled(args.map((a) => mapTree<Type | number, Type>(a as Tree<Type | number>, toType)));
      },
      async dispose() {
        const all = [...programs.values()];
        programs.clear();
        for (const p of all) await (await p).release();
      },
    },
  ) as unknown as Jitted<Args, R>;
}

function isTraced(args: readonly unknown[]): boolean {
  return args.some((a) => leavesOf(a as Tree<unknown>).some((l) => l.leaf instanceof Value));
}

function toTensor(x: Tensor | number): Tensor {
  return typeof x === 'number' ? tensor(convert([x], 'float32'), []) : x;
}

function toType(x: Type | number): Type {
  return typeof x === 'number' ? { dtype: 'float32', shape: [] } : x;
}
