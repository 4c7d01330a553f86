import { join } from 'node:path';
import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Part } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { type TutorScale, type TutorWay, tutorArms } from '../../experiments/tutor-arms.js';
import type { TutorLesson, TutorWorldOptions } from '../../experiments/tutor-world.js';
import { openCausalModel, saveCausalModel } from '../../language/causal-model.js';
import type { PreferenceKind } from '../../objectives/preference.js';
import { type OwnTutor, readOwnTutor } from '../../own-data/own-tutor.js';
import { tutorCourse } from '../../own-data/tutor-course.js';
import { expertLessons, turnLesson } from '../../own-data/tutor-places.js';
import { alignCausal } from '../../students/causal-alignment.js';
import { superviseCausal } from '../../students/causal-supervised.js';

/*
 * Pedagogical alignment: Sonkar et al., "Pedagogical Alignment of Large Language Models", EMNLP Findings 2024. A tutor should help on instead
 * of telling the solution. Its turns have codes; where those of a tutor, fine-tuned on an expert's turns, differ from the expert's, the
 * expert's turn is preferred to its own, and the tutor is aligned by DPO, IPO or KTO. No person judges anything.
 */

const params = z.object({
  loss: z.enum(['dpo', 'ipo', 'kto']).default('dpo').describe('how preferences are learned'),
  beta: z.number().positive().default(0.1).describe('weight of the distance from the fine-tuned tutor'),
  supervisedPasses: z.int().min(1).default(3).describe("over the expert's turns, before preferences"),
  supervisedRate: z
    .number()
    .positive()
    .default(2e-4)
    .describe('learning rate of that; the paper trains all weights by 2e-5'),
  passes: z.int().min(1).default(3).describe('over the pairs'),
  learningRate: z
    .number()
    .positive()
    .default(5e-6)
    .describe(
      'for preferences; the paper trains all weights by 1e-7. A few times too much destroys the codes',
    ),
  loraRank: z
    .int()
    .min(0)
    .default(16)
    .describe('rank of low-rank changes; 0 trains all weights, as the paper does'),
  batchSize: z.int().min(1).default(16).describe('pairs of an update, and rows of turns in fine-tuning'),
  temperature: z
    .number()
    .min(0)
    .default(0.3)
    .describe("of the tutor's own turns in pairs; 0 takes the likeliest"),
  order: z
    .string()
    .regex(/^(?!.*\b(\w+)\b.*\b\1\b)(format|evaluation|action|state)(,(format|evaluation|action|state))*$/)
    .default('format,evaluation,action,state')
    .describe('what makes a pair, first reason first; a difference that is left out makes none'),
  keptShare: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'share of the turns without a pair that are learned again in the end, so that they are not unlearned',
    ),
  targetTells: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('passes end when the tutor tells in no greater share of the turns where the expert helps on'),
  maxTokens: z
    .int()
    .min(16)
    .default(4096)
    .describe('longest dialogue and turn together; longer ones are left out'),
  answerTokens: z.int().min(1).default(512).describe('most tokens of a turn'),
  supervisedShare: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.36)
    .describe('share of the dialogues for fine-tuning, where they are in one file'),
  preferenceShare: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.36)
    .describe('share for preferences; the rest is the test'),
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'pedagogical-alignment',
  room: 'alignment',
  paper: {
    card: 40,
    title: 'Pedagogical Alignment of Large Language Models',
    year: 2024,
    arxiv: '2402.05000',
  },
  teaches: 'a language model to tutor: to give hints where an expert tutor does, and not the solution',
  params,
  run: teachOwn,
});

/* The user's own dialogues. */

const tutor = 'fine-tuned tutor';
const control = "fine-tuned on the expert's side of the pairs";

