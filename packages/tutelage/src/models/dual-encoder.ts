import { infoNce, normalize, type Value } from '@tutelage/engine';
import { type Encoder, type EncoderConfig, encode, meanPool } from './encoder.js';

/** Texts of one side: ids and a mask of 1 for tokens and 0 for padding (float32), both [batch, length]. */
export interface Texts {
  readonly tokens: Value;
  readonly mask: Value;
}

/**
 * Sentence embeddings (Reimers and Gurevych 2019): the mean of the encoder's states over the tokens, of length 1.
 *
 * @param key for dropout; none in evaluation
 * @returns [batch, width]
 */
export function embedTexts(
  p: Encoder<Value>,
  config: Pick<EncoderConfig, 'heads' | 'dropout'>,
  { tokens, mask }: Texts,
  key?: Value,
): Value {
  return normalize(meanPool(encode(p, config, tokens, mask, key), mask));
}

/**
 * The loss of a dual encoder whose sides share one encoder: in-batch contrast of embedded queries and documents in both
 * directions.
 *
 * @param queries [n, query width] from `embedTexts`
 * @param documents [n, width]: document i answers query i
 */
export function dualEncoderLoss(queries: Value, documents: Value, temperature: number): Value {
  return infoNce(queries, documents, { temperature, similarity: 'dot', symmetric: true });
}
