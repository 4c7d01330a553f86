import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  add,
  gather,
  gatherElements,
  matmul,
  mse,
  mul,
  random,
  type Tree,
  transpose,
  type Value,
  where,
} from '@tutelage/engine';
import { z } from 'zod';
import { decimal } from '../../assessment/wording.js';
import { defineClaim, part } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Arm } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { intentPages, pagesMeasured } from '../../experiments/intent-pages.js';
import { maskedContrast, without } from '../../objectives/contrast.js';
import { distillation } from '../../objectives/distillation.js';
import { contrastivePartialRanking, rankingHinge } from '../../objectives/ranking.js';
import { openPairLessons } from '../../own-data/open-pair-lessons.js';
import { compareTrainings } from '../../own-data/retrieval-trainings.js';
import { explained } from '../../runs/file-errors.js';
import { products } from '../../search/vectors.js';
import { type DualEncoder, type EncoderLearner, encoderLearner } from '../../students/encoder-learner.js';
import { encoderNames } from '../../students/encoder-presets.js';
import { withUnitLength } from '../../students/encoder-student.js';
import { takeSteps } from '../../students/take-steps.js';
import { wordBagEncoder } from '../../students/word-bag-encoder.js';
import { type OwnRetrieval, readOwnRetrieval } from '../../tasks/own-retrieval.js';
import { type CandidateTargets, candidateTargets } from '../../teachers/candidate-targets.js';
import { pairScorerForms } from '../../teachers/open-pair-scorer.js';
import { orderAgreement } from '../../teachers/order-agreement.js';
import { checkDiscrimination, type OrderingTally } from '../../teachers/ordered-candidates.js';
import { type PairLessons, pairBatches, turnedScores } from '../../teachers/pair-batches.js';
import { type PairScorer, scaledScorer } from '../../teachers/pair-scorer.js';

/*
 * CPRD, contrastive partial ranking distillation: Chen et al., "How to Make Cross Encoder a Good Teacher for Efficient Image-Text
 * Retrieval?", CVPR 2024. A teacher that reads both sides together gives a student, which embeds them apart, the order of the
 * candidates that the student finds hardest: the order, not the scores.
 */

const oneOf = <const Names extends readonly [string, ...string[]]>(...names: Names) =>
  z.enum(names).default(names[0]);

const params = z.object({
  temperature: z.number().positive().default(0.07).describe('of the student, whose scores are cosines'),
  candidates: z.int().min(2).default(16).describe('wrong candidates that the teacher orders'),
  weight: z.number().min(0).default(1).describe('of the ranking loss; 0 leaves the teacher out'),
  valid: oneOf('rank', 'threshold', 'gap').describe('which lead others: all but the last, or by their score'),
  validAt: z.number().default(0).describe('the score they need, or how far below the answer it may be'),
  target: oneOf('order', 'kl', 'mse').describe("the teacher's order, or its scores: an ablation"),
  teacherScale: z.number().positive().default(1).describe("factor on the teacher's scores"),
  negatives: oneOf('hard', 'easy', 'all').describe("the head of the student's list, its middle, or all"),
  form: oneOf('contrastive', 'unscaled', 'hinge').describe('at its temperature, at 1, or by margins of 0.1'),
  order: oneOf('teacher', 'shuffled').describe('shuffled is a control'),
  directions: oneOf('both', 'query').describe('from passages to queries too, or not'),
  pool: z.int().min(0).default(0).describe("passages that are candidates beside the batch's own"),
  batchSize: z.int().min(2).default(64).describe('pairs of a batch'),
  steps: z.int().min(1).default(300).describe('batches to teach'),
  sides: oneOf('shared', 'two').describe('one encoder for queries and passages, or two'),
  encoder: z.enum(encoderNames).default('small').describe('mini and static are warm-started'),
  teacher: z.string().default('train').describe(`what orders candidates: ${pairScorerForms}`),
  deduplicate: z.boolean().default(false).describe('take equal passages of several queries for one'),
});

type Settings = Omit<z.output<typeof params>, 'sides' | 'encoder' | 'teacher' | 'deduplicate'>;

const hingeMargin = 0.1;

/** One direction: each anchor's answer against all candidates, and the teacher's order of the hardest wrong ones (section 3). */
function directedLoss(cosines: Value, targets: CandidateTargets<Value>, settings: Settings): Value {
  const { target, form, temperature, weight } = settings;
  const { own, masked, candidates, valid, teacher } = targets;
  const scores = mul(cosines, 1 / temperature);
  const contrastive = maskedContrast(scores, own, masked);
  if (weight === 0) return contrastive;
  const distilled = () => {
    if (target === 'kl')
      return distillation(without(scores, masked), without(teacher!, masked), { temperature: 1 });
    if (target === 'mse') return mse(where(masked, 0, scores), where(masked, 0, teacher!));
    const ordered = gatherElements(cosines, candidates!, 1);
    if (form === 'hinge') return rankingHinge(ordered, valid!, hingeMargin);
    return contrastivePartialRanking(form === 'unscaled' ? ordered : mul(ordered, 1 / temperature), valid!);
  };
  return add(contrastive, mul(distilled(), weight));
}

