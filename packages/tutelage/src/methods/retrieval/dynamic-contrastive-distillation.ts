import { join } from 'node:path';
import {
  add,
  gather,
  gatherElements,
  matmul,
  mul,
  random,
  type Tensor,
  type Tree,
  tensor,
  transpose,
  type Value,
} from '@tutelage/engine';
import { z } from 'zod';
import { mean } from '../../assessment/checks.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { compareTrainings } from '../../claims/retrieval-trainings.js';
import type { Arm, Part } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { dynamicWeights, normalisedEntropy, weightRules } from '../../curricula/dynamic-weights.js';
import { speedArms } from '../../experiments/scoring-speed.js';
import {
  maskedContrast,
  weightedContrast,
  weightedDistillation,
  weightedMargins,
} from '../../objectives/contrast.js';
import { products } from '../../search/vectors.js';
import { type DualEncoder, type EncoderLearner, encoderLearner } from '../../students/encoder-learner.js';
import { encoderNames } from '../../students/encoder-presets.js';
import { withUnitLength } from '../../students/encoder-student.js';
import { takeSteps } from '../../students/take-steps.js';
import { wordBagEncoder } from '../../students/word-bag-encoder.js';
import { type OwnRetrieval, readOwnRetrieval } from '../../tasks/own-retrieval.js';
import { contrastTargets } from '../../teachers/candidate-targets.js';
import {
  type AnchorSeen,
  type ContrastLog,
  checkSoftness,
  logAnchors,
  openContrastLog,
} from '../../teachers/contrast-log.js';
import { intentPages, pagesMeasured } from '../../teachers/intent-pages.js';
import { openPairLessons } from '../../teachers/open-pair-lessons.js';
import { pairScorerForms } from '../../teachers/open-pair-scorer.js';
import type { Direction } from '../../teachers/ordered-candidates.js';
import {
  inBatchDirection,
  type PairLessons,
  pairBatches,
  turnedScores,
} from '../../teachers/pair-batches.js';
import { type PairScorer, scaledScorer } from '../../teachers/pair-scorer.js';
import { selectedCandidates, selectors } from '../../teachers/selected-candidates.js';

/*
 * Dynamic contrastive distillation: Rao et al., "Dynamic Contrastive Distillation for Image-Text Retrieval", IEEE Transactions on
 * Multimedia, 2023. The teacher picks the few wrong candidates that a student is contrasted with and gives soft answers over them; samples
 * count more where the student is unsure and the teacher is not. The paper's formulas were not at hand: this is a reading of its summary,
 * in which every part is a setting.
 */

const params = z.object({
  temperature: z.number().positive().default(0.07).describe('of the student, whose scores are cosines'),
  teacherTemperature: z.number().positive().default(1).describe("divides the teacher's scores"),
  candidates: z.int().min(2).default(16).describe('wrong candidates of an anchor'),
  selector: z
    .enum(selectors)
    .default('teacher')
    .describe('who chooses them: by its best scores, or at random'),
  distil: z.number().min(0).default(1).describe("weight of the teacher's soft answers over them"),
  contrast: z.number().min(0).default(1).describe('weight of the contrast of the answer with them'),
  form: z
    .enum(['contrastive', 'margins'])
    .default('contrastive')
    .describe('of that contrast; margins of 0.2'),
  weights: z.enum(weightRules).default('dynamic').describe('what samples count: alike, or by entropies'),
  weightContrast: z.boolean().default(false).describe('whether they weigh the contrast as well'),
  directions: z.enum(['both', 'query']).default('both').describe('candidates of passages too, or not'),
  pool: z.int().min(0).default(0).describe("passages that are candidates beside the batch's own"),
  batchSize: z.int().min(2).default(64).describe('pairs of a batch'),
  steps: z.int().min(1).default(300).describe('batches to teach'),
  sides: z.enum(['shared', 'two']).default('shared').describe('one encoder for queries and passages, or two'),
  encoder: z.enum(encoderNames).default('small').describe('mini and static are warm-started'),
  teacher: z.string().default('train').describe(`what scores pairs: ${pairScorerForms}`),
  budget: z.int().min(0).default(0).describe('pairs that the teacher may be asked for; 0: any number'),
  ablations: z.boolean().default(false).describe('teach all ten rows of the table of ablations'),
  deduplicate: z.boolean().default(false).describe('take equal passages of several queries for one'),
});

