import {
  jit,
  logSoftmax,
  mean,
  random,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import {
  slotCount,
  type WindowLm,
  type WindowLmConfig,
  windowContexts,
  windowLm,
} from '../models/window-lm.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { windowTrainer } from './window-trainer.js';

/** Prompts with an answer to each. */
export interface Answered {
  readonly prompts: readonly ArrayLike<number>[];
  readonly answers: readonly ArrayLike<number>[];
}

/** Positions 0 to `count` - 1 in random order, in batches. */
export function* shuffledBatches(count: number, size: number, key: random.Key): Generator<number[]> {
  const order = random.stream(key).shuffle(Array.from({ length: count }, (_, i) => i));
  for (let at = 0; at < count; at += size) yield order.slice(at, at + size);
}

export interface SupervisedOptions {
  readonly config: WindowLmConfig;
  readonly params: WindowLm<Tensor>;
  readonly passes: number;
  readonly learningRate: number;
  /** Places in a batch. */
  readonly batchSize: number;
  /** Of the order. */
  readonly key: random.Key;
}

/** Supervised training of a window language model on answers. */
export async function superviseWindow(
  { prompts, answers }: Answered,
  options: SupervisedOptions,
): Promise<WindowLm<Tensor>> {
  const { config, params, passes, learningRate, batchSize, key } = options;
  const contexts = windowContexts(config, prompts, answers);
  const next = tokensOf(answers);
  const trainer = windowTrainer({
    params,
    config,
    learningRate,
    objective: (logits, known) => mean(softmaxCrossEntropy(logits, known.next!).loss),
  });
  for (let pass = 0; pass < passes; pass++) {
    for (const rows of shuffledBatches(next.length, batchSize, random.foldIn(key, pass))) {
      await trainer.learn({ contexts, known: { next } }, rows);
    }
  }
  await trainer.dispose();
  return trainer.params;
}

/** All tokens of some answers, one after the other. */
export function tokensOf(answers: readonly ArrayLike<number>[]): Int32Array {
  return Int32Array.from(answers.flatMap((answer) => Array.from(answer)));
}

/** What window language models of one shape make of given answers. */
export interface WindowJudge {
  /** Log-probability of every token, at each place: [answers x tokens, vocabulary]. */
  logs(params: WindowLm<Tensor>, answered: Answered): Promise<Float32Array>;
  /** Log-probability of each answer. */
  answerLogs(params: WindowLm<Tensor>, answered: Answered): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export function windowJudge(config: WindowLmConfig): WindowJudge {
  const slots = slotCount(config);
  const all = jit((p: WindowLm<Value>, contexts: Value) => logSoftmax(windowLm(p, contexts)), { threads: 1 });
  const own = jit(
    (p: WindowLm<Value>, contexts: Value, next: Value) => tokenLogProbabilities(windowLm(p, contexts), next),
    {
      threads: 1,
    },
  );
  const contextsOf = ({ prompts, answers }: Answered) => {
    const contexts = windowContexts(config, prompts, answers);
    return tensor(contexts, [contexts.length / slots, slots]);
  };
  return {
    logs: async (params, answered) => (await all(params, contextsOf(answered))).data as Float32Array,
    async answerLogs(params, answered) {
      const { data } = await own(params, contextsOf(answered), tensor(tokensOf(answered.answers)));
      const sums = new Float32Array(answered.answers.length);
      (data as Float32Array).forEach((log, i) => {
        sums[Math.floor(i / config.answer)]! += log;
      });
      return sums;
    },
    async dispose() {
      await all.dispose();
      await own.dispose();
    },
  };
}
