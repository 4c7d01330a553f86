import { add, mul, nn, random, reshape, type Tensor, type Value } from '@tutelage/engine';
import { fromHeads, toHeads } from '../transformer.js';
import {
  type FeedForward,
  feedForward,
  residual,
  sinusoids,
  type TracingNet,
  type TracingVocabulary,
  visibility,
} from './net.js';

export interface SaktConfig {
  readonly width: number;
  readonly heads: number;
  readonly dropout: number;
}

export type Sakt<T> = {
  readonly asked: nn.Embedding<T>;
  readonly answered: nn.Embedding<T>;
  readonly query: nn.Linear<T>;
  readonly key: nn.Linear<T>;
  readonly value: nn.Linear<T>;
  readonly output: nn.Linear<T>;
  readonly attentionNorm: nn.Norm<T>;
  readonly feedForward: FeedForward<T>;
  readonly norm: nn.Norm<T>;
  readonly head: nn.Linear<T>;
};

/**
 * Self-attentive knowledge tracing (Pandey & Karypis 2019): the concept that is asked is the query, (concept, response) pairs before
 * it are keys and values, in one block of multi-head attention.
 */
export function sakt(
  { concepts }: TracingVocabulary,
  { width, heads, dropout }: SaktConfig,
): TracingNet<Sakt<Value>> {
  return {
    init(key): Sakt<Tensor> {
      const dense = (name: string, inputs = width, outputs = width) =>
        nn.initLinear(random.foldIn(key, name), inputs, outputs);
      return {
        asked: nn.initEmbedding(random.foldIn(key, 'asked'), concepts, width, 1),
        answered: nn.initEmbedding(random.foldIn(key, 'answered'), 2 * concepts, width, 1),
        query: dense('query'),
        key: dense('key'),
        value: dense('value'),
        output: dense('output'),
        attentionNorm: nn.initNorm(width),
        feedForward: { inner: dense('inner'), outer: dense('outer') },
        norm: nn.initNorm(width),
        head: dense('head', width, 1),
      };
    },
    estimate(p, { concept, response, before }, key) {
      let drawn = 0;
      const drop = (x: Value) => random.dropout(x, dropout, key && random.foldInTraced(key, drawn++));
      const { bias, some } = visibility(before);
      const asked = nn.embed(p.asked, concept);
      const pairs = nn.embed(p.answered, add(concept, mul(response, concepts)));
      const answered = add(pairs, sinusoids(before, width));
      const of = (layer: nn.Linear<Value>, x: Value) => toHeads(nn.linear(layer, x), heads);
      const read = nn.attention(of(p.query, asked), of(p.key, answered), of(p.value, answered), { bias });
      const context = nn.linear(p.output, mul(fromHeads(read), some));
      const x = residual(p.attentionNorm, asked, drop(context));
      const y = residual(p.norm, x, drop(feedForward(p.feedForward, x)));
      return { logits: reshape(nn.linear(p.head, y), concept.shape) };
    },
  };
}
