import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const studio = new URL('../../', import.meta.url).pathname;

/** The folder of the built pages. */
export const pagesFolder = join(studio, 'dist', 'web');

/** Whether the pages are built of their sources as they are. */
export function areBuilt(): boolean {
  const built = statSync(join(pagesFolder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = join(studio, 'web', 'src');
  return readdirSync(sources, { recursive: true }).every(
    (name) => statSync(join(sources, String(name))).mtimeMs <= built,
  );
}

/** Builds the pages if their sources have changed since. */
export function buildPages(): void {
  if (areBuilt()) return;
  const vite = join(studio, '../../node_modules/vite/bin/vite.js');
  const { status, stderr } = spawnSync(process.execPath, [vite, 'build', 'web'], {
    cwd: studio,
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (status !== 0) throw new Error(`the pages can't be built: ${stderr}`);
}