type Settings = Omit<
  z.output<typeof params>,
  'sides' | 'encoder' | 'teacher' | 'budget' | 'ablations' | 'deduplicate'
>;

const margin = 0.2;

/** What a direction's anchors are compared with: [n] answers in the batch and [n, m] masked ones; then candidates, [n, 1 + k]. */
type Targets<T> = {
  readonly own: T;
  readonly masked: T;
  readonly candidates?: T;
  readonly teacher?: T;
  readonly weights?: T;
};

/** One direction: contrast within the batch, and over the chosen candidates the teacher's soft answers and contrast once more. */
function directedLoss(cosines: Value, targets: Targets<Value>, settings: Settings): Value {
  const { temperature, distil, contrast, form, weightContrast } = settings;
  const { own, masked, candidates, teacher, weights } = targets;
  const scaled = (x: Value) => mul(x, 1 / temperature);
  const retrieval = maskedContrast(scaled(cosines), own, masked);
  if (!candidates) return retrieval;
  const chosen = gatherElements(cosines, candidates, 1);
  const ofContrast = weightContrast ? weights : undefined;
  const contrasted =
    form === 'margins'
      ? weightedMargins(chosen, margin, ofContrast)
      : weightedContrast(scaled(chosen), ofContrast);
  const distilled = weightedDistillation(scaled(chosen), teacher!, weights!);
  return add(retrieval, add(mul(distilled, distil), mul(contrasted, contrast)));
}

function loss(settings: Settings) {
  return (queries: Value, passages: Value, targets: Tree<Value>): Value => {
    const { query, passage } = targets as Readonly<Record<'query' | 'passage', Targets<Value>>>;
    const cosines = matmul(queries, passages, { transB: true });
    const back = gather(transpose(cosines), query.own);
    return mul(add(directedLoss(cosines, query, settings), directedLoss(back, passage, settings)), 0.5);
  };
}

interface Context {
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly after?: (learner: EncoderLearner, step: number) => Promise<void>;
}

/** Chooses candidates of a direction, and weighs its anchors by how sure the teacher and the student are of them. */
async function chosenTargets(
  direction: Direction,
  cosines: Float32Array,
  teacher: PairScorer,
  settings: Settings,
  { key, signal }: { readonly key: random.Key; readonly signal: AbortSignal },
) {
  const selected = await selectedCandidates(direction, cosines, teacher, settings, { key, signal });
  const { lists, scored } = selected;
  const teachers = selected.teacher.map((scores) =>
    scores.map((score) => score / settings.teacherTemperature),
  );
  const students = lists.map((list, anchor) =>
    list.map((one) => cosines[anchor * direction.candidates + one]! / settings.temperature),
  );
  const [sure, unsure] = [teachers.map(normalisedEntropy), students.map(normalisedEntropy)];
  const weights = dynamicWeights(sure, unsure, settings.weights);
  const shape = [lists.length, lists[0]!.length];
  return {
    scored,
    anchors: lists.map((_, anchor): AnchorSeen => {
      const [answer, ...wrong] = selected.teacher[anchor]!;
      return {
        pair: direction.pairOf(anchor, direction.own[anchor]!),
        weight: weights[anchor]!,
        lead: answer! - Math.max(...wrong),
        teacherEntropy: sure[anchor]!,
        studentEntropy: unsure[anchor]!,
      };
    }),
    targets: {
      candidates: tensor(Int32Array.from(lists.flat()), shape),
      teacher: tensor(Float32Array.from(teachers.flat()), shape),
      weights: tensor(Float32Array.from(weights)),
    },
  };
}

