import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Checkpoint, goldenRise, leavesPowerLaw } from '../../assessment/hacking.js';
import { decimal } from '../../assessment/wording.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Arm } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import {
  type Distillation,
  type HackingWorld,
  type HackingWorldOptions,
  hackingWorld,
} from '../../experiments/hacking-world.js';
import { saveCausalModel } from '../../language/causal-model.js';
import { type OwnDistillation, readOwnDistillation, splitPrompts } from '../../own-data/own-distillation.js';
import { distilCausal } from '../../students/causal-distillation.js';

/*
 * Teacher hacking: Tiapkin et al., "On Teacher Hacking in Language Model Distillation", ICML 2025. A teacher is only nearly right. A
 * student that is drawn to it on answers drawn once keeps coming nearer to the teacher while it goes away from the truth; with answers
 * drawn anew it does not. Two distances are watched on prompts that are not learned on: from the teacher (proxy) and from the truth
 * (golden). Where the truth is not known, a proxy that leaves the power law of its first epochs is a sign.
 */

const params = z.object({
  source: z
    .enum(['all', 'offline', 'online teacher', 'online student'])
    .default('all')
    .describe("whose answers are learned: the teacher's once, the teacher's drawn anew, the student's own"),
  generations: z.int().min(1).default(1).describe('answers to each prompt'),
  refresh: z.int().min(1).default(1).describe('epochs after which answers are drawn anew'),
  epochs: z.int().min(1).default(60).describe('passes over the answers'),
  divergence: z
    .enum(['forward', 'reverse'])
    .default('forward')
    .describe('Kullback-Leibler divergence from teacher to student, or back'),
  learningRate: z.number().positive().default(3e-4).describe("of the student's weights"),
  loraRank: z.int().min(0).default(0).describe('rank of low-rank changes; 0 trains all weights'),
  maxTokens: z.int().min(1).default(128).describe('most tokens of an answer'),
  rows: z.int().min(1).default(8).describe('rows of packed answers in a batch'),
  heldOut: z.int().min(1).default(200).describe('prompts that are not learned on'),
  tolerance: z
    .number()
    .positive()
    .default(0.15)
    .describe('by how much the logarithm of the proxy may leave its power law'),
});

const method = defineMethod({
  id: 'teacher-hacking',
  room: 'distillation',
  paper: {
    card: 37,
    title: 'On Teacher Hacking in Language Model Distillation',
    year: 2025,
    arxiv: '2502.02671',
  },
  teaches:
    'a causal language model by a bigger one, and tells when it comes nearer to its teacher and goes away from the truth',
  params,
  run: teachOwn,
});

/** The user's own models: the distances of each source, epoch by epoch, and the best student. */
async function teachOwn(
  own: OwnDistillation,
  settings: z.output<typeof params>,
  context: MethodContext,
): Promise<Taught> {
  const { teacher, student } = own;
  const { seed, folder, signal, say } = context;
  const { learned, held, references } = splitPrompts(own, settings.heldOut, say);
  say(
    `up to ${settings.generations * learned.length * settings.maxTokens} tokens are drawn for each set of answers`,
  );

  const sources =
    settings.source === 'all'
      ? (['offline', 'online teacher', 'online student'] as const)
      : [settings.source];
  const epochs = Array.from({ length: settings.epochs + 1 }, (_, epoch) => epoch);
  const curves: Record<string, readonly Checkpoint[]> = {};
  let best = Number.POSITIVE_INFINITY;
  const lines: string[] = [];
  for (const source of sources) {
    if (signal.aborted) break;
    const found = await distilCausal({
      teacher,
      student,
      prompts: learned,
      heldOut: held,
      references,
      source,
      generations: settings.generations,
      refresh: settings.refresh,
      epochs: settings.epochs,
      divergence: { kind: settings.divergence },
      learningRate: settings.learningRate,
      loraRank: settings.loraRank,
      maxTokens: settings.maxTokens,
      rowsABatch: settings.rows,
      checkpoints: epochs.filter((epoch) => epoch <= 5 || epoch % Math.ceil(settings.epochs / 20) === 0),
      seed,
      signal,
      async onCheckpoint(checkpoint, weights) {
        const { epoch, proxy, golden } = checkpoint;
        say(
          `${source}, epoch ${epoch}: from the teacher ${decimal(proxy, 4)}${golden === undefined ? '' : `, loss on right answers ${decimal(golden, 4)}`}`,
        );
        if ((golden ?? proxy) >= best) return;
        best = golden ?? proxy;
        await saveCausalModel({ ...student, params: await weights() }, join(folder, 'student'));
      },
    });
    curves[source] = found;
    writeFileSync(join(folder, 'distances.json'), `${JSON.stringify(curves, undefined, 2)}\n`);
    lines.push(`${source}: ${reading(found, settings.tolerance)}`);
  }
  return { lines: [...lines, `distances and the best student: ${folder}`] };
}

/** What a curve of checkpoints tells. */
function reading(checkpoints: readonly Checkpoint[], tolerance: number): string {
  const left = leavesPowerLaw(checkpoints, tolerance);
  const law = left === undefined ? 'keeps to its power law' : `leaves its power law at epoch ${left}`;
  const last = checkpoints.at(-1);
  if (last?.golden === undefined) return `the distance from the teacher ${law}`;
  const least = checkpoints.reduce((a, b) => (b.golden! < a.golden! ? b : a));
  const rise = goldenRise(checkpoints);
  const closer = last.proxy <= least.proxy;
  const verdict =
    rise < 0.01
      ? 'no hacking'
      : closer
        ? 'teacher hacking'
        : 'overfitting: the student leaves its teacher too';
  return `${verdict}; right answers are best known at epoch ${least.epoch}; the distance from the teacher ${law}`;
}

