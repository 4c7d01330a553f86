import { type Stats, statSync } from 'node:fs';

/** What was made of a file, until the file changes. */
export interface FileCache<T> {
  /** `make`'s result for the file as it is now; undefined when there is no file. `key` tells apart what is made of one file. */
  get(path: string, make: () => T, key?: string): T | undefined;
}

/** @param size results that are kept, the latest used */
export function fileCache<T>(size: number): FileCache<T> {
  const kept = new Map<string, { readonly stamp: string; readonly value: T }>();
  return {
    get(path, make, key = '') {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (!stats?.isFile()) return undefined;
      const stamp = stampOf(stats);
      const name = `${path}\n${key}`;
      const known = kept.get(name);
      const entry = known?.stamp === stamp ? known : { stamp, value: make() };
      kept.delete(name);
      kept.set(name, entry);
      if (kept.size > size) kept.delete(kept.keys().next().value!);
      return entry.value;
    },
  };
}

function stampOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`;
}