type Targets<T> = { readonly query: CandidateTargets<T>; readonly passage?: CandidateTargets<T> };

function loss(settings: Settings) {
  return (queries: Value, passages: Value, targets: Tree<Value>): Value => {
    const { query, passage } = targets as Targets<Value>;
    const cosines = matmul(queries, passages, { transB: true });
    const forward = directedLoss(cosines, query, settings);
    if (!passage) return forward;
    const back = gather(transpose(cosines), query.own);
    return mul(add(forward, directedLoss(back, passage, settings)), 0.5);
  };
}

interface Context {
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly after?: (learner: EncoderLearner, step: number) => Promise<void>;
}

/** Teaches batch by batch: the student's scores choose candidates, the teacher orders them, the student takes a step. */
async function teach(
  encoders: DualEncoder,
  lessons: PairLessons & { readonly teacher: PairScorer },
  settings: Settings,
  { seed, signal, after }: Context,
): Promise<{ readonly learner: EncoderLearner; readonly tally: OrderingTally }> {
  const learner = encoderLearner(encoders, { loss: loss(settings), ...encoders.query.plan, seed });
  const teacher = scaledScorer(lessons.teacher, settings.teacherScale);
  const asked = settings.weight === 0 ? 'none' : settings.target === 'order' ? 'order' : 'scores';
  const tally: OrderingTally = { scored: 0, lists: 0, constant: 0, ties: 0 };
  const batchOf = pairBatches(lessons, { ...settings, seed });
  await takeSteps(settings.steps, signal, async (step) => {
    const batch = batchOf(step);
    const { queries, passages, forward, back } = batch;
    const cosines = products(await learner.embed('query', queries), await learner.embed('passage', passages));
    const key = random.foldIn(random.foldIn(random.key(seed), 'candidates'), step);
    const context = { key, signal, tally };
    const query = await candidateTargets(forward, cosines, teacher, asked, settings, context);
    if (settings.directions === 'both') {
      const scores = turnedScores(batch, cosines);
      const passage = await candidateTargets(back, scores, teacher, asked, settings, context);
      await learner.learn(queries, passages, { query, passage });
    } else {
      await learner.learn(queries, passages, { query });
    }
    checkDiscrimination(tally);
    await after?.(learner, step);
  });
  return { learner, tally };
}

const method = defineMethod({
  id: 'cprd',
  room: 'retrieval',
  paper: {
    card: 2,
    title: 'How to Make Cross Encoder a Good Teacher for Efficient Image-Text Retrieval?',
    year: 2024,
    arxiv: '2407.07479',
  },
  teaches:
    'an encoder of two sides to rank, by the order in which a slow joint scorer puts hard wrong candidates',
  params,
  run: teachOwn,
});

