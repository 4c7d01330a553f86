import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Bytes of a model: of its file and of those beside it whose names begin with its own, which hold weights that the file has no room
 * for, or of all files of a folder.
 */
export function sizeOf(path: string): number {
  const isFolder = statSync(path).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const names = readdirSync(folder).filter((name) => isFolder || name.startsWith(basename(path)));
  const found = names.map((name) => statSync(join(folder, name), { throwIfNoEntry: false }));
  return found.reduce((sum, file) => sum + (file?.isFile() ? file.size : 0), 0);
}