async function teachOwn(own: OwnTutor, settings: Settings, context: MethodContext): Promise<Taught> {
  const { model, book } = own;
  const { folder, signal } = context;
  const { beta, learningRate, loss, passes, targetTells, keptShare } = settings;
  const course = await tutorCourse(own, settings, context);

  // Step 1: the tutor learns the expert's turns; then it writes turns of its own.
  const first = await course.trials([tutor], async () => {
    const by = await superviseCausal({
      ...course.training(tutor),
      model,
      lessons: expertLessons(model, course.places.supervised, book),
      passes: settings.supervisedPasses,
      learningRate: settings.supervisedRate,
    });
    await saveCausalModel(by, join(folder, 'fine-tuned'));
    await course.writeOwnTurns(by);
    return course.assess(by, []);
  });
  if (first.length === 0) return { lines: ['stopped before the tutor was fine-tuned'] };

  // Step 2: where its codes differ from the expert's, its turn is the worse one of a pair.
  const start = await openCausalModel(join(folder, 'fine-tuned'));
  const { pairs, agreed } = course.pairs();
  const lessons = pairs.map(({ place, rejected }) => ({
    chosen: expertLessons(start, [place], book)[0]!,
    rejected: turnLesson(start, place, rejected),
  }));
  const kept = expertLessons(start, agreed.slice(0, Math.round(keptShare * agreed.length)), book);

  // Step 3: preferences; and as a control the expert's side of the same pairs.
  const found = await course.trials([tutor, control, loss], async (arm) => {
    const plan = { ...course.training(arm), passes, learningRate };
    if (arm === control) {
      const chosen = lessons.map((pair) => pair.chosen);
      return course.assess(await superviseCausal({ ...plan, model: start, lessons: chosen }), agreed);
    }
    const aligned = await alignCausal({
      ...plan,
      model: start,
      pairs: lessons,
      kind: loss,
      beta,
      onPass: async (_, by) => targetTells === 0 || (await course.tells(by)) > targetTells,
    });
    const by =
      kept.length === 0
        ? aligned
        : await superviseCausal({ ...plan, model: aligned, lessons: kept, passes: 1 });
    await saveCausalModel(by, join(folder, 'student'));
    return course.assess(by, agreed);
  });
  if (signal.aborted) return { lines: [`stopped: ${found.length} of 3 tutors are there: ${folder}`] };
  return { lines: course.report(pairs, found) };
}

/* The claim, in a world where the expert is a program and the tutor has learned to tell. */

const world = {
  embedding: 8,
  hidden: [64, 64],
  base: { turns: 3000, passes: 10, learningRate: 1e-3, batchSize: 64 },
  supervised: { turns: 150, passes: 4, learningRate: 5e-4, batchSize: 8 },
  pool: 900,
  temperature: 0.3,
} as const satisfies TutorWorldOptions;

const scale = { world, passes: 3, learningRates: [5e-5], validation: 1000, test: 3000 } satisfies TutorScale;
const rateScale = { ...scale, learningRates: [2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3] };
const quick = {
  ...scale,
  world: { ...world, pool: 300 },
  validation: 100,
  test: 300,
};

const way = (id: string, title: string, ...lessons: TutorLesson[]): TutorWay => ({ id, title, lessons });
const supervised = (on: 'chosen' | 'pool'): TutorLesson => ({ kind: 'supervised', on });
const controls = [
  way('start', 'fine-tuned on 150 turns of the expert'),
  way('chosen', "then on the expert's side of the pairs", supervised('chosen')),
  way('pool', "then on all 900 of the expert's turns", supervised('pool')),
];
const kinds = ['dpo', 'ipo', 'kto'] as const;
const preferred = (kind: PreferenceKind, beta: number): TutorLesson => ({ kind, beta });
const shiftWays = [
  ...controls,
  ...kinds.map((kind) => way(kind, `then ${kind.toUpperCase()}, beta 0.1`, preferred(kind, 0.1))),
  ...kinds.map((kind) => way(`${kind}-strict`, `then ${kind.toUpperCase()}, beta 0.5`, preferred(kind, 0.5))),
];
const ofBoth = (kind: PreferenceKind) => [preferred(kind, 0.1), preferred(kind, 0.5)];
const rateWays = [
  ...controls,
  ...kinds.map((kind) => way(kind, `then ${kind.toUpperCase()}`, ...ofBoth(kind))),
  way('best', 'then the best of the three', ...kinds.flatMap(ofBoth)),
];

