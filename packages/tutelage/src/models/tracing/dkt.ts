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
  type Value,
} from '@tutelage/engine';
import { initKnowledgeTracer, type KnowledgeTracer } from '../knowledge-tracer.js';
import type { TracingNet, TracingVocabulary } from './net.js';

export interface DktConfig {
  /** Of embedding and hidden state. */
  readonly width: number;
  readonly dropout: number;
}

/**
 * Deep knowledge tracing (Piech et al. 2015): a recurrent net reads (concept, response) pairs, and its state before an answer tells
 * the chance for each concept. The cell is a GRU, which the runtime has as one operator, in place of the paper's LSTM.
 */
export function dkt(
  { concepts }: TracingVocabulary,
  { width, dropout }: DktConfig,
): TracingNet<KnowledgeTracer<Value>> {
  return {
    init: (key) => initKnowledgeTracer(key, { skills: concepts, embedding: width, hidden: width }),
    estimate(p, { concept, response, before }, key) {
      const [batch, steps] = concept.shape as [number, number];
      const interactions = add(concept, mul(response, concepts));
      const states = nn.gru(p.gru, nn.embed(p.embedding, interactions));
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