/** Teaches batch by batch: candidates are chosen, the teacher answers, samples are weighed, the student takes a step. */
async function teach(
  encoders: DualEncoder,
  { teacher, ...lessons }: PairLessons & { readonly teacher: PairScorer },
  settings: Settings,
  { seed, signal, after }: Context,
): Promise<{ readonly learner: EncoderLearner; readonly log: ContrastLog }> {
  const learner = encoderLearner(encoders, { loss: loss(settings), ...encoders.query.plan, seed });
  const log = openContrastLog();
  const batchOf = pairBatches(lessons, { ...settings, seed });
  const asksTeacher = settings.distil > 0 || settings.contrast > 0;
  await takeSteps(settings.steps, signal, async (step) => {
    const batch = batchOf(step);
    const targetsOf = async (side: 'query' | 'passage', cosines: Float32Array): Promise<Targets<Tensor>> => {
      const direction = side === 'query' ? batch.forward : batch.back;
      const base = contrastTargets(inBatchDirection(direction));
      if (!asksTeacher || (side === 'passage' && settings.directions === 'query')) return base;
      const key = random.foldIn(random.foldIn(random.key(seed), side), step);
      const chosen = await chosenTargets(direction, cosines, teacher, settings, { key, signal });
      log.scored += chosen.scored;
      if (side === 'query') logAnchors(log, step, chosen.anchors);
      return { ...base, ...chosen.targets };
    };
    const [queries, passages] = [
      await learner.embed('query', batch.queries),
      await learner.embed('passage', batch.passages),
    ];
    const cosines = products(queries, passages);
    await learner.learn(batch.queries, batch.passages, {
      query: await targetsOf('query', cosines),
      passage: await targetsOf('passage', turnedScores(batch, cosines)),
    });
    if (settings.distil > 0) checkSoftness(log);
    await after?.(learner, step);
  });
  return { learner, log };
}

const method = defineMethod({
  id: 'dynamic-contrastive-distillation',
  room: 'retrieval',
  paper: {
    card: 23,
    title: 'Dynamic Contrastive Distillation for Image-Text Retrieval',
    year: 2022,
    arxiv: '2207.01426',
  },
  teaches:
    'a fast encoder of two sides, by the few wrong candidates that a slow joint scorer picks and its soft answers over them',
  params,
  run: teachOwn,
});

async function teachOwn(
  own: OwnRetrieval,
  settings: z.output<typeof params>,
  { seed, folder, signal, say }: MethodContext,
): Promise<Taught> {
  return { lines: [] };
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
  candidates: 16,
  teacherTemperature: 10 / 3,
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
      const settings = { ...params.parse({ ...experiment, ...scale }), ...own };
      const { learner, log } = await teach({ query: encoder, passage: encoder }, data.lessons, settings, {
        seed,
        signal,
      });
      const { 'nDCG@10': value, ...figures } = await pagesMeasured(learner.embed, data);
      await learner.dispose();
      const entropy = (read: (step: ContrastLog['steps'][number]) => number) =>
        log.steps.length === 0 ? 0 : mean(log.steps.map(read));
      return {
        value,
        figures: {
          ...figures,
          "teacher's entropy": entropy((step) => step.teacherEntropy),
          "student's entropy": entropy((step) => step.studentEntropy),
        },
      };
    },
  });
  const still = { weights: 'static' } as const;
  return [
    arm('plain', 'contrast within the batch alone', { distil: 0, contrast: 0 }),
    arm('teacher-static', 'candidates of the teacher, distilled', still),
    arm('random-static', 'random candidates, distilled', { ...still, selector: 'random' }),
    arm('student-static', 'candidates of the student, distilled', { ...still, selector: 'student' }),
    arm('mixed-static', 'candidates of both, distilled', { ...still, selector: 'mixed' }),
    arm('teacher-hard', 'candidates of the teacher, contrasted alone', { ...still, distil: 0 }),
    arm('random-hard', 'random candidates, contrasted alone', { ...still, selector: 'random', distil: 0 }),
    arm('student-hard', 'candidates of the student, contrasted alone', {
      ...still,
      selector: 'student',
      distil: 0,
    }),
    arm('teacher-soft', 'candidates of the teacher, distilled alone', { ...still, contrast: 0 }),
    arm('dynamic', 'of the teacher, weights by both entropies', { weights: 'dynamic' }),
    arm('by-student', "of the teacher, weights by the student's entropy", { weights: 'student' }),
    arm('reverse', 'of the teacher, reversed weights', { weights: 'reverse' }),
    arm('teacher-sharp', 'of the teacher, distilled at temperature 1', { ...still, teacherTemperature: 1 }),
    arm('random-sharp', 'random, distilled at temperature 1', {
      ...still,
      selector: 'random',
      teacherTemperature: 1,
    }),
    arm('teacher-4', 'four candidates of the teacher, distilled', { ...still, candidates: 4 }),
  ];
}

