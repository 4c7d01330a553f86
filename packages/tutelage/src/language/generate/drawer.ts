import type { Tensor, Tree } from '@tutelage/engine';
import type { Gpt, GptConfig } from '../../models/gpt.js';
import type { Llama, LlamaConfig } from '../../models/llama.js';
import { type DecoderCache, emptyCacheIn } from './cache.js';
import { type Decoder, gptDecoder, llamaDecoder } from './decoder.js';
import { type Generated, type GenerateOptions, generate } from './generate.js';

/** A model but for its weights. */
export type DrawnModel =
  | { readonly kind: 'llama'; readonly config: LlamaConfig; readonly positions: number }
  | { readonly kind: 'gpt'; readonly config: GptConfig };

/** How answers are drawn, without what is asked after each token. */
export type RolloutOptions = Pick<
  GenerateOptions,
  'maxTokens' | 'sampling' | 'repetitionPenalty' | 'endTokens' | 'signal'
>;

/** Some of the prompts, drawn as one batch. */
export interface Share {
  readonly prompts: readonly (readonly number[])[];
  /** Place of the first one among all prompts. */
  readonly first: number;
}

/** Weights as they were loaded: the same object means the same values. */
export interface Weights {
  readonly params: Tree<Tensor>;
}

/** Draws one share at a time. */
export interface Drawer {
  draw(weights: Weights, share: Share, options: RolloutOptions): Promise<Generated[]>;
  release(): Promise<void>;
}

/** Draws in this process. */
export function drawer(model: DrawnModel, threads: number): Drawer {
  let ready: { readonly weights: Weights; readonly decoder: Decoder } | undefined;
  let past: DecoderCache | undefined;
  return {
    async draw(weights, { prompts, first }, options) {
      if (ready?.weights !== weights) {
        await ready?.decoder.release();
        ready = { weights, decoder: await compiled(model, weights.params, threads) };
      }
      const positions = Math.max(...prompts.map((prompt) => prompt.length)) + options.maxTokens;
      // Memory that was used before need not be asked for again.
      past = past
        ? emptyCacheIn(past, prompts.length, positions)
        : ready.decoder.cache(prompts.length, positions);
      return generate(ready.decoder, prompts, { ...options, past, firstRow: first });
    },
    async release() {
      await ready?.decoder.release();
      ready = undefined;
      past = undefined;
    },
  };
}

function compiled(model: DrawnModel, params: unknown, threads: number): Promise<Decoder> {
  return model.kind === 'llama'
    ? llamaDecoder(params as Llama<Tensor>, model.config, model.positions, { threads })
    : gptDecoder(params as Gpt<Tensor>, model.config, { threads });
}