const ofDpo = (name: string, against: string, least: number, statement: string): Part => ({
  statement,
  arm: 'dpo',
  against,
  figure: { name, better: 'higher' },
  least,
});

const claim = defineClaim({
  method: method.id,
  statement:
    "At equal rates and updates, a tutor that prefers the expert's turns to its own mistakes by DPO tells in 5 points fewer of the turns where the expert helps on than one that learns the expert's side of the same pairs.",
  metric: { name: 'share told of the turns where the expert helps on', better: 'lower' },
  arm: 'dpo',
  against: 'chosen',
  arms: tutorArms(shiftWays, 'tells', scale),
  quickArms: tutorArms(shiftWays, 'tells', quick),
  parts: [
    ofDpo('margin', 'chosen', 0.2, 'Its margin of helping over telling is 0.2 nats a token greater.'),
    ofDpo('joint', 'chosen', -0.01, 'It gets as many turns right, within a point.'),
    ofDpo('joint', 'start', 0.02, 'It gets 2 points more of the turns right than before.'),
  ],
  seeds: Array.from({ length: 20 }, (_, i) => 501 + i),
  smallestEffect: 0.05,
  fails: "Learning the expert's side of the pairs shifts the tutor as much, or the shift costs right turns.",
  published:
    'preference methods prefer guidance to telling more than fine-tuning does, in words; no figure could be had',
  budget: 5,
  data: [],
  settings: { ...scale, ways: shiftWays },
});

const rates = defineClaim({
  method: method.id,
  experiment: 'rates',
  statement:
    "Each with the best of six rates, the best of DPO, IPO and KTO gets a point more of the turns right than training on the expert's side of the same pairs.",
  metric: { name: 'share of turns with all three codes right', better: 'higher' },
  arm: 'best',
  against: 'chosen',
  arms: tutorArms(rateWays, 'joint', rateScale),
  quickArms: tutorArms(rateWays, 'joint', quick),
  parts: [
    {
      statement: 'It gets 5 points more right than the tutor before.',
      arm: 'best',
      against: 'start',
      least: 0.05,
    },
    {
      statement: "It gets a point more right than training on all of the expert's turns.",
      arm: 'best',
      against: 'pool',
      least: 0.01,
    },
  ],
  seeds: Array.from({ length: 10 }, (_, i) => 601 + i),
  smallestEffect: 0.01,
  fails: "The expert's side of the pairs, or all of the expert's turns, teach as much by themselves.",
  published:
    'right codes +13.1 % over fine-tuning with Llama-3.1-8B-Instruct, +8.7 % with Mistral-7B-Instruct (version 3)',
  budget: 8,
  data: [],
  settings: { ...rateScale, ways: rateWays },
});

export const pedagogicalAlignment = defineMethodFile({
  method,
  claim,
  further: [
    {
      claim: rates,
      reading:
        "In this world the expert's turns can be learned outright, and its own rate lets supervised training do so; the expert's side of the pairs alone leads to three right turns of four and hardly any telling. Preferences destroy the codes at rates that are good for supervised training. The best of the three is better than the tutor before, which is what the paper compares with.",
    },
  ],
  data: 'a JSON file: `model` (a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file), `dialogues` (JSON lines, each a list of role, text, codes; or such a file for each of `supervised`, `preferences`, `test`), perhaps `codes` (a code book), `expert` (`dialogues`, `local:FILE`, `llm:MODEL@URL`, or a file of `rules`), `system`',
  cost: 'a turn of the expert and one of the tutor for each turn of the dialogues; then a few passes through the pairs, as for DPO',
  reading:
    "The shift is there: 17 % of the turns are told against 28 % after supervised training on the same pairs, and 45 % before. Margin and right turns can't be told apart by twenty seeds. It has a price: help is given in 43 % of the turns where the expert tells (35 % in the control), and of the turns that were right before the pairs 77 % are still right (85 %). A greater beta shifts less and keeps more. Checked: the losses at their start and by formula, with tokens averaged for IPO.",
  read: readOwnTutor,
});
