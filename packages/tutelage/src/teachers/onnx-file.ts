import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  decodeModel,
  type InferenceSession,
  type OnnxModel,
  openSession,
  type SessionOptions,
} from '@tutelage/engine';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { readJson } from '../language/json-file.js';

/** An ONNX file that is ready to run. */
export interface OnnxFile {
  readonly session: InferenceSession;
  readonly model: OnnxModel;
  /** SHA-256 of the model and of its data files. */
  readonly digest: string;
  /** The folder with the files that belong to the model. */
  readonly folder: string;
}

/**
 * Opens an ONNX file after a check of its structure.
 *
 * @throws {UserError} when it can't be read, is damaged, or has operators that the runtime doesn't know
 */
export async function openOnnxFile(path: string, options: SessionOptions): Promise<OnnxFile> {
  try {
    const bytes = readFileSync(path);
    const model = decodeModel(bytes);
    const session = await openSession(path, options);
    return { session, model, digest: digestOf(bytes, model, dirname(path)), folder: companions(path) };
  } catch (cause) {
    throw new UserError(`can't run the teacher: ${path}`, {
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: 'give an ONNX file of a classifier or an encoder',
      cause,
    });
  }
}

function digestOf(bytes: Uint8Array, { graph }: OnnxModel, folder: string): string {
  const hash = createHash('sha256').update(bytes);
  const locations = graph.initializers.flatMap(({ external }) => (external ? [external.location] : []));
  for (const location of new Set(locations)) hash.update(readFileSync(join(folder, location)));
  return hash.digest('hex');
}

/** Tokenizer and configuration lie beside the model, or around the folder `onnx` that it is in. */
function companions(path: string): string {
  const folder = dirname(path);
  const isBeside = ['tokenizer.json', 'config.json', 'preprocessor_config.json'].some((name) =>
    existsSync(join(folder, name)),
  );
  return !isBeside && basename(folder) === 'onnx' ? dirname(folder) : folder;
}

/** What of the JSON files around a model is used; each file may be absent, and so may what is in it. */
const schemas = {
  'config.json': z.object({
    id2label: z.record(z.string(), z.string()).optional(),
    max_position_embeddings: z.int().positive().optional(),
  }),
  'tokenizer_config.json': z.object({ model_max_length: z.number().positive().optional() }),
  'sentence_bert_config.json': z.object({ max_seq_length: z.int().positive().nullish() }),
  '1_Pooling/config.json': z.object({ pooling_mode_cls_token: z.boolean().optional() }),
  'preprocessor_config.json': z.object({
    image_mean: z.array(z.number()).optional(),
    image_std: z.array(z.number().positive()).optional(),
    rescale_factor: z.number().positive().optional(),
  }),
} as const;

/**
 * One of the JSON files around a model.
 *
 * @throws {UserError} when it is there but not what it should be
 */
export async function readCompanion<Name extends keyof typeof schemas>(
  folder: string,
  name: Name,
): Promise<z.infer<(typeof schemas)[Name]> | undefined> {
  const path = join(folder, name);
  if (!existsSync(path)) return undefined;
  const parsed = schemas[name].safeParse(await readJson(path));
  if (!parsed.success) {
    throw new UserError(`unexpected content: ${path}`, { detail: z.prettifyError(parsed.error) });
  }
  return parsed.data as z.infer<(typeof schemas)[Name]>;
}

/** Names of the classes, from `config.json` or the model's own metadata. */
export async function labelsBeside({ folder, model }: OnnxFile): Promise<readonly string[] | undefined> {
  const byId = (await readCompanion(folder, 'config.json'))?.id2label;
  if (byId) {
    const ids = Object.keys(byId).map(Number);
    if (ids.every((id) => Number.isInteger(id) && id >= 0 && id < ids.length)) {
      return ids.sort((a, b) => a - b).map((id) => byId[id]!);
    }
  }
  const { labels } = model.metadata;
  if (labels === undefined) return undefined;
  try {
    return z.array(z.string()).parse(JSON.parse(labels));
  } catch {
    return undefined;
  }
}
