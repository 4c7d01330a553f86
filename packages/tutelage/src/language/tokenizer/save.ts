import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tokenizer } from './tokenizer.js';

/** Writes `tokenizer.json` and `tokenizer_config.json` into a folder, which is made if it is not there. */
export async function saveTokenizer({ files }: Tokenizer, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tokenizer.json'), `${JSON.stringify(files.tokenizer)}\n`);
  await writeFile(join(folder, 'tokenizer_config.json'), `${JSON.stringify(files.config, null, 2)}\n`);
}
