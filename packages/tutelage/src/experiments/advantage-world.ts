import {
  add,
  klDivergence,
  logSoftmax,
  mean,
  mul,
  neg,
  random,
  sub,
  type Tensor,
  type Value,
} from '@tutelage/engine';
import { initWindowLm, type WindowLm, type WindowLmConfig, windowContexts } from '../models/window-lm.js';
import { expectedAdvantage } from '../objectives/advantage.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import { shuffledBatches, superviseWindow, tokensOf, windowJudge } from '../students/window-lessons.js';
import { type AnswerPair, preferWindow } from '../students/window-preferences.js';
import { windowSampler } from '../students/window-sampler.js';
import { windowTrainer } from '../students/window-trainer.js';
import { type PreferenceWorld, type PreferenceWorldOptions, preferenceWorld } from './preference-world.js';

type Params = WindowLm<Tensor>;

/** A world with a teacher, aligned by preferences and before that, and a smaller student. */
export interface AdvantageWorldOptions extends PreferenceWorldOptions {
  readonly student: { readonly hidden: readonly number[]; readonly samples: number };
  /** Prompts of the preferences, which all teaching uses. */
  readonly prompts: number;
  /** Answers to each, of which the best and the worst make the pair. */
  readonly answers: number;
  readonly alignment: { readonly beta: number; readonly learningRate: number; readonly passes: number };
}

/** What one answer to each prompt is used for, and how much that counts. */
export interface Use {
  readonly answers: readonly Int32Array[];
  /** Learned as it is. */
  readonly likelihood?: number;
  /** Where the student is drawn to a teacher's distributions. */
  readonly divergence?: { readonly weight: number; readonly teacher: Params };
  /** Where the student is drawn to tokens of which the aligned teacher thinks more than it did. */
  readonly advantage?: number;
}

export interface AdvantageWorld {
  readonly preferences: PreferenceWorld;
  readonly prompts: readonly Int32Array[];
  readonly chosen: readonly Int32Array[];
  readonly rejected: readonly Int32Array[];
  /** The teacher before and after its alignment. */
  readonly reference: Params;
  readonly aligned: Params;
  /** The student after supervised training on the teacher's answers. */
  readonly student: Params;
  /** The likeliest answers of a student to the prompts. */
  answered(params: Params): Promise<Int32Array[]>;
  /** Teaches a student by some uses at once, prompt by prompt. */
  teach(
    from: Params,
    uses: readonly Use[],
    plan: { readonly learningRate: number; readonly passes: number },
  ): Promise<Params>;
  /** Direct preference optimisation of the student. */
  prefer(plan: AdvantageWorldOptions['alignment']): Promise<Params>;
  /** Mean reward of answers that are drawn. */
  reward(params: Params, prompts: readonly Int32Array[]): Promise<number>;
  /** Mean over a student's own answers of log(now / after supervised training), nats an answer. */
  drift(params: Params, prompts: readonly Int32Array[]): Promise<number>;
  dispose(): Promise<void>;
}

const promptsABatch = 32;