/* The claim, with three small models whose distributions are known: the truth, a teacher that learned from it, and a student. */

const world = {
  shape: { vocabulary: 20, prompt: 4, window: 3, answer: 10, place: false, embedding: 8 },
  oracle: { hidden: [128, 128], outputScale: 20 },
  learner: { hidden: [64] },
  pairs: 800,
  teacherPasses: 15,
  studentPasses: 3,
  learningRate: 2e-3,
  heldOut: 1000,
} as const satisfies HackingWorldOptions;

const experiment = {
  world,
  learningRate: 3e-3,
  batchSize: 256,
  tolerance: 0.15,
  checkpoints: [0, 1, 2, 3, 5, 8, 12, 16, 20, 30, 40, 50, 60, 80, 100, 130, 160, 200, 250, 300],
} as const;

type Run = Pick<Distillation, 'source' | 'prompts' | 'generations' | 'epochs'>;

/** Ways to distil with equally many updates: prompts times generations times epochs is the same. */
const runs: readonly (Run & { readonly id: string; readonly title: string; readonly ideal?: boolean })[] = [
  {
    id: 'offline',
    title: 'answers drawn once',
    source: 'offline',
    prompts: 100,
    generations: 1,
    epochs: 300,
  },
  {
    id: 'online',
    title: "teacher's answers drawn anew",
    source: 'online teacher',
    prompts: 100,
    generations: 1,
    epochs: 300,
  },
  {
    id: 'own',
    title: "student's own answers",
    source: 'online student',
    prompts: 100,
    generations: 1,
    epochs: 300,
  },
  { id: 'diverse', title: '500 prompts once', source: 'offline', prompts: 500, generations: 1, epochs: 60 },
  { id: 'half', title: '250 prompts twice', source: 'offline', prompts: 250, generations: 2, epochs: 60 },
  {
    id: 'fifth',
    title: '100 prompts five times',
    source: 'offline',
    prompts: 100,
    generations: 5,
    epochs: 60,
  },
  {
    id: 'ideal',
    title: 'a teacher that is the truth, drawn once',
    source: 'offline',
    prompts: 100,
    generations: 1,
    epochs: 300,
    ideal: true,
  },
];

function armsOf(sizes: HackingWorldOptions, share: number): Arm[] {
  return runs.map(({ id, title, ideal = false, ...run }) => ({
    id,
    title,
    async run(seed, signal) {
      const own: HackingWorld = await hackingWorld(sizes, seed, { teacherIsOracle: ideal });
      const { learningRate, batchSize, tolerance } = experiment;
      const epochs = Math.ceil(run.epochs * share);
      const checkpoints = [...experiment.checkpoints.filter((epoch) => epoch < epochs), epochs];
      const found = await own.distil({ ...run, epochs, learningRate, batchSize, checkpoints, signal });
      await own.dispose();
      if (signal.aborted) return Number.NaN;
      const { golden, proxy } = found.at(-1)!;
      const flagged = Number(leavesPowerLaw(found, tolerance) !== undefined);
      return { value: golden!, figures: { rise: goldenRise(found), proxy, flagged } };
    },
  }));
}

const claim = defineClaim({
  method: method.id,
  statement:
    'At equally many updates, a student of answers drawn anew ends nearer to the truth, by 0.02 nats a token, than a student of answers drawn once.',
  metric: { name: 'KL from the truth to the student on held-out prompts, nats a token', better: 'lower' },
  arm: 'online',
  against: 'offline',
  arms: armsOf(world, 1),
  quickArms: armsOf({ ...world, oracle: { ...world.oracle, hidden: [16] }, pairs: 80, heldOut: 50 }, 0.02),
  parts: [
    {
      statement:
        'The distance from the truth rises again by 2 % more of its least with answers drawn once than with answers drawn anew.',
      arm: 'offline',
      against: 'online',
      figure: { name: 'rise', better: 'higher' },
      least: 0.02,
    },
    {
      statement: 'At equally many answers, 500 prompts lead nearer to the truth than 100.',
      arm: 'diverse',
      against: 'fifth',
      least: 0.01,
    },
    {
      statement: '250 prompts lead nearer to the truth than 100.',
      arm: 'half',
      against: 'fifth',
      least: 0.005,
    },
    {
      statement:
        'The power law tells answers drawn once from answers drawn anew in at least four of five seeds.',
      arm: 'offline',
      against: 'online',
      figure: { name: 'flagged', better: 'higher' },
      least: 0.8,
    },
  ],
  seeds: [301, 302, 303, 304, 305, 306, 307, 308, 309, 310],
  smallestEffect: 0.02,
  fails:
    'Answers drawn once end as near to the truth, or rise no more, or fewer prompts do as well, or the power law does not tell them apart.',
  published:
    'XSum and WMT-14, T5-large to T5-base: golden rises late while proxy falls offline; both fall online (figures, no numbers)',
  budget: 12,
  data: [],
  settings: { ...experiment, runs },
});

export const teacherHacking = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: `teacher` and `student` (LLaMA models: a folder as Hugging Face lays it out, or a GGUF file), `prompts` (a table or text), perhaps `references` (prompts with right answers)',
  cost: 'answers are drawn once for each refresh; each update reads its batch with the teacher too',
  reading:
    "The student's own answers do as well as the teacher's drawn anew, and more prompts help most of all. The models here are nets of a few thousand weights; a teacher worse than its student's start was not tried.",
  read: readOwnDistillation,
});
