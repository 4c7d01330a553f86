import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { percent } from '../../assessment/wording.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Arm } from '../../core/claim.js';
import { UserError } from '../../core/errors.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import {
  type PreferenceWorld,
  type PreferenceWorldOptions,
  preferenceWorld,
} from '../../experiments/preference-world.js';
import { saveCausalModel } from '../../language/causal-model.js';
import {
  type LessonStages,
  lessonStages,
  type OwnRatings,
  pairTexts,
  readOwnRatings,
} from '../../own-data/own-ratings.js';
import { runOwnTrials } from '../../own-data/own-trials.js';
import { dpoCausal, pairAccuracy, pairLogs } from '../../students/causal-preferences.js';

/*
 * Curry-DPO: Pattnaik et al., "Enhancing Alignment using Curriculum Learning & Ranked Preferences", EMNLP Findings 2024. Several rated
 * answers to a prompt make several pairs: the best against the worst, the second worst, and so on. They are learned from easy to hard, one
 * stage of direct preference optimisation each, which starts from the model of the stage before and refers to it.
 */

const params = z.object({
  scope: z
    .enum(['local', 'global'])
    .default('local')
    .describe('pairs are ordered within each prompt, or all together by their gap'),
  stages: z.int().min(1).max(8).default(3).describe('iterations from easy to hard'),
  leastGap: z.number().min(0).default(0).describe('least difference of the ratings of a pair'),
  reference: z
    .enum(['previous', 'first'])
    .default('previous')
    .describe('what a stage refers to: the model of the stage before, or the first'),
  beta: z.number().positive().default(0.1).describe('weight of the distance from the reference'),
  learningRate: z
    .number()
    .positive()
    .default(5e-5)
    .describe('of each stage; the paper trains all weights by 5e-7'),
  loraRank: z
    .int()
    .min(0)
    .default(16)
    .describe('rank of low-rank changes; 0 trains all weights, as the paper does'),
  batchSize: z.int().min(1).default(4).describe('pairs of an update'),
  maxTokens: z
    .int()
    .min(8)
    .default(512)
    .describe('longest prompt and answer together; longer ones are left out'),
  heldOut: z
    .number()
    .gt(0)
    .lt(0.9)
    .default(0.2)
    .describe('share of the prompts whose pairs are only assessed'),
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'curry-dpo',
  room: 'alignment',
  paper: {
    card: 21,
    title: 'Enhancing Alignment using Curriculum Learning & Ranked Preferences',
    year: 2024,
    arxiv: '2403.07230',
  },
  teaches: 'a causal language model to prefer better answers, pair by pair from easy to hard',
  params,
  run: teachOwn,
});

/* The user's own ratings. */

/** Ways through the same pairs with equally many updates. */
const orders = {
  'easy to hard': (stages: LessonStages) => stages.map((stage) => stage.map(({ pair }) => pair)),
  'all pairs mixed': (stages: LessonStages, dice: random.Stream) => [
    dice.shuffle(stages.flat().map(({ pair }) => pair)),
  ],
  'easiest pairs again': (stages: LessonStages) => [stages.flatMap(() => stages[0]!.map(({ pair }) => pair))],
  'hard to easy': (stages: LessonStages) => stages.toReversed().map((stage) => stage.map(({ pair }) => pair)),
} as const;
type Order = keyof typeof orders;

