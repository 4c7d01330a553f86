import { build } from 'esbuild';

/** A script for browsers as bundlers make it, and the packages that it leaves for the page to find. */
export interface Bundle {
  readonly text: string;
  readonly imports: readonly string[];
}

/**
 * @param script whose imports are relative to this folder
 * @throws when something that it reaches imports a module of Node
 */
export async function bundle(script: string, external: readonly string[] = []): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: script, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    write: false,
    metafile: true,
    external: [...external],
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map((i) => i.path));
  return { text: outputFiles[0]!.text, imports };
}
