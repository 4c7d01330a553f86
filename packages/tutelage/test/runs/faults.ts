import type { FileSystem } from '../../src/runs/file-system.js';

export type Call = keyof FileSystem;

/** Calls `before` ahead of every call on `fs`, with the number of the call (1, 2, ...) and its name. */
export function intercepted(fs: FileSystem, before: (count: number, call: Call) => void): FileSystem {
  let count = 0;
  return new Proxy(fs, {
    get(target, property, receiver) {
      const method: unknown = Reflect.get(target, property, receiver);
      if (typeof method !== 'function') return method;
      return (...parameters: unknown[]): unknown => {
        count++;
        before(count, property as Call);
        return Reflect.apply(method, target, parameters);
      };
    },
  });
}

/** An error as Node's file system throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