async function teachOwn(own: OwnRatings, settings: Settings, context: MethodContext): Promise<Taught> {
  const { model, rated } = own;
  const { seed, folder, signal, say } = context;
  for (const [reason, count] of rated.rejected.byReason) say(`${count} left out: ${reason}`);
  const prompts = random.stream(random.foldIn(random.key(seed), 'prompts')).shuffle(rated.prompts);
  const cut = Math.max(1, Math.round(settings.heldOut * prompts.length));
  const held = lessonStages(prompts.slice(0, cut), model, settings, say).flat();
  const stages = lessonStages(prompts.slice(cut), model, settings, say);
  if (held.length === 0 || stages.some((stage) => stage.length === 0)) {
    const counts = stages.map((stage) => stage.length).join(', ');
    throw new UserError(`too few pairs: ${counts} of the stages, ${held.length} held out`, {
      hint: 'give more rated prompts, or fewer stages',
    });
  }
  const rows = stages.flatMap((stage, i) =>
    stage.map(({ pair, gap }) => JSON.stringify({ stage: i + 1, gap, ...pairTexts(pair, model) })),
  );
  writeFileSync(join(folder, 'pairs.jsonl'), `${rows.join('\n')}\n`);

  const tests = held.map(({ pair }) => pair);
  const logsOf = (by: typeof model, pairs: typeof tests) => pairLogs(by, pairs, { signal });
  const base = await logsOf(model, tests);
  const found = await runOwnTrials(
    Object.keys(orders).map((arm) => ({ arm, seed })),
    {
      folder,
      facts: { data: own.hash, ...settings },
      outcome: z.object({ accuracy: z.number(), likelier: z.number() }),
      signal,
      async run({ arm }) {
        let now = model;
        const passes = orders[arm as Order](stages, random.stream(random.foldIn(random.key(seed), 'mixed')));
        for (const [i, pairs] of passes.entries()) {
          const reference = await logsOf(settings.reference === 'previous' ? now : model, pairs);
          if (reference.length < pairs.length) break;
          now = await dpoCausal({
            ...settings,
            model: now,
            pairs,
            reference,
            seed: seed + i,
            signal,
            onStep: (step, of, loss) =>
              step % 10 === 0 && say(`${arm}, stage ${i + 1}: ${step} of ${of}, loss ${loss.toFixed(3)}`),
          });
        }
        if (arm === 'easy to hard' && !signal.aborted) await saveCausalModel(now, join(folder, 'student'));
        const logs = await logsOf(now, tests);
        return { accuracy: pairAccuracy(logs, base), likelier: pairAccuracy(logs) };
      },
    },
  );
  const untaught = `untaught: the better answer is likelier in ${percent(pairAccuracy(base))} of ${tests.length} held-out pairs`;
  const lines = found.map(
    ({ arm, accuracy, likelier }) =>
      `${arm}: ${percent(likelier)}; it gained on the other in ${percent(accuracy)}`,
  );
  return { lines: [untaught, ...lines, `pairs and the student: ${folder}`] };
}

/* The claim, on a rule that a policy has seen broken: rewards are known. */

const world = {
  shape: { vocabulary: 8, prompt: 4, window: 2, answer: 6, place: true, embedding: 8 },
  hidden: [128, 128],
  demonstrations: 4000,
  accuracy: 0.6,
  passes: 10,
  learningRate: 1e-3,
} as const satisfies PreferenceWorldOptions;

const experiment = {
  world,
  prompts: 1500,
  answers: 4,
  validation: 400,
  test: 800,
  beta: 0.3,
  /** Each arm takes the one that is best on validation prompts. */
  learningRates: [1e-4, 2e-4, 4e-4, 1e-3],
} as const;

type Schedule = {
  readonly id: string;
  readonly title: string;
  /** Pairs of each stage by difficulty, 0 for the best against the worst, or of all in random order. */
  readonly stages: readonly (number | 'mixed')[];
  readonly reference: 'previous' | 'first';
  /** Answers of each stage are drawn anew from the policy that enters it. */
  readonly fresh: boolean;
};

const schedule = (
  id: string,
  title: string,
  stages: Schedule['stages'],
  reference: Schedule['reference'],
  fresh = false,
): Schedule => ({ id, title, stages, reference, fresh });

const anyOrder = ['mixed', 'mixed', 'mixed'] as const;
const schedules = [
  schedule('single-once', 'best against worst, a third of the updates', [0], 'first'),
  schedule('single', 'best against worst, three times', [0, 0, 0], 'first'),
  schedule('single-moving', 'the same, reference moves', [0, 0, 0], 'previous'),
  schedule('mixed', 'all pairs mixed', anyOrder, 'first'),
  schedule('mixed-moving', 'all pairs mixed, reference moves', anyOrder, 'previous'),
  schedule('fixed', 'easy to hard', [0, 1, 2], 'first'),
  schedule('curry', 'easy to hard, reference moves (Curry-DPO)', [0, 1, 2], 'previous'),
  schedule('reverse', 'hard to easy, reference moves', [2, 1, 0], 'previous'),
  schedule('curry-fresh', 'Curry-DPO, answers drawn anew for each stage', [0, 1, 2], 'previous', true),
];

