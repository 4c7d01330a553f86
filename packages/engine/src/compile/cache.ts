import type { Tensor } from '../graph/tensor.js';
import { signatureOf, type Tree } from '../graph/tree.js';
import type { Type } from '../graph/value.js';
import type { SessionOptions } from '../runtime/backend.js';
import { compile, type Program } from './program.js';

/** The programs of one function, one for each combination of structure, element types and shapes of its arguments. */
export interface ProgramCache {
  /** Compiles at the first call for such arguments; calls meanwhile wait for the same program. */
  find(args: readonly Tree<Type | Tensor>[]): Promise<Program>;
  /** Frees all programs; what is asked for later is compiled anew. */
  dispose(): Promise<void>;
}

export function programCache(fn: (...args: never[]) => unknown, options: SessionOptions): ProgramCache {
  const programs = new Map<string, Promise<Program>>();
  return {
    find(args) {
      const key = signatureOf(args);
      const known = programs.get(key);
      if (known) return known;
      const program = compile(fn, args, options);
      programs.set(key, program);
      // A function that failed to compile is tried again at the next call.
      program.catch(() => programs.delete(key));
      return program;
    },
    async dispose() {
      const all = [...programs.values()];
      programs.clear();
      for (const compiled of await Promise.allSettled(all)) {
        if (compiled.status === 'fulfilled') await compiled.value.release();
      }
    },
  };
}
