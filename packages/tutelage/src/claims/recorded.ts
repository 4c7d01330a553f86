import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** In the published package, and in the repository. */
const folders = ['../../reproductions/', '../../../../reproductions/'];

/** The record of a claim's reproduction that comes with the library: the paths of its JSON and of its plot; undefined without one. */
export function recordedFiles(claim: string): { readonly record: string; readonly plot: string } | undefined {
  const paths = folders.map((folder) => fileURLToPath(new URL(`${folder}${claim}`, import.meta.url)));
  const path = paths.find((one) => existsSync(`${one}.json`));
  return path === undefined ? undefined : { record: `${path}.json`, plot: `${path}.svg` };
}
