import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ExportInput,
  exportOnnx,
  openSession,
  saveModel,
  type Tensor,
  type Tree,
  type Value,
} from '@tutelage/engine';
import { z } from 'zod';
import type { Json } from '../core/curriculum.js';
import { UserError } from '../core/errors.js';
import { explained } from '../runs/file-errors.js';
import type { Vectors } from '../search/vectors.js';
import type { EncoderStudent } from './encoder-student.js';
import { restoreFeaturizer } from './featurizers.js';
import { orderBySize } from './predictor.js';
import { version } from './version.js';

/** A file beside `encoder.json`: no path, so that an untrusted folder can't reach out of itself. */
const fileName = z.string().regex(/^[\w-][\w.-]*$/);

const encoderSchema = z.object({
  format: z.literal('tutelage-encoder'),
  version: z.literal(1),
  /** Version of the package that wrote it. */
  tutelage: z.string(),
  preset: z.string(),
  width: z.int().min(1),
  featurizer: z.object({ kind: z.string(), config: z.custom<Json>((value) => value !== undefined) }),
  files: z.array(fileName),
});

const modelFile = 'model.onnx';

/**
 * Writes an encoder of texts into a folder: `model.onnx`, which gives `embeddings` [batch, width], `encoder.json`, and what its
 * featurizer needs.
 *
 * @throws {UserError} when files can't be written
 */
export function shipEncoder(folder: string, encoder: EncoderStudent, params: Tree<Tensor>): void {
  const { preset, width, featurizer, embed } = encoder;
  const model = exportOnnx<Tree<Value>, Readonly<Record<string, ExportInput>>>(
    (p, batch) => ({ embeddings: embed(p, batch) }),
    params,
    featurizer.inputs,
    {
      ...(featurizer.longest !== undefined && { axes: { length: { max: featurizer.longest } } }),
      metadata: { name: preset, description: `encoder of texts, preset ${preset}` },
    },
  );
  const files = featurizer.files ?? {};
  const description: z.output<typeof encoderSchema> = {
    format: 'tutelage-encoder',
    version: 1,
    tutelage: version,
    preset,
    width,
    featurizer: { kind: featurizer.kind, config: featurizer.config },
    files: Object.keys(files),
  };
  explained('write an encoder', folder, () => {
    mkdirSync(folder, { recursive: true });
    saveModel(join(folder, modelFile), model);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, 'encoder.json'), `${JSON.stringify(description, undefined, 2)}\n`);
  });
}

/** An encoder from its folder. */
export interface ShippedEncoder {
  readonly width: number;
  embed(texts: readonly string[]): Promise<Vectors>;
  dispose(): Promise<void>;
}

/** Texts that are run together. */
const chunk = 64;

/**
 * Opens an encoder that was shipped.
 *
 * @throws {UserError} when there is none in the folder, or it is damaged
 */
export async function openEncoder(folder: string): Promise<ShippedEncoder> {
  const path = join(folder, 'encoder.json');
  const { width, featurizer, files } = described(
    explained('read an encoder', path, () => readFileSync(path, 'utf8')),
    path,
  );
  const restored = await restoreFeaturizer(featurizer, async (name) => {
    if (!files.includes(name)) throw new UserError(`damaged encoder: ${folder}: ${name} is missing`);
    return explained('read an encoder', join(folder, name), () => readFileSync(join(folder, name), 'utf8'));
  });
  if (restored.input !== 'text') throw new UserError(`not an encoder of texts: ${folder}`);
  const session = await openSession(join(folder, modelFile)).catch((cause: unknown) => {
    throw new UserError(`damaged encoder: ${folder}: ${modelFile}`, { cause });
  });
  return {
    width,
    async embed(texts) {
      const data = new Float32Array(texts.length * width);
      const order = orderBySize(texts, restored.featurizer.size);
      for (let at = 0; at < order.length; at += chunk) {
        const places = order.slice(at, at + chunk);
        const batch = restored.featurizer.batch(places.map((place) => texts[place]!));
        const embeddings = (await session.run(batch)).embeddings?.data;
        if (!(embeddings instanceof Float32Array) || embeddings.length !== places.length * width) {
          throw new UserError(`damaged encoder: ${folder}: it gives no embeddings of width ${width}`);
        }
        places.forEach((place, i) => {
          data.set(embeddings.subarray(i * width, (i + 1) * width), place * width);
        });
      }
      return { data, width };
    },
    dispose: () => session.dispose(),
  };
}

function described(text: string, path: string): z.output<typeof encoderSchema> {
  try {
    return encoderSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`not an encoder, or damaged: ${path}`, { cause });
  }
}