function part(arm: string, against: string, least: number, statement: string): Part {
  return { statement, arm, against, least };
}

const claim = defineClaim({
  method: method.id,
  statement:
    "Where the teacher's scores are softened, its soft answers over the sixteen wrong pages that it likes best teach at least a point of nDCG@10 more than over sixteen at random; without the soft answers such pages do harm; and weights by both entropies help.",
  metric: { name: 'nDCG@10', better: 'higher' },
  arm: 'teacher-static',
  against: 'random-static',
  parts: [
    part(
      'plain',
      'teacher-hard',
      0,
      "Contrasted with the teacher's candidates alone, it is no better than without.",
    ),
    part('dynamic', 'teacher-static', 0.005, 'Weights by both entropies are worth half a point or more,'),
    part('dynamic', 'reverse', 0, 'and reversed ones are no better.'),
  ],
  arms: armsOf(experiment),
  quickArms: armsOf({ steps: 20, teacherEpochs: 1 }),
  seeds: [2301, 2302, 2303, 2304, 2305],
  smallestEffect: 0.01,
  fails:
    'The interval of the lead lies below a point, or one of the parts does not hold. The weights are judged on this one task; in a pilot of others they helped with images and not here.',
  published: 'the compressed models are "effective", in words',
  budget: 12,
  data: ['clinc150'],
  settings: experiment,
});

const speed = { data: 'clinc150', gallery: 10_000, timed: 512, width: experiment.width } as const;

const speedClaim = defineClaim({
  method: method.id,
  experiment: 'speed',
  statement:
    'A linear encoder of two sides scores a question with 10,000 texts at least twenty times as fast as a joint scorer of four layers, encoding included.',
  metric: { name: 'ln of pairs scored in a second of CPU', better: 'higher' },
  arm: 'dual-words',
  against: 'joint-4',
  arms: speedArms(speed),
  quickArms: speedArms({ ...speed, gallery: 256, timed: 16 }),
  seeds: [2401, 2402, 2403, 2404, 2405],
  smallestEffect: Math.log(20),
  fails: 'The interval of the lead lies below ln 20.',
  published:
    '129 times as fast as existing image-text retrieval models, most likely those with object detectors',
  budget: 4,
  data: ['clinc150'],
  settings: speed,
});

export const dynamicContrastiveDistillation = defineMethodFile({
  method,
  claim,
  further: [{ claim: speedClaim, reading: '' }],
  task: 'retrieval',
  data: 'a table of pairs with columns left and right, perhaps id (a group) and relevance, or a folder in the layout of BEIR (queries.jsonl, corpus.jsonl, qrels/train.tsv)',
  cost: '',
  reading: '',
  read: readOwnRetrieval,
});
