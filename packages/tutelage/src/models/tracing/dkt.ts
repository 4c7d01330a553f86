import {
  add,
  broadcastTo,
  concat,
  gather,
  iota,
  mul,
  nn,
  random,
  reshape,
  sum,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import type { TracingNet, TracingVocabulary } from './net.js';

export interface DktConfig {
  /** Of embedding and hidden state. */
  readonly width: number;
  readonly dropout: number;
}

export type Dkt<T> = {
  /** Of (concept, response) pairs: concept + concepts * response. */
  readonly answered: nn.Embedding<T>;
  readonly lstm: nn.Recurrent<T>;
  readonly output: nn.Linear<T>;
};

/**
 * Deep knowledge tracing (Piech et al. 2015): an LSTM reads (concept, response) pairs, and its state before an answer tells the chance
 * for each concept.
 */
export function dkt({ concepts }: TracingVocabulary, { width, dropout }: DktConfig): TracingNet<Dkt<Value>> {
  return {
    init: (key): Dkt<Tensor> => ({
      answered: nn.initEmbedding(random.foldIn(key, 'answered'), 2 * concepts, width, 1),
      lstm: nn.initLstm(random.foldIn(key, 'lstm'), width, width),
      output: nn.initLinear(random.foldIn(key, 'output'), width, concepts),
    }),
    estimate(p, { concept, response, before }, key) {
      const [batch, steps] = concept.shape as [number, number];
      const pairs = nn.embed(p.answered, add(concept, mul(response, concepts)));
      const { hidden: states } = nn.lstm(p.lstm, pairs);
      const start = broadcastTo(0, [batch, 1, width]);
      const rows = reshape(concat([start, states], 1), [-1, width]);
      const places = add(before, reshape(mul(iota(batch), steps + 1), [batch, 1]));
      const state = random.dropout(gather(rows, places, 0), dropout, key);
      // Only the asked concept's row of the output layer is needed.
      const { weight, bias } = p.output;
      const products = sum(mul(state, gather(weight, concept, 0)), { axes: -1 });
      return { logits: bias ? add(products, gather(bias, concept, 0)) : products };
    },
  };
}
