import { jit, mul, random, softmax, type Tensor, tensor, type Value } from '@tutelage/engine';
import { draw, likeliest } from '../language/generate/sample.js';
import {
  slotCount,
  type WindowLm,
  type WindowLmConfig,
  windowContexts,
  windowLm,
} from '../models/window-lm.js';

/** Draws answers from window language models of one shape. */
export interface WindowSampler {
  /**
   * One answer to each prompt.
   *
   * @param key of what is drawn; the likeliest tokens where there is none
   * @param temperature divides the logits; 1 unless told
   */
  answers(
    params: WindowLm<Tensor>,
    prompts: readonly ArrayLike<number>[],
    key?: random.Key,
    temperature?: number,
  ): Promise<Int32Array[]>;
  dispose(): Promise<void>;
}

export function windowSampler(config: WindowLmConfig): WindowSampler {
  const slots = slotCount(config);
  const predict = jit(
    (p: WindowLm<Value>, contexts: Value, inverse: Value) => softmax(mul(windowLm(p, contexts), inverse)),
    { threads: 1 },
  );
  return {
    async answers(params, prompts, key, temperature = 1) {
      const inverse = tensor(Float32Array.of(1 / temperature), []);
      const found = prompts.map(() => new Int32Array(config.answer));
      const uniform = new Float32Array(prompts.length);
      for (let t = 0; t < config.answer; t++) {
        const contexts = windowContexts(config, prompts, found, { from: t, count: 1 });
        const { data } = await predict(params, tensor(contexts, [prompts.length, slots]), inverse);
        const probabilities = data as Float32Array;
        if (key) random.fillUniform(uniform, random.foldIn(key, t));
        found.forEach((answer, row) => {
          const own = probabilities.subarray(row * config.vocabulary, (row + 1) * config.vocabulary);
          answer[t] = key ? draw(own, { key }, uniform[row]!) : likeliest(own);
        });
      }
      return found;
    },
    dispose: () => predict.dispose(),
  };
}