/** The user's own pairs: contrastive training alone, then with the teacher's order. */
async function teachOwn(
  own: OwnRetrieval,
  settings: z.output<typeof params>,
  { seed, folder, signal, say }: MethodContext,
): Promise<Taught> {
  for (const warning of own.warnings) say(`warning: ${warning}`);
  const { encoders, lessons } = await openPairLessons(own, settings, folder, seed);
  const { teacher } = lessons;
  const found: Record<string, unknown> = {};
  const training = (id: string, title: string, weight: number) => ({
    id,
    title,
    async teach(after: Context['after'] & {}) {
      const { learner, tally } = await teach(
        encoders,
        lessons,
        { ...settings, weight },
        { seed, signal, after },
      );
      found[id] = tally;
      if (signal.aborted) return learner;
      const agreement = await orderAgreement(own, learner.embed, teacher, settings.candidates, signal);
      found[id] = { ...tally, agreement };
      say(`${tally.ties} ties, Kendall's tau with the teacher ${decimal(agreement, 2)}`);
      return learner;
    },
  });
  const plain = training('plain', 'plain contrastive training', 0);
  const trainings = [plain, training(method.id, 'CPRD', settings.weight)];
  const context = { steps: settings.steps, folder, signal, say };
  const { results, curves, lines } = await compareTrainings(own, encoders, teacher, trainings, context);
  const report = { results, curves, teacher: { pairsScored: teacher.asked, ...found } };
  const path = join(folder, 'report.json');
  explained('write the report', path, () => writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`));
  return { lines: [...lines, `pairs that the teacher scored: ${teacher.asked}`], results };
}

/* The claim, on questions to an assistant: each intent has a page. */

const experiment = {
  data: 'clinc150',
  inPage: 5,
  learned: 3,
  teacherEpochs: 8,
  width: 32,
  learningRate: 3e-3,
  batchSize: 64,
  steps: 300,
  pool: 150,
  directions: 'query',
} as const;

function armsOf(scale: { readonly steps: number; readonly teacherEpochs: number }): Arm[] {
  const arm = (id: string, title: string, own: Partial<Settings>): Arm => ({
    id,
    title,
    async run(seed, signal) {
      const data = await intentPages({ ...experiment, ...scale, seed, signal });
      const { queries, passages } = data.lessons;
      const { width, batchSize, learningRate } = experiment;
      const words = wordBagEncoder([...passages, ...queries], { width, weighting: 'log' }, random.key(seed));
      const encoder = { ...withUnitLength(words), plan: { batchSize, learningRate } };
      const encoders = { query: encoder, passage: encoder };
      const settings = { ...params.parse({ ...experiment, ...scale }), ...own };
      const { learner, tally } = await teach(encoders, data.lessons, settings, { seed, signal });
      const { 'nDCG@10': value, ...figures } = await pagesMeasured(learner.embed, data);
      await learner.dispose();
      return { value, figures: { ...figures, 'pairs scored': tally.scored } };
    },
  });
  const scores = (scale: number) =>
    arm(`kl-${scale}`, `the teacher's scores times ${scale}`, { target: 'kl', teacherScale: scale });
  return [
    arm('contrastive', 'contrastive alone', { weight: 0 }),
    arm('cprd', 'CPRD', {}),
    arm('cprd-scaled', 'CPRD, teacher times 3', { teacherScale: 3 }),
    ...[0.15, 0.3, 1, 3].map(scores),
    arm('mse', "the teacher's scores, squared error", { target: 'mse' }),
    arm('all', 'the order of all wrong candidates', { negatives: 'all' }),
    arm('easy', 'the order of easy candidates', { negatives: 'easy' }),
    arm('shuffled', 'a random order', { order: 'shuffled' }),
    arm('unscaled', 'the order at temperature 1', { form: 'unscaled' }),
    arm('hinge', 'the order by margins', { form: 'hinge' }),
  ];
}

const claim = defineClaim({
  method: method.id,
  statement:
    'With three questions a page to learn from, an encoder taught the order of its hardest wrong pages is at least 3 points of nDCG@10 better than by contrast alone; the order of easy pages, the scores themselves and a random order do less.',
  metric: { name: 'nDCG@10', better: 'higher' },
  arm: 'cprd',
  against: 'contrastive',
  parts: [
    part('cprd', 'kl-1', 0.02, "At least 2 points better than the teacher's scores as they are."),
    part('cprd', 'kl-0.15', 0, "No worse than the teacher's scores times 0.15."),
    part('cprd', 'kl-0.3', 0, "No worse than the teacher's scores times 0.3."),
    part('cprd', 'kl-3', 0, "No worse than the teacher's scores times 3."),
    part('cprd', 'easy', 0.015, 'At least 1.5 points better than the order of easy candidates.'),
    part('contrastive', 'shuffled', -0.003, 'A random order is at most 0.3 points better than none.'),
    part('cprd-scaled', 'cprd', 0, "The teacher's scores times 3 give the same encoder: no worse,"),
    part('cprd', 'cprd-scaled', 0, 'and no better.'),
    part('kl-0.3', 'kl-3', 0.02, 'The scale of scores that are learned moves nDCG@10 by 2 points or more.'),
  ],
  arms: armsOf(experiment),
  quickArms: armsOf({ steps: 20, teacherEpochs: 1 }),
  seeds: [401, 402, 403, 404, 405],
  smallestEffect: 0.03,
  fails: 'The interval of the lead lies below 3 points, or one of the parts does not hold.',
  published: 'better than other forms of distillation on MSCOCO and Flickr30K, in words',
  budget: 12,
  data: ['clinc150'],
  settings: experiment,
});

export const cprd = defineMethodFile({
  method,
  claim,
  task: 'retrieval',
  data: 'a table of pairs with columns left and right, perhaps id (a group) and relevance, or a folder in the layout of BEIR (queries.jsonl, corpus.jsonl, qrels/train.tsv)',
  cost: 'the teacher scores at most 2 x batchSize x candidates pairs a step, each pair once; then two trainings of an encoder',
  reading:
    'The order of all 149 candidates does as well here as that of the hardest sixteen. Scores copied by KL come near at one scale alone, and scores copied by their squares are worse than none.',
  read: readOwnRetrieval,
});
