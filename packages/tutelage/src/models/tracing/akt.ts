import {
  abs,
  add,
  cast,
  clip,
  cumSum,
  exp,
  expandDims,
  greaterEqual,
  iota,
  matmul,
  maximum,
  mul,
  neg,
  nn,
  random,
  softmax,
  softplus,
  sqrt,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type Value,
  where,
} from '@tutelage/engine';
import { fromHeads, toHeads } from '../transformer.js';
import {
  type FeedForward,
  feedForward,
  type Head,
  headLogits,
  hidden,
  initHead,
  residual,
  type TracingNet,
  type TracingVocabulary,
  visibility,
} from './net.js';

export interface AktConfig {
  readonly width: number;
  readonly heads: number;
  readonly dropout: number;
  /** Weight of the squared difficulties. */
  readonly penalty: number;
}

type Block<T> = {
  readonly key: nn.Linear<T>;
  readonly value: nn.Linear<T>;
  readonly output: nn.Linear<T>;
  /** [heads, 1, 1]: how fast attention decays, through softplus. */
  readonly decay: T;
  readonly attentionNorm: nn.Norm<T>;
  readonly feedForward: FeedForward<T>;
  readonly norm: nn.Norm<T>;
};

export type Akt<T> = {
  readonly concept: nn.Embedding<T>;
  readonly response: nn.Embedding<T>;
  /** How a question's difficulty shifts its concept and its response; and the difficulties, [questions, 1]. */
  readonly conceptShift: nn.Embedding<T>;
  readonly responseShift: nn.Embedding<T>;
  readonly difficulty: nn.Embedding<T>;
  readonly questions: Block<T>;
  readonly answers: Block<T>;
  readonly retriever: Block<T>;
  readonly head: Head<T>;
};

/**
 * Context-aware attentive knowledge tracing (Ghosh, Heffernan & Lan 2020): embeddings with one difficulty a question (equations 5 and
 * 6), encoders of questions and of answers, and attention that decays with the distance between answers, counted by what lies between
 * them that is alike (equations 2 to 4). One block each.
 */
export function akt({ concepts, questions }: TracingVocabulary, config: AktConfig): TracingNet<Akt<Value>> {
  const { width, heads, dropout } = config;
  return {
    init(key): Akt<Tensor> {
      const embedding = (name: string, count: number, deviation = 1, columns = width) =>
        nn.initEmbedding(random.foldIn(key, name), count, columns, deviation);
      const block = (name: string): Block<Tensor> => {
        const own = random.foldIn(key, name);
        const dense = (part: string, inputs = width, outputs = width) =>
          nn.initLinear(random.foldIn(own, part), inputs, outputs);
        return {
          key: dense('key'),
          value: dense('value'),
          output: dense('output'),
          decay: nn.zeros([heads, 1, 1]),
          attentionNorm: nn.initNorm(width),
          feedForward: { inner: dense('inner', width, 4 * width), outer: dense('outer', 4 * width, width) },
          norm: nn.initNorm(width),
        };
      };
      return {
        concept: embedding('concept', concepts),
        response: embedding('response', 2),
        conceptShift: embedding('conceptShift', concepts),
        responseShift: embedding('responseShift', 2),
        difficulty: embedding('difficulty', questions, 0, 1),
        questions: block('questions'),
        answers: block('answers'),
        retriever: block('retriever'),
        head: initHead(random.foldIn(key, 'head'), width),
      };
    },
    estimate(p, { concept, question, response, before }, key) {
      let drawn = 0;
      const drop = (x: Value) => random.dropout(x, dropout, key && random.foldInTraced(key, drawn++));
      const { bias, some } = visibility(before);
      const own = ownAndBefore(concept.dim(1));
      const plain = nn.embed(p.concept, concept);
      const shift = nn.embed(p.conceptShift, concept);
      const difficulty = nn.embed(p.difficulty, question);
      const asked = add(plain, mul(difficulty, shift));
      const responded = add(nn.embed(p.responseShift, response), shift);
      const answered = add(add(plain, nn.embed(p.response, response)), mul(difficulty, responded));
      const x = attend(p.questions, asked, asked, own, undefined, heads, drop);
      const y = attend(p.answers, answered, answered, own, undefined, heads, drop);
      const retrieved = attend(p.retriever, x, y, bias, some, heads, drop);
      const weight = config.penalty;
      return {
        logits: headLogits(p.head, retrieved, asked, drop),
        penalty: mul(sum(mul(difficulty, difficulty)), weight),
      };
    },
  };
}

/** Bias by which each row looks at itself and the rows before it, [steps, steps]. */
function ownAndBefore(steps: number): Value {
  return where(greaterEqual(expandDims(iota(steps), 1), iota(steps)), 0, hidden);
}

/** A block of decaying attention. @param some 0 for rows that may look at nothing */
function attend(
  p: Block<Value>,
  x: Value,
  values: Value,
  bias: Value,
  some: Value | undefined,
  heads: number,
  drop: (v: Value) => Value,
): Value {
  const keys = toHeads(nn.linear(p.key, x), heads);
  const scores = matmul(keys, keys, { transB: true, alpha: 1 / Math.sqrt(keys.dim(3)) });
  const weights = softmax(add(mul(scores, decay(p.decay, stopGradient(add(scores, bias)))), bias));
  const read = fromHeads(matmul(weights, toHeads(nn.linear(p.value, values), heads)));
  const context = nn.linear(p.output, some ? mul(read, some) : read);
  const y = residual(p.attentionNorm, x, drop(context));
  return residual(p.norm, y, drop(feedForward(p.feedForward, y)));
}

/** exp(-gamma D) with D(t, tau) = sqrt(|t - tau| * weight of the rows behind tau), within [1e-5, 1e5]. */
function decay(gamma: Value, scores: Value): Value {
  const steps = scores.dim(3);
  const weights = softmax(scores);
  const behind = sub(1, cumSum(weights, 3));
  const apart = cast(abs(sub(expandDims(iota(steps), 1), iota(steps))), 'float32');
  const distance = sqrt(maximum(mul(behind, apart), 0));
  return clip(exp(neg(mul(softplus(gamma), distance))), 1e-5, 1e5);
}
