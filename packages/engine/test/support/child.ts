import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';

/** Inside the repository, so that the script finds the packages it imports. */
const folder = new URL('../.cache/', import.meta.url);

/** Runs a script of this folder's parent in a process of its own, with garbage collection on demand, and returns what it prints. */
export async function runScript(script: string, args: readonly string[] = []): Promise<unknown> {
  await mkdir(folder, { recursive: true });
  const outfile = new URL(`${script.replaceAll('/', '-')}-${process.pid}-${args.join('-')}.mjs`, folder)
    .pathname;
  try {
    await build({
      entryPoints: [new URL(`../${script}`, import.meta.url).pathname],
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile,
      external: ['onnxruntime-node'],
      logLevel: 'silent',
    });
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', outfile, ...args]);
    return JSON.parse(stdout);
  } finally {
    await rm(outfile, { force: true });
  }
}