/** The policy at the end of a schedule. */
async function taught(
  own: PreferenceWorld,
  { stages, reference, fresh }: Schedule,
  { count, learningRate }: { readonly count: number; readonly learningRate: number },
): Promise<PreferenceWorld['start']> {
  const { answers, beta } = experiment;
  const prompts = own.task.prompts('preferences', count);
  const first = await own.gradedPairs(own.start, prompts, answers, 'answers');
  const size = Math.min(...first.map((pairs) => pairs.length));
  const mixed = random.stream(own.key('mixed')).shuffle(first.flat());
  let now = own.start;
  for (const [i, stage] of stages.entries()) {
    const graded = fresh && i > 0 ? await own.gradedPairs(now, prompts, answers, `answers ${i}`) : first;
    const pairs = stage === 'mixed' ? mixed.slice(i * size, (i + 1) * size) : graded[stage]!.slice(0, size);
    now = await own.prefer(now, reference === 'previous' ? now : own.start, pairs, { beta, learningRate });
  }
  return now;
}

type Scale = { readonly [K in 'prompts' | 'test']: number } & { readonly learningRates: readonly number[] };

function armsOf(sizes: PreferenceWorldOptions, { prompts: count, test, learningRates }: Scale): Arm[] {
  return schedules.map((own) => ({
    id: own.id,
    title: own.title,
    async run(seed, signal) {
      const place = await preferenceWorld(sizes, seed);
      const validation = place.task.prompts('validation', experiment.validation);
      let best = { reward: -1, policy: place.start, rate: 0 };
      for (const learningRate of learningRates) {
        if (signal.aborted) break;
        const policy = await taught(place, own, { count, learningRate });
        const reward = await place.reward(policy, validation);
        if (reward > best.reward) best = { reward, policy, rate: learningRate };
      }
      const prompts = place.task.prompts('test', test);
      const value = await place.reward(best.policy, prompts);
      const drift = await place.drift(best.policy, prompts);
      await place.dispose();
      return { value, figures: { drift, 'learning rate': best.rate } };
    },
  }));
}

const earnsMore = (arm: string, against: string, statement: string) => ({
  statement,
  arm,
  against,
  least: 0.02,
});

const claim = defineClaim({
  method: method.id,
  statement:
    'At equally many updates, pairs from easy to hard with a reference that moves earn 0.02 more reward than the same pairs mixed.',
  metric: { name: 'reward of drawn answers to new prompts', better: 'higher' },
  arm: 'curry',
  against: 'mixed-moving',
  arms: armsOf(world, experiment),
  quickArms: armsOf({ ...world, demonstrations: 100 }, { prompts: 40, test: 40, learningRates: [1e-3] }),
  parts: [
    earnsMore('mixed', 'single-once', 'More pairs a prompt earn more than one.'),
    earnsMore('curry', 'reverse', 'Easy to hard earns more than hard to easy.'),
    earnsMore('curry', 'fixed', 'A reference that moves earns more than one that stays.'),
  ],
  seeds: [401, 402, 403, 404, 405, 406, 407, 408, 409, 410],
  smallestEffect: 0.02,
  fails:
    'Order or a moving reference does not matter. A pilot in another language found neither to help, with the rate fixed; here each arm has its own best rate.',
  published: 'MT-Bench 7.43 with Zephyr-7B; up to 7.5 % more wins than plain DPO, judged by GPT-4',
  budget: 12,
  data: [],
  settings: { ...experiment, schedules },
});

export const curryDpo = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: `model` (a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file), `ratings` (JSON lines of prompts with rated answers, three different ratings or more)',
  cost: 'two passes through the model forwards and one backwards for each pair, for four orders of the same pairs',
  reading:
    'More pairs a prompt beat one pair seen once; but one pair seen three times, with equally many updates, does nearly as well as three pairs. Order made no difference, and a reference that moves cost 0.08: pairs that were told apart are pushed apart again, further from the start. Checked: the loss against PyTorch, the rate of each arm (its own best of four), pairs drawn anew for each stage (worse still).',
  read: readOwnRatings,
});
