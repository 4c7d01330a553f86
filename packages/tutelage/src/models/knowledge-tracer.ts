import { nn, random, type Tensor, type Value } from '@tutelage/engine';

export interface KnowledgeTracerConfig {
  readonly skills: number;
  readonly embedding: number;
  readonly hidden: number;
}

/** Parameters under the names of PyTorch's modules. */
export type KnowledgeTracer<T> = {
  readonly embedding: nn.Embedding<T>;
  readonly gru: nn.Recurrent<T>;
  readonly output: nn.Linear<T>;
};

export function initKnowledgeTracer(key: random.Key, config: KnowledgeTracerConfig): KnowledgeTracer<Tensor> {
  return {
    embedding: nn.initEmbedding(random.foldIn(key, 'embedding'), 2 * config.skills, config.embedding, 1),
    gru: nn.initGru(random.foldIn(key, 'gru'), config.embedding, config.hidden),
    output: nn.initLinear(random.foldIn(key, 'output'), config.hidden, config.skills),
  };
}

/**
 * Deep knowledge tracing (Piech et al. 2015) with a GRU.
 *
 * @param interactions [learners, steps], each skill + skills * correct
 * @returns for each step the logit of answering each skill right next, [learners, steps, skills]
 */
export function knowledgeTracer(p: KnowledgeTracer<Value>, interactions: Value): Value {
  return nn.linear(p.output, nn.gru(p.gru, nn.embed(p.embedding, interactions)));
}
