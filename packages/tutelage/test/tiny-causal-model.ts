import { random } from '@tutelage/engine';
import type { CausalModel } from '../src/language/causal-model.js';
import type { Tokenizer } from '../src/language/tokenizer/tokenizer.js';
import { initLlama } from '../src/models/llama.js';

/** An untrained causal language model over a tokenizer's tokens, so small that a step takes milliseconds. */
export function tinyCausalModel(
  tokenizer: Tokenizer,
  seed: number,
  changes: Partial<CausalModel['config']> = {},
): CausalModel {
  const config = {
    vocabulary: tokenizer.vocabularySize,
    width: 16,
    layers: 1,
    heads: 2,
    keyValueHeads: 1,
    intermediate: 32,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 1e4,
    positions: 64,
    ...changes,
  };
  return { config, tokenizer, params: initLlama(random.key(seed), config) };
}
