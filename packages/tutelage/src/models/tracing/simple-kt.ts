import { add, mul, nn, random, type Tensor, type Value } from '@tutelage/engine';
import { fromHeads, toHeads } from '../transformer.js';
import {
  type FeedForward,
  feedForward,
  type Head,
  headLogits,
  initHead,
  residual,
  sinusoids,
  type TracingNet,
  type TracingVocabulary,
  visibility,
} from './net.js';

export interface SimpleKtConfig {
  readonly width: number;
  readonly heads: number;
  readonly blocks: number;
  readonly dropout: number;
  /** Whether each question has a difficulty of its own. */
  readonly difficulty: boolean;
}

type Block<T> = {
  readonly key: nn.Linear<T>;
  readonly value: nn.Linear<T>;
  readonly output: nn.Linear<T>;
  readonly attentionNorm: nn.Norm<T>;
  readonly feedForward: FeedForward<T>;
  readonly norm: nn.Norm<T>;
};

export type SimpleKt<T> = {
  readonly concept: nn.Embedding<T>;
  readonly response: nn.Embedding<T>;
  /** How the difficulty of a question shifts each concept, and the difficulty. */
  readonly shift?: nn.Embedding<T>;
  readonly difficulty?: nn.Embedding<T>;
  readonly blocks: readonly Block<T>[];
  readonly head: Head<T>;
};

/**
 * simpleKT (Liu et al. 2023): concepts shifted by the difficulty of the question, x = c + m * d, ask for (concept, response) pairs at
 * the same kind of places before, by plain dot-product attention. Queries and keys share a projection, and the first row sees
 * nothing.
 */
export function simpleKt(
  { concepts, questions }: TracingVocabulary,
  config: SimpleKtConfig,
): TracingNet<SimpleKt<Value>> {
  const { width, heads, dropout } = config;
  return {
    init(key): SimpleKt<Tensor> {
      const embedding = (name: string, count: number, deviation: number) =>
        nn.initEmbedding(random.foldIn(key, name), count, width, deviation);
      return {
        concept: embedding('concept', concepts, 1),
        response: embedding('response', 2, 1),
        ...(config.difficulty && {
          shift: embedding('shift', concepts, 1),
          difficulty: embedding('difficulty', questions, 0),
        }),
        blocks: Array.from({ length: config.blocks }, (_, i) => {
          const dense = (name: string, inputs = width, outputs = width) =>
            nn.initLinear(random.foldIn(random.foldIn(key, i), name), inputs, outputs);
          return {
            key: dense('key'),
            value: dense('value'),
            output: dense('output'),
            attentionNorm: nn.initNorm(width),
            feedForward: { inner: dense('inner', width, 4 * width), outer: dense('outer', 4 * width, width) },
            norm: nn.initNorm(width),
          };
        }),
        head: initHead(random.foldIn(key, 'head'), width),
      };
    },
    estimate(p, { concept, question, response, before }, key) {
      let drawn = 0;
      const drop = (x: Value) => random.dropout(x, dropout, key && random.foldInTraced(key, drawn++));
      const { bias, some } = visibility(before);
      const places = sinusoids(before, width);
      const plain = nn.embed(p.concept, concept);
      const asked =
        p.shift && p.difficulty
          ? add(plain, mul(nn.embed(p.difficulty, question), nn.embed(p.shift, concept)))
          : plain;
      const answered = add(add(plain, nn.embed(p.response, response)), places);
      let x = add(asked, places);
      for (const block of p.blocks) {
        const keys = toHeads(nn.linear(block.key, x), heads);
        const values = toHeads(nn.linear(block.value, answered), heads);
        const read = mul(fromHeads(nn.attention(keys, keys, values, { bias })), some);
        x = residual(block.attentionNorm, x, drop(nn.linear(block.output, read)));
        x = residual(block.norm, x, drop(feedForward(block.feedForward, x)));
      }
      return { logits: headLogits(p.head, x, asked, drop) };
    },
  };
}
