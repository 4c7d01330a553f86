import { type InferenceSession, type Port, type Tensor, tensor } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { loadTokenizer } from '../language/tokenizer/load.js';
import type { TokenBatch, Tokenizer } from '../language/tokenizer/tokenizer.js';
import { openOnnxFile, readCompanion } from './onnx-file.js';
import type { PairScorer } from './pair-scorer.js';

/** Texts of a collection, by place. */
export interface PairTexts {
  readonly queries: readonly string[];
  readonly passages: readonly string[];
}

const batchSize = 32;
const usualLength = 512;

/**
 * A cross-encoder in an ONNX file, its tokenizer beside it: a query and a passage go in together, and a score comes out, one number or
 * the logits of "no" and "yes", whose difference is the score.
 *
 * @throws {UserError} when the file can't be read or takes or gives something else
 */
export async function onnxPairScorer(
  path: string,
  { queries, passages }: PairTexts,
): Promise<PairScorer & { dispose(): Promise<void> }> {
  const { session, folder, digest } = await openOnnxFile(path, { threads: 1 });
  const tokenizer = await loadTokenizer(folder);
  const config = await readCompanion(folder, 'tokenizer_config.json');
  const limit = Math.min(usualLength, config?.model_max_length ?? usualLength);
  const roles = session.inputs.map((port) => ({ port, role: roleOf(port) }));
  return {
    fingerprint: digest,
    async score(pairs, signal) {
      const scores = new Float64Array(pairs.length);
      const size = (place: number) => passages[pairs[place]![1]]!.length;
      const order = pairs.map((_, place) => place).sort((a, b) => size(a) - size(b));
      for (let at = 0; at < order.length; at += batchSize) {
        signal.throwIfAborted();
        const places = order.slice(at, at + batchSize);
        const texts = places.map(
          (place) => [queries[pairs[place]![0]]!, passages[pairs[place]![1]]!] as const,
        );
        const batch = encoded(tokenizer, texts, limit);
        const feeds = roles.map(
          ({ port, role }) => [port.name, tensor(batch[role].data, batch[role].shape, port.dtype)] as const,
        );
        const found = await scoresOf(session, Object.fromEntries(feeds), places.length);
        places.forEach((place, i) => {
          scores[place] = found[i]!;
        });
      }
      return scores;
    },
    dispose: () => session.dispose(),
  };
}

function roleOf({ name }: Port): keyof TokenBatch {
  if (/token_?type|segment/i.test(name)) return 'types';
  if (/mask/i.test(name)) return 'mask';
  if (/input_?ids|^ids$|^tokens?$/i.test(name)) return 'ids';
  throw new UserError(`input of the teacher that can't be made from two texts: '${name}'`, {
    hint: 'give a cross-encoder with inputs such as input_ids, attention_mask and token_type_ids',
  });
}

function encoded(
  tokenizer: Tokenizer,
  texts: readonly (readonly [string, string])[],
  limit: number,
): TokenBatch {
  const whole = tokenizer.encodeBatch(texts);
  return whole.ids.shape[1]! <= limit ? whole : tokenizer.encodeBatch(texts, limit);
}

async function scoresOf(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
  count: number,
): Promise<number[]> {
  const outputs = await session.run(feeds);
  const { data, shape } = outputs[session.outputs[0]!.name]!;
  const width = data.length / count;
  if (width === 1) return Array.from(data, Number);
  if (width === 2)
    return Array.from({ length: count }, (_, i) => Number(data[2 * i + 1]) - Number(data[2 * i]));
  throw new UserError(
    `the teacher gives [${shape.join(', ')}] for ${count} pairs: one score each is needed`,
    {
      hint: 'give a cross-encoder with one output for each pair',
    },
  );
}
