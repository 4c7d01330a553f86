import * as node from 'node:fs';

/**
 * `read`: an existing file; `create`: a new or emptied one; `exclusive`: a new one, or `EEXIST`;
 * `append`: at the end; `modify`: an existing file, to be shortened.
 */
export type OpenMode = 'read' | 'create' | 'exclusive' | 'append' | 'modify';

/**
 * The calls through which run directories reach the disk: few enough that a test can make each one fail in turn.
 * All are synchronous and throw Node's errors, with their `code`.
 */
export interface FileSystem {
  open(path: string, mode: OpenMode): number;
  /** Writes bytes at the descriptor's position and returns how many were taken, which may be fewer than given. */
  write(descriptor: number, bytes: Uint8Array): number;
  fsync(descriptor: number): void;
  close(descriptor: number): void;
  /** Cuts an open file to `length` bytes. */
  truncate(descriptor: number, length: number): void;
  /** The bytes of a file from `start` (default 0) to its end. */
  read(path: string, start?: number): Uint8Array;
  /** The names in a folder, in no particular order. */
  list(folder: string): string[];
  kind(path: string): 'file' | 'folder' | 'link' | 'absent';
  rename(from: string, to: string): void;
  /** Makes one folder; `EEXIST` if it is there already. */
  makeFolder(path: string): void;
  /** Makes the entries of a folder durable, as `fsync` does a file's bytes. */
  syncFolder(path: string): void;
  /** Deletes a file, or a folder with all that is in it, without following links. Absence is no error. */
  remove(path: string): void;
}

const flags: Record<OpenMode, string> = {
  read: 'r',
  create: 'w',
  exclusive: 'wx',
  append: 'a',
  modify: 'r+',
};

function readFrom(path: string, start: number): Uint8Array {
  const descriptor = node.openSync(path, 'r');
  try {
    const bytes = new Uint8Array(Math.max(0, node.fstatSync(descriptor).size - start));
    let filled = 0;
    while (filled < bytes.length) {
      const count = node.readSync(descriptor, bytes, filled, bytes.length - filled, start + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    node.closeSync(descriptor);
  }
}

/** The file system of the machine. */
export const nodeFileSystem: FileSystem = {
  open: (path, mode) => node.openSync(path, flags[mode]),
  write: (descriptor, bytes) => node.writeSync(descriptor, bytes),
  fsync: (descriptor) => node.fsyncSync(descriptor),
  close: (descriptor) => node.closeSync(descriptor),
  truncate: (descriptor, length) => node.ftruncateSync(descriptor, length),
  read: (path, start = 0) => readFrom(path, start),
  list: (folder) => node.readdirSync(folder),
  kind: (path) => {
    const stats = node.lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return 'absent';
    if (stats.isSymbolicLink()) return 'link';
    return stats.isDirectory() ? 'folder' : 'file';
  },
  rename: (from, to) => node.renameSync(from, to),
  makeFolder: (path) => {
    node.mkdirSync(path);
  },
  syncFolder: (path) => {
    // Windows can't open a folder; its file system journals renames by itself.
    if (process.platform === 'win32') return;
    const descriptor = node.openSync(path, 'r');
    try {
      node.fsyncSync(descriptor);
    } finally {
      node.closeSync(descriptor);
    }
  },
  remove: (path) => node.rmSync(path, { recursive: true, force: true }),
};
