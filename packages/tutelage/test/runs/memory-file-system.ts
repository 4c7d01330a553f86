import { basename, dirname } from 'node:path';
import { withFile, writeAll } from '../../src/runs/atomic.js';
import type { FileSystem } from '../../src/runs/file-system.js';
import { systemError } from './faults.js';

interface MemoryFile {
  readonly kind: 'file';
  data: Uint8Array;
  durable: Uint8Array;
}

interface MemoryFolder {
  readonly kind: 'folder';
  entries: Map<string, MemoryNode>;
  durable: Map<string, MemoryNode>;
}

type MemoryNode = MemoryFile | MemoryFolder;

const newFolder = (): MemoryFolder => ({ kind: 'folder', entries: new Map(), durable: new Map() });

/**
 * A disk that forgets, when the power fails, every byte that was not followed by `fsync` of its file and every name
 * that was not followed by `syncFolder` of its folder: the least that POSIX promises. If `names` survive, only bytes are
 * forgotten, as on a file system that writes names first.
 */
export function memoryFileSystem(): { fs: FileSystem; failPower: (survives: 'nothing' | 'names') => void } {
  const root = newFolder();
  const open = new Map<number, { file: MemoryFile; position: number }>();
  let nextDescriptor = 3;

  const find = (path: string): MemoryNode | undefined =>
    path
      .split('/')
      .filter((part) => part !== '')
      .reduce<MemoryNode | undefined>(
        (node, part) => (node?.kind === 'folder' ? node.entries.get(part) : undefined),
        root,
      );
  const folder = (path: string): MemoryFolder => {
    const node = find(path);
    if (node === undefined) throw systemError('ENOENT');
    if (node.kind === 'file') throw systemError('ENOTDIR');
    return node;
  };
  const file = (path: string): MemoryFile => {
    const node = find(path);
    if (node === undefined) throw systemError('ENOENT');
    if (node.kind === 'folder') throw systemError('EISDIR');
    return node;
  };
  const opened = (descriptor: number): { file: MemoryFile; position: number } => {
    const entry = open.get(descriptor);
    if (entry === undefined) throw systemError('EBADF');
    return entry;
  };
  const forget = (node: MemoryNode, survives: 'nothing' | 'names'): void => {
    if (node.kind === 'file') {
      node.data = node.durable;
    } else {
      if (survives === 'nothing') node.entries = new Map(node.durable);
      for (const child of node.entries.values()) forget(child, survives);
    }
  };

  const fs: FileSystem = {
    open(path, mode) {
      const { entries } = folder(dirname(path));
      if (mode === 'exclusive' && entries.has(basename(path))) throw systemError('EEXIST');
      if (!entries.has(basename(path)) && mode !== 'read' && mode !== 'modify') {
        entries.set(basename(path), { kind: 'file', data: new Uint8Array(0), durable: new Uint8Array(0) });
      }
      const node = file(path);
      if (mode === 'create') node.data = new Uint8Array(0);
      open.set(nextDescriptor, { file: node, position: mode === 'append' ? node.data.length : 0 });
      return nextDescriptor++;
    },
    write(descriptor, bytes) {
      const entry = opened(descriptor);
      // Takes only a part, as the system may.
      const count = Math.ceil(bytes.length / 2);
      const data = new Uint8Array(Math.max(entry.file.data.length, entry.position + count));
      data.set(entry.file.data);
      data.set(bytes.subarray(0, count), entry.position);
      entry.file.data = data;
      entry.position += count;
      return count;
    },
    fsync(descriptor) {
      const { file: node } = opened(descriptor);
      node.durable = node.data;
    },
    close(descriptor) {
      opened(descriptor);
      open.delete(descriptor);
    },
    truncate(descriptor, length) {
      const { file: node } = opened(descriptor);
      node.data = node.data.slice(0, length);
    },
    read: (path, start = 0) => file(path).data.slice(start),
    list: (path) => [...folder(path).entries.keys()],
    kind: (path) => find(path)?.kind ?? 'absent',
    rename(from, to) {
      const node = find(from);
      if (node === undefined) throw systemError('ENOENT');
      const existing = find(to);
      if (existing?.kind === 'folder' && existing.entries.size > 0) throw systemError('ENOTEMPTY');
      folder(dirname(to)).entries.set(basename(to), node);
      folder(dirname(from)).entries.delete(basename(from));
    },
    makeFolder(path) {
      const { entries } = folder(dirname(path));
      if (entries.has(basename(path))) throw systemError('EEXIST');
      entries.set(basename(path), newFolder());
    },
    syncFolder(path) {
      const node = folder(path);
      node.durable = new Map(node.entries);
    },
    remove(path) {
      const parent = find(dirname(path));
      if (parent?.kind === 'folder') parent.entries.delete(basename(path));
    },
  };
  return {
    fs,
    failPower(survives) {
      open.clear();
      forget(root, survives);
    },
  };
}

/** Writes a file as a whole, or appends to it. */
export function put(
  fs: FileSystem,
  path: string,
  content: string | Uint8Array,
  mode: 'create' | 'append' = 'create',
): void {
  withFile(fs, path, mode, (descriptor) => writeAll(fs, descriptor, Buffer.from(content)));
}
