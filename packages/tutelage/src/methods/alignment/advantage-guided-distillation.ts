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
  type AdvantageWorld,
  type AdvantageWorldOptions,
  advantageWorld,
  type Use,
} from '../../experiments/advantage-world.js';
import { type CausalModel, saveCausalModel } from '../../language/causal-model.js';
import { llamaRollouts } from '../../language/generate/rollouts.js';
import type { Lesson } from '../../language/lessons.js';
import {
  lessonPairs,
  type OwnAlignedTeacher,
  readOwnAlignedTeacher,
} from '../../own-data/own-aligned-teacher.js';
import { pairAccuracy, pairLogs } from '../../students/causal-preferences.js';
import { type LessonUse, teachCausalByUses } from '../../students/causal-uses.js';

/*
 * DCKD and ADPA: Gao et al., "Advantage-Guided Distillation for Preference Alignment in Small Language Models", ICLR 2025. A big teacher is
 * aligned by preferences; the small student learns from its distributions. First it is drawn to them on the better and on the worse answer
 * of each pair, while it learns the better one (dual-constrained distillation). Then it answers each prompt itself, and is drawn to the
 * tokens of which the aligned teacher thinks more than it did before: the advantage log aligned - log reference, in the mean over all tokens.
 */

const params = z.object({
  likelihood: z.number().min(0).default(1).describe('weight of learning the better answers'),
  chosen: z.number().min(0).default(1).describe('weight of the distance from the teacher on better answers'),
  rejected: z.number().min(0).default(1).describe('weight of the distance from the teacher on worse answers'),
  advantage: z.number().min(0).default(1).describe("weight of the advantage on the student's own answers"),
  temperature: z
    .number()
    .min(0)
    .default(0)
    .describe("of the student's own answers; 0 takes the likeliest tokens"),
  passes: z.int().min(1).default(1).describe('over the pairs, in each of the two steps'),
  learningRate: z
    .number()
    .positive()
    .default(5e-5)
    .describe('of both steps; the paper trains all weights by 5e-7'),
  loraRank: z
    .int()
    .min(0)
    .default(16)
    .describe('rank of low-rank changes; 0 trains all weights, as the paper does'),
  batchSize: z.int().min(1).default(4).describe('prompts of an update'),
  maxTokens: z
    .int()
    .min(8)
    .default(512)
    .describe('longest prompt and answer together; longer ones are left out'),
  answerTokens: z.int().min(1).default(128).describe("most tokens of the student's own answers"),
  heldOut: z.number().gt(0).lt(0.9).default(0.2).describe('share of the pairs that is only assessed'),
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'advantage-guided-distillation',
  room: 'alignment',
  paper: {
    card: 3,
    title: 'Advantage-Guided Distillation for Preference Alignment in Small Language Models',
    year: 2025,
    arxiv: '2502.17927',
  },
  teaches: 'a small causal language model the preferences of a big aligned one',
  params,
  run: teachOwn,
});

