import { random, type Tensor } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { pairsByRating } from '../curricula/preference-stages.js';
import { initWindowLm, type WindowLm, type WindowLmConfig } from '../models/window-lm.js';
import { superviseWindow, type WindowJudge, windowJudge } from '../students/window-lessons.js';
import { type AnswerPair, preferWindow } from '../students/window-preferences.js';
import { type WindowSampler, windowSampler } from '../students/window-sampler.js';
import { type ShiftCopy, shiftCopy } from '../tasks/verifiable/shift-copy.js';

/** Sizes of a world in which preferences can be learned and checked: a rule, and a policy that has seen it broken. */
export interface PreferenceWorldOptions {
  readonly shape: Omit<WindowLmConfig, 'hidden'>;
  readonly hidden: readonly number[];
  readonly demonstrations: number;
  /** Share of the symbols of demonstrations that are right. */
  readonly accuracy: number;
  readonly passes: number;
  readonly learningRate: number;
}

type Params = WindowLm<Tensor>;

export interface PreferenceWorld {
  readonly task: ShiftCopy;
  readonly config: WindowLmConfig;
  /** The policy after supervised training on demonstrations. */
  readonly start: Params;
  readonly sampler: WindowSampler;
  readonly judge: WindowJudge;
  /** Of numbers drawn for a purpose. */
  key(purpose: string): random.Key;
  /** Pairs from answers of a policy, `count` to each prompt: by difficulty, the best against the worst first. */
  gradedPairs(
    params: Params,
    prompts: readonly Int32Array[],
    count: number,
    purpose: string,
  ): Promise<AnswerPair[][]>;
  /** Mean reward of answers that are drawn, one to each prompt. */
  reward(params: Params, prompts: readonly Int32Array[]): Promise<number>;
  /** How far a policy has gone from the start: the mean over its own answers of log(policy / start), nats an answer. */
  drift(params: Params, prompts: readonly Int32Array[]): Promise<number>;
  /** One pass of direct preference optimisation. */
  prefer(
    from: Params,
    reference: Params,
    pairs: readonly AnswerPair[],
    rates: { readonly beta: number; readonly learningRate: number },
  ): Promise<Params>;
  dispose(): Promise<void>;
}

const pairsABatch = 32;

export async function preferenceWorld(
  options: PreferenceWorldOptions,
  seed: number,
): Promise<PreferenceWorld> {
  const { shape, hidden, demonstrations, accuracy, passes, learningRate } = options;
  const base = random.foldIn(random.key(seed), 'preference world');
  const key = (purpose: string) => random.foldIn(base, purpose);
  const config: WindowLmConfig = { ...shape, hidden };
  const { vocabulary: symbols, prompt, answer } = shape;
  const task = shiftCopy({ symbols, prompt, answer }, key('task'));
  const shown = task.prompts('demonstrations', demonstrations);
  const start = await superviseWindow(
    { prompts: shown, answers: task.demonstrations(shown, accuracy, key('demonstrations')) },
    {
      config,
      params: initWindowLm(key('policy'), config),
      passes,
      learningRate,
      batchSize: 256,
      key: key('order'),
    },
  );
  const [sampler, judge] = [windowSampler(config), windowJudge(config)];
  return {
    task,
    config,
    start,
    sampler,
    judge,
    key,
    async gradedPairs(params, prompts, count, purpose) {
      const rounds: Int32Array[][] = [];
      for (let i = 0; i < count; i++) {
        rounds.push(await sampler.answers(params, prompts, random.foldIn(key(purpose), i)));
      }
      const graded = prompts.map((own, row) => {
        const rated = rounds.map((round) => ({ answer: round[row]!, rating: task.reward(own, round[row]!) }));
        return pairsByRating(rated, count - 1).map(
          (found) =>
            found && { prompt: own, chosen: found.pair.chosen.answer, rejected: found.pair.rejected.answer },
        );
      });
      return Array.from({ length: count - 1 }, (_, stage) => graded.flatMap((stages) => stages[stage] ?? []));
    },
    async reward(params, prompts) {
      const answers = await sampler.answers(params, prompts, key('reward'));
      return mean(answers.map((own, i) => task.reward(prompts[i]!, own)));
    },
    async drift(params, prompts) {
      const answers = await sampler.answers(params, prompts, key('drift'));
      const [now, then] = [
        await judge.answerLogs(params, { prompts, answers }),
        await judge.answerLogs(start, { prompts, answers }),
      ];
      return mean(now.map((log, i) => log - then[i]!));
    },
    prefer: (from, reference, pairs, rates) =>
      preferWindow({
        kind: 'dpo',
        config,
        params: from,
        reference,
        judge,
        pairs,
        batchSize: pairsABatch,
        ...rates,
      }),
    async dispose() {
      await sampler.dispose();
      await judge.dispose();
    },
  };
}
