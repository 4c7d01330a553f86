import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { download, type Expected, isIntact, type RemoteFile } from './download.js';
import { cacheFolder } from './public.js';

/** A language model that anyone may download, as a folder in Hugging Face's layout. */
export interface PublicModel {
  readonly about: string;
  readonly licence: string;
  /** Page to cite. */
  readonly source: string;
  /**
   * By name. Without a checksum a file is trusted when it is first downloaded: its checksum is then kept beside it, and a
   * file that has changed since is refused.
   */
  readonly files: Readonly<Record<string, Expected>>;
}

const SMOLLM2 = 'https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct';

export const PUBLIC_MODELS = {
  'smollm2-135m-instruct': {
    about:
      'a language model of 135 million parameters, trained to follow instructions (Ben Allal et al. 2025)',
    licence: 'Apache 2.0',
    source: SMOLLM2,
    files: Object.fromEntries(
      ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'].map((name) => [
        name,
        { url: `${SMOLLM2}/resolve/main/${name}` },
      ]),
    ),
  },
} as const satisfies Record<string, PublicModel>;

const PINS = 'checksums.json';
const pinsSchema = z.record(
  z.string(),
  z.object({ url: z.string(), bytes: z.int().nonnegative(), sha256: z.string() }),
);

/**
 * The folder of a public model, for `openLocalModel`: from the cache, or downloaded into it.
 *
 * @throws {UserError} if the name is unknown or a download fails
 */
export async function fetchPublicModel(name: string): Promise<string> {
  if (!Object.hasOwn(PUBLIC_MODELS, name)) {
    throw new UserError(`unknown model: ${name}`, {
      hint: `known: ${Object.keys(PUBLIC_MODELS).join(', ')}`,
    });
  }
  const model = PUBLIC_MODELS[name as keyof typeof PUBLIC_MODELS];
  return fetchModel(model, join(cacheFolder(), 'models', name));
}

/**
 * Downloads what is missing or damaged of a model.
 *
 * @returns the folder
 * @throws {UserError} if a download fails, or a file on the web is not what it was when it was first downloaded
 */
export async function fetchModel(model: PublicModel, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const pins = await readPins(join(folder, PINS));
  for (const [name, expected] of Object.entries(model.files)) {
    const path = join(folder, name);
    const pin = pins[name];
    const known: Expected = pin === undefined ? expected : { ...pin, ...expected };
    if (isWhole(known) && (await isIntact(path, known))) continue;
    pins[name] = await download(known, path);
    await writeFile(join(folder, PINS), `${JSON.stringify(pins, null, 2)}\n`);
  }
  return folder;
}

function isWhole(file: Expected): file is RemoteFile {
  return file.bytes !== undefined && file.sha256 !== undefined;
}

async function readPins(path: string): Promise<Record<string, RemoteFile>> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  try {
    return pinsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`not a list of checksums: ${path}`, {
      hint: 'delete it to download the model anew',
      cause,
    });
  }
}