/** The user's own models and pairs: both steps, and what each did to the pairs that were held out. */
async function teachOwn(own: OwnAlignedTeacher, settings: Settings, context: MethodContext): Promise<Taught> {
  const { student, aligned, reference } = own;
  const { seed, folder, signal, say } = context;
  const pairs = random
    .stream(random.foldIn(random.key(seed), 'pairs'))
    .shuffle(lessonPairs(own.pairs, student, settings.maxTokens, say));
  const cut = Math.round(settings.heldOut * pairs.length);
  const [held, learned] = [pairs.slice(0, cut), pairs.slice(cut)];
  if (held.length === 0 || learned.length === 0) {
    throw new UserError(`too few pairs: ${pairs.length}`, { hint: 'give more, or make maxTokens greater' });
  }
  const plan = {
    passes: settings.passes,
    batchSize: settings.batchSize,
    learningRate: settings.learningRate,
    loraRank: settings.loraRank,
    seed,
    signal,
  };
  const teach = (step: string, model: CausalModel, uses: readonly LessonUse[]) =>
    teachCausalByUses({
      ...plan,
      model,
      uses,
      onStep: (i, of, loss) => say(`${step}: ${i} of ${of}, loss ${loss.toFixed(3)}`),
    });
  const logsOf = (model: CausalModel) => pairLogs(model, held, { signal });
  const before = await logsOf(student);
  const line = async (name: string, model: CausalModel) => {
    const logs = await logsOf(model);
    if (logs.length < held.length) return `${name}: not assessed`;
    return `${name}: the better answer is likelier in ${percent(pairAccuracy(logs))} of ${held.length} held-out pairs; it gained on the worse in ${percent(pairAccuracy(logs, before))}`;
  };
  const lines = [await line('student', student), await line('aligned teacher', aligned)];

  const better = learned.map(({ chosen }) => chosen);
  const first = await teach('distillation', student, [
    {
      lessons: better,
      likelihood: settings.likelihood,
      divergence: { weight: settings.chosen, teacher: aligned },
    },
    {
      lessons: learned.map(({ rejected }) => rejected),
      divergence: { weight: settings.rejected, teacher: aligned },
    },
  ]);
  await saveCausalModel(first, join(folder, 'dckd'));
  lines.push(await line('after distillation', first));
  if (!signal.aborted) {
    const answers = await ownAnswers(first, better, settings, context);
    const second = await teach('advantage', first, [
      { lessons: better.slice(0, answers.length), likelihood: settings.likelihood },
      { lessons: answers, advantage: { weight: settings.advantage, aligned, reference } },
    ]);
    await saveCausalModel(second, join(folder, 'student'));
    lines.push(await line('after its advantages', second));
  }
  return { lines: [...lines, `students: ${folder}`] };
}

async function ownAnswers(
  model: CausalModel,
  lessons: readonly Lesson[],
  settings: Settings,
  { seed, signal }: MethodContext,
): Promise<Lesson[]> {
  const { maxTokens, answerTokens, temperature } = settings;
  const rollouts = llamaRollouts(model.config, maxTokens + answerTokens);
  rollouts.load(model.params);
  const end = model.tokenizer.special.end ?? 0;
  const found: Lesson[] = [];
  // Between two looks at the signal.
  const together = 256;
  try {
    for (let at = 0; at < lessons.length && !signal.aborted; at += together) {
      const prompts = lessons.slice(at, at + together).map(({ prompt }) => prompt);
      const key = random.foldIn(random.foldIn(random.key(seed), 'own answers'), at);
      const answers = await rollouts.draw(prompts, {
        maxTokens: answerTokens,
        endTokens: [end],
        ...(temperature > 0 && { sampling: { key, temperature } }),
      });
      found.push(...answers.map(({ tokens }, i) => ({ prompt: prompts[i]!, answer: tokens })));
    }
  } finally {
    await rollouts.release();
  }
  return found;
}

/* The claim, on a rule that the teacher has seen broken, learned from preferences, and passes on to a student of half its width. */

const world = {
  shape: { vocabulary: 8, prompt: 4, window: 2, answer: 6, place: true, embedding: 8 },
  hidden: [128, 128],
  demonstrations: 4000,
  accuracy: 0.6,
  passes: 10,
  learningRate: 1e-3,
  student: { hidden: [64], samples: 3000 },
  prompts: 1500,
  answers: 4,
  alignment: { beta: 0.3, learningRate: 4e-4, passes: 3 },
} as const satisfies AdvantageWorldOptions;

const experiment = {
  world,
  test: 800,
  plan: { learningRate: 1e-3, passes: 3 },
  /** Direct preference optimisation of the student takes the best of these on validation prompts. */
  preferenceRates: [4e-4, 1e-3, 2e-3],
  validation: 400,
} as const;

type Way = (own: AdvantageWorld) => Promise<AdvantageWorld['student']>;
const teach = (own: AdvantageWorld, from: AdvantageWorld['student'], ...uses: Use[]) =>
  own.teach(from, uses, experiment.plan);
const better = (own: AdvantageWorld): Use => ({ answers: own.chosen, likelihood: 1 });
const near = (answers: Use['answers'], teacher: AdvantageWorld['student']): Use => ({
  answers,
  divergence: { weight: 1, teacher },
});
const distilled = (own: AdvantageWorld, teacher: AdvantageWorld['student']) =>
  teach(own, own.student, { ...better(own), ...near(own.chosen, teacher) }, near(own.rejected, teacher));
