import { type Concrete, mul, neg, sum, tensor, type Value } from '@tutelage/engine';
import type { CausalModel } from '../language/causal-model.js';
import type { Lesson, LessonBatch } from '../language/lessons.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { causalTrainer } from './causal-trainer.js';
import { lessonPasses, passShape } from './lesson-passes.js';
import { learnOnePass, type OnePass, onePassTraining } from './one-pass.js';

export interface CausalLessonsOptions extends OnePass {
  readonly model: CausalModel;
  /** Lessons in the order of their updates; answers have their end token. */
  readonly lessons: readonly Lesson[];
}

/**
 * Supervised fine-tuning of a causal language model on answers, one pass over lessons in their order. The loss of an update is the mean over
 * the tokens of its answers, in nats.
 */
export async function teachLessons(options: CausalLessonsOptions): Promise<CausalModel> {
  const { model, lessons } = options;
  const trainer = causalTrainer<LessonBatch<Value>>({
    ...onePassTraining(lessons.length, options),
    model,
    objective: (logits, { next, counted }) => sum(mul(neg(tokenLogProbabilities(logits, next)), counted)),
  });
  const shape = passShape(lessons, 1);
  const batchesOf = (start: number, end: number) => {
    const own = lessons.slice(start, end);
    const passes = lessonPasses(own, shape, model.tokenizer.special.end ?? 0);
    // So weighted that the mean of the passes' sums is the mean over the update's tokens.
    const weight = passes.length / own.reduce((count, { answer }) => count + answer.length, 0);
    return passes.map(({ batch }) => {
      const counted = (batch.counted.data as Float32Array).map((one) => one * weight);
      return { ...batch, counted: tensor(counted, batch.counted.shape) } as Concrete<LessonBatch<Value>>;
    });
  };
  const pass = { trainer, objective: 'supervised', examples: lessons.length, batchesOf };
  return { ...model, params: await learnOnePass(pass, options) };
}