export async function advantageWorld(options: AdvantageWorldOptions, seed: number): Promise<AdvantageWorld> {
  const world = await preferenceWorld(options, seed);
  const { task, key } = world;
  const config: WindowLmConfig = { ...options.shape, hidden: options.student.hidden };
  const [sampler, judge] = [windowSampler(config), windowJudge(config)];
  const asked = task.prompts('preferences', options.prompts);
  const graded = await world.gradedPairs(world.start, asked, options.answers, 'answers');
  const pairs = graded[0]!;
  const again = (passes: number) =>
    Array.from({ length: passes }, (_, i) =>
      random.stream(random.foldIn(key('pairs'), i)).shuffle(pairs),
    ).flat();
  const { alignment } = options;
  const aligned = await world.prefer(world.start, world.start, again(alignment.passes), alignment);

  const shown = task.prompts('student', options.student.samples);
  const samples = await world.sampler.answers(world.start, shown, key('samples'));
  const student = await superviseWindow(
    { prompts: shown, answers: samples },
    {
      config,
      params: initWindowLm(key('student'), config),
      passes: options.passes,
      learningRate: options.learningRate,
      batchSize: 256,
      key: key('student order'),
    },
  );
  const of = (side: keyof AnswerPair) => pairs.map((pair) => Int32Array.from(pair[side]));
  const prompts = of('prompt');

  const teach: AdvantageWorld['teach'] = async (from, uses, { learningRate, passes }) => {
    const places = await placesOf({ world, config, prompts, uses, aligned });
    const trainer = windowTrainer({ params: from, config, learningRate, objective: weighted });
    const perPrompt = config.answer;
    for (let pass = 0; pass < passes; pass++) {
      for (const chosen of shuffledBatches(
        prompts.length,
        promptsABatch,
        random.foldIn(key('teaching'), pass),
      )) {
        const rows = uses.flatMap((_, use) =>
          chosen.flatMap((i) =>
            Array.from({ length: perPrompt }, (__, t) => (use * prompts.length + i) * perPrompt + t),
          ),
        );
        await trainer.learn(places, rows);
      }
    }
    await trainer.dispose();
    return trainer.params;
  };
  return {
    preferences: world,
    prompts,
    chosen: of('chosen'),
    rejected: of('rejected'),
    reference: world.start,
    aligned,
    student,
    answered: (params) => sampler.answers(params, prompts),
    teach,
    prefer: ({ beta, learningRate, passes }) =>
      preferWindow({
        kind: 'dpo',
        config,
        params: student,
        reference: student,
        judge,
        pairs: again(passes),
        batchSize: promptsABatch,
        beta,
        learningRate,
      }),
    async reward(params, tests) {
      const answers = await sampler.answers(params, tests, key('student reward'));
      return answers.reduce((sum, own, i) => sum + task.reward(tests[i]!, own), 0) / tests.length;
    },
    async drift(params, tests) {
      const answers = await sampler.answers(params, tests, key('student drift'));
      const logs = (by: Params) => judge.answerLogs(by, { prompts: tests, answers });
      const [now, then] = [await logs(params), await logs(student)];
      return now.reduce((sum, log, i) => sum + log - then[i]!, 0) / tests.length;
    },
    async dispose() {
      for (const part of [sampler, judge, world]) await part.dispose();
    },
  };
}

/** The mean over places of what each is used for. */
function weighted(logits: Value, known: Readonly<Record<string, Value>>): Value {
  const likelihood = mul(neg(tokenLogProbabilities(logits, known.next!)), known.likelihood!);
  const divergence = mul(
    klDivergence(logSoftmax(logits), known.target!, { reduction: 'none' }),
    known.divergence!,
  );
  const advantage = mul(expectedAdvantage(logits, known.advantages!), known.advantage!);
  return mean(sub(add(likelihood, divergence), advantage));
}

/** Below it a log-probability is not believed. */
const leastLog = Math.log(1e-7);

async function placesOf({
  world,
  config,
  prompts,
  uses,
  aligned,
}: {
  readonly world: PreferenceWorld;
  readonly config: WindowLmConfig;
  readonly prompts: readonly Int32Array[];
  readonly uses: readonly Use[];
  readonly aligned: Params;
}) {
  const { answer, vocabulary } = config;
  const size = prompts.length * answer;
  const total = uses.length * size;
  const all = { prompts: uses.flatMap(() => prompts), answers: uses.flatMap((use) => use.answers) };
  // The mean is over the places of all uses, but each use counts as if it were alone.
  const weightOf = (weight: (use: Use) => number | undefined) =>
    Float32Array.from({ length: total }, (_, i) => uses.length * (weight(uses[Math.floor(i / size)]!) ?? 0));
  const target = new Float32Array(total * vocabulary);
  const advantages = new Float32Array(total * vocabulary);
  for (const [i, { answers, divergence, advantage }] of uses.entries()) {
    const start = i * size * vocabulary;
    if (divergence) target.set(await world.judge.logs(divergence.teacher, { prompts, answers }), start);
    if (!advantage) continue;
    const [now, before] = [
      await world.judge.logs(aligned, { prompts, answers }),
      await world.judge.logs(world.start, { prompts, answers }),
    ];
    now.forEach((log, a) => {
      advantages[start + a] = Math.max(log, leastLog) - Math.max(before[a]!, leastLog);
    });
  }
  return {
    contexts: windowContexts(config, all.prompts, all.answers),
    known: {
      next: tokensOf(all.answers),
      target,
      advantages,
      likelihood: weightOf((use) => use.likelihood),
      divergence: weightOf((use) => use.divergence?.weight),
      advantage: weightOf((use) => use.advantage),
    },
  };
}