const advantaged = async (own: AdvantageWorld, from: AdvantageWorld['student']) =>
  teach(own, from, better(own), { answers: await own.answered(from), advantage: 1 });

const preferred: Way = async (own) => {
  const prompts = own.preferences.task.prompts('validation', experiment.validation);
  let best = { reward: -1, params: own.student };
  for (const learningRate of experiment.preferenceRates) {
    const params = await own.prefer({ ...world.alignment, learningRate });
    const reward = await own.reward(params, prompts);
    if (reward > best.reward) best = { reward, params };
  }
  return best.params;
};

const ways: Readonly<Record<string, readonly [title: string, way: Way]>> = {
  start: ['student as it starts', async (own) => own.student],
  dpo: ['student by preferences alone', preferred],
  'better-answers': ['better answers learned', (own) => teach(own, own.student, better(own))],
  'chosen-only': [
    'distilled on better answers',
    (own) => teach(own, own.student, { ...better(own), ...near(own.chosen, own.aligned) }),
  ],
  dckd: ['distilled on both answers (DCKD)', (own) => distilled(own, own.aligned)],
  unaligned: ['DCKD from the teacher before its alignment', (own) => distilled(own, own.reference)],
  adpa: ['advantages (ADPA)', (own) => advantaged(own, own.student)],
  'adpa-plus': [
    'DCKD, then advantages (ADPA+)',
    async (own) => advantaged(own, await distilled(own, own.aligned)),
  ],
  control: [
    'DCKD, then better answers learned',
    async (own) => teach(own, await distilled(own, own.aligned), better(own)),
  ],
};

function armsOf(sizes: AdvantageWorldOptions, test: number): Arm[] {
  return Object.entries(ways).map(([id, [title, way]]) => ({
    id,
    title,
    async run(seed) {
      const own = await advantageWorld(sizes, seed);
      const prompts = own.preferences.task.prompts('test', test);
      const params = await way(own);
      const value = await own.reward(params, prompts);
      const figures = {
        drift: await own.drift(params, prompts),
        teacher: await own.preferences.reward(own.aligned, prompts),
      };
      await own.dispose();
      return { value, figures };
    },
  }));
}

const part = (arm: string, against: string, least: number, statement: string) => ({
  statement,
  arm,
  against,
  least,
});

const claim = defineClaim({
  method: method.id,
  statement:
    'After dual-constrained distillation, a step by advantages earns 0.03 more reward than the same step on better answers alone.',
  metric: { name: 'reward of drawn answers to new prompts', better: 'higher' },
  arm: 'adpa-plus',
  against: 'control',
  arms: armsOf(world, experiment.test),
  quickArms: armsOf(
    { ...world, demonstrations: 100, prompts: 60, student: { hidden: [8], samples: 50 } },
    40,
  ),
  parts: [
    part('dckd', 'dpo', 0.03, 'Distillation of an aligned teacher earns more than preferences alone.'),
    part('dckd', 'unaligned', 0.05, "It is the teacher's alignment that is passed on."),
    part('adpa', 'better-answers', 0.005, 'Advantages add to better answers.'),
  ],
  seeds: [501, 502, 503, 504, 505, 506, 507, 508, 509, 510],
  smallestEffect: 0.03,
  fails: 'The step by advantages gains no more than better answers do, or an unaligned teacher does as well.',
  published:
    'MT-Bench and AlpacaEval with students of 0.5 to 1.8 billion weights: SFT, DPO, KD < DCKD < ADPA < ADPA+ (order alone)',
  budget: 12,
  data: [],
  settings: experiment,
});

export const advantageGuidedDistillation = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: `aligned`, `reference` and `student` (LLaMA models with one vocabulary: folders as Hugging Face lays them out, or GGUF files), `pairs` (JSON lines of prompt, chosen, rejected)',
  cost: 'three passes of the teachers through each pair, and an answer of the student to each prompt',
  reading:
    'The step by advantages is what gains, most after distillation. Distillation alone is hardly better than preferences alone, which had the best of three rates here; a pilot in another language, with one rate, saw more.',
  read: readOwnAlignedTeacher,
});
