import { type Concrete, optim, random, type Value } from '@tutelage/engine';
import type { CausalModel } from '../language/causal-model.js';
import { type Lesson, type LessonBatch, lessonBatch, packLessons, positionsOf } from '../language/lessons.js';
import { supervised } from '../objectives/tokens.js';
import { projections } from './adapted-trainer.js';
import { causalTrainer } from './causal-trainer.js';
import { shuffledBatches } from './window-lessons.js';

export interface CausalSupervision {
  readonly model: CausalModel;
  readonly lessons: readonly Lesson[];
  readonly passes: number;
  /** Rows of an update, of several lessons each where they fit. */
  readonly batchSize: number;
  /** At its height; it rises for the first twentieth of the updates, and falls by a cosine. */
  readonly learningRate: number;
  /** Rank of low-rank changes; all weights are trained where it is 0. */
  readonly loraRank: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears of each update. */
  readonly onStep?: (step: number, of: number, loss: number) => void;
}

/** Rows have a multiple of so many tokens. */
const unit = 32;

/** Supervised fine-tuning of a causal language model on answers to prompts. */
export async function superviseCausal(options: CausalSupervision): Promise<CausalModel> {
  const { model, lessons, passes, batchSize, loraRank, seed, signal } = options;
  const length = unit * Math.ceil(Math.max(...lessons.map(positionsOf)) / unit);
  const rows = packLessons(lessons, length);
  const total = passes * Math.ceil(rows.length / batchSize);
  const trainer = causalTrainer<LessonBatch<Value>>({
    model,
    objective: (logits, batch) => supervised(logits, batch),
    learningRate: options.learningRate,
    schedule: optim.cosine({ total, warmup: Math.floor(total / 20) }),
    clipNorm: 1,
    ...(loraRank > 0 && { lora: { rank: loraRank, alpha: 2 * loraRank, match: projections } }),
    seed,
  });
  const key = random.foldIn(random.key(seed), 'supervised');
  try {
    let step = 0;
    for (let pass = 0; pass < passes; pass++) {
      for (const chosen of shuffledBatches(rows.length, batchSize, random.foldIn(key, pass))) {
        if (signal.aborted) break;
        const batch = lessonBatch(
          chosen.map((row) => rows[row]!.map((i) => lessons[i]!)),
          { length, padding: model.tokenizer.special.end ?? 0 },
        );
        const { loss } = await trainer.learn(batch as Concrete<LessonBatch<Value>>);
        options.onStep?.(++step, total, loss);
      }
    }
    return { ...model, params: await trainer.params() };
  } finally {
    await trainer.dispose();
  }
}
