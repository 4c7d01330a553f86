import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const studio = new URL('../../', import.meta.url).pathname;

/** The folder of the built pages. */
export const pagesFolder = join(studio, 'dist', 'web');

/** Builds the pages if their sources have changed since. */
export function buildPages(): void {
  const built = statSync(join(pagesFolder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = join(studio, 'web');
  const isOlder = readdirSync(sources, { recursive: true }).some(
    (name) => statSync(join(sources, String(name))).mtimeMs > built,
  );
  if (!isOlder) return;
  const vite = join(studio, '../../node_modules/vite/bin/vite.js');
  const { status, stderr } = spawnSync(process.execPath, [vite, 'build', 'web'], {
    cwd: studio,
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (status !== 0 || !existsSync(pagesFolder)) throw new Error(`the pages can't be built: ${stderr}`);
}
