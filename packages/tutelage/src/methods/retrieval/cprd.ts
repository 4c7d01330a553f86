import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  add,
  crossEntropy,
  gather,
  gatherElements,
  matmul,
  mse,
  mul,
  random,
  type Tensor,
  tensor,
  transpose,
  type Value,
  where,
} from '@tutelage/engine';
import { z } from 'zod';
import { mean } from '../../assessment/checks.js';
import { recallAt } from '../../assessment/ranking.js';
import { measureHits, retrievalMeasures } from '../../assessment/retrieval.js';
import { decimal } from '../../assessment/wording.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import {
  bm25Result,
  encoderHits,
  encoderResult,
  resultLine,
  shipRetriever,
  watchValidation,
} from '../../claims/retrieval-results.js';
import type { Arm, Part } from '../../core/claim.js';
import { UserError } from '../../core/errors.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { uniformDraws } from '../../curricula/draws.js';
import { distillation } from '../../objectives/distillation.js';
import { contrastivePartialRanking, rankingHinge } from '../../objectives/ranking.js';
import { explained } from '../../runs/file-errors.js';
import { products } from '../../search/vectors.js';
import { type DualEncoder, type EncoderLearner, encoderLearner } from '../../students/encoder-learner.js';
import { encoderNamed, encoderNames } from '../../students/encoder-presets.js';
import { type EncoderStudent, withUnitLength } from '../../students/encoder-student.js';
import { lessonBatches } from '../../students/lesson-batches.js';
import { wordBagEncoder } from '../../students/word-bag-encoder.js';
import { type OwnRetrieval, readOwnRetrieval } from '../../tasks/own-retrieval.js';
import { intentPages } from '../../teachers/intent-pages.js';
import { answersOf, openPairScorer, pairScorerForms } from '../../teachers/open-pair-scorer.js';
import { orderAgreement } from '../../teachers/order-agreement.js';
import {
  checkDiscrimination,
  type Direction,
  type OrderingTally,
  orderedCandidates,
} from '../../teachers/ordered-candidates.js';
import type { PairScorer } from '../../teachers/pair-scorer.js';

/*
 * CPRD, contrastive partial ranking distillation: Chen et al., "How to Make Cross Encoder a Good Teacher for Efficient Image-Text
 * Retrieval?", CVPR 2024. A teacher that reads both sides together gives a student, which embeds them apart, the order of the
 * candidates that the student finds hardest: the order, not the scores.
 */

const params = z.object({
  temperature: z
    .number()
    .positive()
    .default(0.07)
    .describe('of the student: scores are cosines divided by it'),
  candidates: z.int().min(2).default(16).describe('wrong candidates that the teacher orders'),
  weight: z
    .number()
    .min(0)
    .default(1)
    .describe('of the ranking loss beside the contrastive one; 0 leaves the teacher out'),
  valid: z
    .enum(['rank', 'threshold', 'gap'])
    .default('rank')
    .describe(
      'which candidates lead others: all but the last, those above a score, or those near the answer’s',
    ),
  validAt: z.number().default(0).describe('the score, or how far below the answer’s'),
  target: z
    .enum(['order', 'kl', 'mse'])
    .default('order')
    .describe('the teacher’s order, or its scores: an ablation'),
  teacherScale: z.number().positive().default(1).describe('factor on the teacher’s scores'),
  negatives: z
    .enum(['hard', 'easy', 'all'])
    .default('hard')
    .describe('the student’s nearest candidates, those in the middle of its list, or all: an ablation'),
  form: z
    .enum(['contrastive', 'unscaled', 'hinge'])
    .default('contrastive')
    .describe(
      'of the ranking loss: contrast at the student’s temperature, at 1, or margins of 0.1: an ablation',
    ),
  order: z.enum(['teacher', 'shuffled']).default('teacher').describe('shuffled is a control'),
  directions: z.enum(['both', 'query']).default('both').describe('from passages to queries too, or not'),
  pool: z.int().min(0).default(0).describe('passages that are candidates beside the batch’s own'),
  batchSize: z.int().min(2).default(64).describe('pairs of a batch'),
  steps: z.int().min(1).default(300).describe('batches to teach'),
  sides: z.enum(['shared', 'two']).default('shared').describe('one encoder for queries and passages, or two'),
  encoder: z
    .enum(encoderNames)
    .default('small')
    .describe('what is taught: from scratch, or warm-started (mini)'),
  teacher: z.string().default('train').describe(`what orders candidates: ${pairScorerForms}`),
  deduplicate: z.boolean().default(false).describe('take equal passages of several queries for one'),
});

type Settings = Omit<z.output<typeof params>, 'sides' | 'encoder' | 'teacher' | 'deduplicate'>;

interface Lessons {
  readonly queries: readonly string[];
  readonly passages: readonly string[];
  /** What is learned from: a query and a passage that answers it. */
  readonly pairs: readonly (readonly [query: number, passage: number])[];
  /** Whether a passage is a wrong answer: neither a known one nor of the same group. */
  isWrong(query: number, passage: number): boolean;
  readonly teacher: PairScorer;
}

/** What one direction's loss compares with, for n anchors and m candidates. */
type Targets<T> = {
  /** The candidate that answers each anchor, [n]. */
  readonly own: T;
  /** Candidates that are neither the own answer nor wrong, [n, m]. */
  readonly masked: T;
  /** Wrong ones in the teacher's order, [n, k], and how many of them lead others, [n]. */
  readonly candidates?: T;
  readonly valid?: T;
  /** The teacher's scores, [n, m]. */
  readonly teacher?: T;
};

const hingeMargin = 0.1;
/** Far below any score: a probability of 0. */
const excluded = -1e9;

/** One direction: each anchor's answer against all candidates, and the teacher's order of the hardest wrong ones (section 3). */
function directedLoss(cosines: Value, targets: Targets<Value>, settings: Settings): Value {
  const { target, form, temperature, weight } = settings;
  const { own, masked, candidates, valid, teacher } = targets;
  const scores = mul(cosines, 1 / temperature);
  const contrastive = crossEntropy(where(masked, excluded, scores), own);
  if (weight === 0) return contrastive;
  const distilled = () => {
    const without = (x: Value, value: number) => where(masked, value, x);
    if (target === 'kl') {
      return distillation(without(scores, excluded), without(teacher!, excluded), { temperature: 1 });
    }
    if (target === 'mse') return mse(without(scores, 0), without(teacher!, 0));
    const ordered = gatherElements(cosines, candidates!, 1);
    if (form === 'hinge') return rankingHinge(ordered, valid!, hingeMargin);
    return contrastivePartialRanking(form === 'unscaled' ? ordered : mul(ordered, 1 / temperature), valid!);
  };
  return add(contrastive, mul(distilled(), weight));
}

/** The tensors that one direction's loss compares with. */
async function directedTargets(
  direction: Direction,
  cosines: Float32Array,
  teacher: PairScorer,
  settings: Settings,
  context: { readonly key: random.Key; readonly signal: AbortSignal; readonly tally: OrderingTally },
): Promise<Targets<Tensor>> {
  const { own, anchors, candidates, isWrong, pairOf } = direction;
  const all = own.flatMap((_, anchor) =>
    Array.from({ length: candidates }, (_, candidate) => [anchor, candidate] as const),
  );
  const masked = all.map(([anchor, one]) => (one === own[anchor] || isWrong(anchor, one) ? 0 : 1));
  const base = {
    own: tensor(Int32Array.from(own)),
    masked: tensor(Uint8Array.from(masked), [anchors, candidates], 'bool'),
  };
  if (settings.weight === 0) return base;
  if (settings.target !== 'order') {
    const scores = await teacher.score(
      all.map((pair) => pairOf(...pair)),
      context.signal,
    );
    context.tally.scored += all.length;
    return { ...base, teacher: tensor(Float32Array.from(scores), [anchors, candidates]) };
  }
  const { lists, valid } = await orderedCandidates(direction, cosines, teacher, settings, context);
  return {
    ...base,
    candidates: tensor(Int32Array.from(lists.flat()), [anchors, lists[0]!.length]),
    valid: tensor(Int32Array.from(valid)),
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
  lessons: Lessons,
  settings: Settings,
  { seed, signal, after }: Context,
): Promise<{ readonly learner: EncoderLearner; readonly tally: OrderingTally }> {
  const { queries, passages, pairs } = lessons;
  const isBoth = settings.directions === 'both';
  const learner = encoderLearner(encoders, {
    loss: (q, p, tree) => {
      const targets = tree as { readonly query: Targets<Value>; readonly passage?: Targets<Value> };
      const cosines = matmul(q, p, { transB: true });
      const forward = directedLoss(cosines, targets.query, settings);
      if (!targets.passage) return forward;
      const back = gather(transpose(cosines), targets.query.own);
      return mul(add(forward, directedLoss(back, targets.passage, settings)), 0.5);
    },
    learningRate: encoders.query.plan.learningRate,
    seed,
  });
  const teacher = scaled(lessons.teacher, settings.teacherScale);
  const tally: OrderingTally = { scored: 0, lists: 0, constant: 0, ties: 0 };
  const batches = lessonBatches({ count: pairs.length, batchSize: settings.batchSize, seed });
  const size = Math.min(passages.length, settings.batchSize + settings.pool);
  for (let step = 0; step < settings.steps && !signal.aborted; step++) {
    const key = random.foldIn(random.foldIn(random.key(seed), 'candidates'), step);
    const batch = batches.next(step).map((row) => pairs[row]!);
    const met = filledUp(
      batch.map(([, passage]) => passage),
      passages.length,
      size,
      key,
    );
    const texts = [
      batch.map(([query]) => queries[query]!),
      met.map((passage) => passages[passage]!),
    ] as const;
    const cosines = products(
      await learner.embed('query', texts[0]),
      await learner.embed('passage', texts[1]),
    );
    const own = batch.map(([, passage]) => met.indexOf(passage));
    const forward: Direction = {
      anchors: batch.length,
      candidates: met.length,
      own,
      pairOf: (i, j) => [batch[i]![0], met[j]!],
      isWrong: (i, j) => j !== own[i] && lessons.isWrong(batch[i]![0], met[j]!),
    };
    const context = { key, signal, tally };
    const targets = await directedTargets(forward, cosines, teacher, settings, context);
    if (isBoth) {
      const back: Direction = {
        anchors: batch.length,
        candidates: batch.length,
        own: batch.map((_, i) => i),
        pairOf: (i, j) => [batch[j]![0], batch[i]![1]],
        isWrong: (i, j) => lessons.isWrong(batch[j]![0], batch[i]![1]),
      };
      const turned = own.flatMap((column) => batch.map((_, row) => cosines[row * met.length + column]!));
      const backTargets = await directedTargets(back, Float32Array.from(turned), teacher, settings, context);
      await learner.learn(...texts, { query: targets, passage: backTargets });
    } else {
      await learner.learn(...texts, { query: targets });
    }
    checkDiscrimination(tally);
    await after?.(learner, step);
  }
  return { learner, tally };
}

function scaled(teacher: PairScorer, factor: number): PairScorer {
  return {
    ...teacher,
    score: async (pairs, signal) => (await teacher.score(pairs, signal)).map((score) => score * factor),
  };
}

/** Some passages, without repetition, and others at random until there are `size` of all `count`. */
function filledUp(some: readonly number[], count: number, size: number, key: random.Key): number[] {
  const met = new Set(some);
  const draw = uniformDraws(key);
  if (size === count) for (let passage = 0; passage < count; passage++) met.add(passage);
  while (met.size < size) met.add(Math.floor(draw() * count));
  return [...met];
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
    'an encoder of two sides to rank, by the order in which a slow joint scorer puts the hardest wrong candidates',
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
  const pairs = answersOf(own);
  checkSettings(own, pairs.length, settings);
  const teacher = await openPairScorer(settings.teacher, own, seed);
  const [queries, passages] = [own.queries, own.passages].map((texts) => texts.map(({ text }) => text)) as [
    string[],
    string[],
  ];
  const encoderOf = async (salt: number) =>
    withUnitLength(await encoderNamed(settings.encoder, [...queries, ...passages], seed + salt));
  const query = await encoderOf(0);
  const encoders = { query, passage: settings.sides === 'two' ? await encoderOf(1) : query };
  const lessons = { queries, passages, pairs, isWrong: own.isWrong, teacher };
  const arms = { plain: watchValidation(own, settings.steps), method: watchValidation(own, settings.steps) };
  say('contrastive training');
  const plain = await teach(
    encoders,
    lessons,
    { ...settings, weight: 0 },
    { seed, signal, after: arms.plain.after },
  );
  say(method.id);
  const { learner, tally } = await teach(encoders, lessons, settings, {
    seed,
    signal,
    after: arms.method.after,
  });
  const best = arms.method.best ?? learner.trained();
  const results = [
    bm25Result(own),
    await encoderResult(
      own,
      'plain',
      'plain contrastive training',
      encoders,
      arms.plain.best ?? plain.learner.trained(),
    ),
    await encoderResult(own, method.id, 'CPRD', encoders, best),
  ];
  await shipRetriever(folder, own, encoders, best);
  const agreement = await orderAgreement(own, learner.embed, teacher, settings.candidates, signal);
  const report = {
    results,
    curves: { plain: arms.plain.curve, [method.id]: arms.method.curve },
    agreement,
    teacher: { pairsScored: teacher.asked, ...tally },
  };
  explained('write the report', folder, () =>
    writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`),
  );
  await plain.learner.dispose();
  await learner.dispose();
  return {
    lines: [
      ...results.map(resultLine),
      `teacher: ${teacher.asked} pairs scored, ${tally.ties} ties, order shared with the student: ${decimal(agreement, 2)} (Kendall)`,
      `encoder, index and report: ${folder}`,
    ],
    results,
  };
}

function checkSettings(
  { repeated }: OwnRetrieval,
  pairs: number,
  { batchSize, candidates, pool, deduplicate }: z.output<typeof params>,
): void {
  if (pairs < batchSize) {
    throw new UserError(`fewer pairs than a batch has: ${pairs}`, {
      hint: `lower batchSize, which is ${batchSize}`,
    });
  }
  if (candidates >= batchSize + pool) {
    throw new UserError(`as many candidates as a batch has passages: ${candidates} of ${batchSize + pool}`, {
      hint: 'lower candidates, or raise batchSize or pool',
    });
  }
  if (repeated > 0 && !deduplicate) {
    throw new UserError(`passages that occur with several queries: ${repeated}`, {
      detail: 'what answers one query would be taken for a wrong answer of another',
      hint: 'give the pairs that belong together an id, or set deduplicate=true',
    });
  }
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

function armsOf({ steps, teacherEpochs }: { readonly steps: number; readonly teacherEpochs: number }): Arm[] {
  const arm = (id: string, title: string, own: Partial<Settings>): Arm => ({
    id,
    title,
    async run(seed, signal) {
      const data = await intentPages({ ...experiment, teacherEpochs, seed, signal });
      const { pages, questions, answers, teacher, test } = data;
      const encoder = experimentEncoder([...pages, ...questions], seed);
      const { learner, tally } = await teach(
        { query: encoder, passage: encoder },
        {
          queries: questions,
          passages: pages,
          pairs: answers.map((page, question) => [question, page]),
          isWrong: (question, page) => answers[question] !== page,
          teacher,
        },
        { ...params.parse({ ...experiment, steps }), ...own },
        { seed, signal },
      );
      const hits = await encoderHits(learner.embed, test.questions, pages, 10);
      await learner.dispose();
      const judged = test.answers.map((page) => new Map([[page, 1]]));
      return {
        value: mean(measureHits(hits, judged, retrievalMeasures['nDCG@10'])),
        figures: { 'R@1': mean(measureHits(hits, judged, recallAt(1))), 'pairs scored': tally.scored },
      };
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

function experimentEncoder(texts: readonly string[], seed: number): EncoderStudent {
  const encoder = wordBagEncoder(texts, experiment.width, random.key(seed));
  const { batchSize, learningRate } = experiment;
  return { ...withUnitLength(encoder), plan: { batchSize, learningRate } };
}

const over = (arm: string, against: string, least: number, statement: string): Part => ({
  statement,
  arm,
  against,
  least,
});

const claim = defineClaim({
  method: method.id,
  statement:
    'With three questions a page to learn from, an encoder taught the order of its hardest wrong pages is at least 3 points of nDCG@10 better than by contrast alone; the order of easy pages, the scores themselves and a random order do less.',
  metric: { name: 'nDCG@10', better: 'higher' },
  arm: 'cprd',
  against: 'contrastive',
  parts: [
    over('cprd', 'kl-1', 0.02, "At least 2 points better than the teacher's scores as they are."),
    over('cprd', 'kl-0.15', 0, "No worse than the teacher's scores times 0.15."),
    over('cprd', 'kl-0.3', 0, "No worse than the teacher's scores times 0.3."),
    over('cprd', 'kl-3', 0, "No worse than the teacher's scores times 3."),
    over('cprd', 'easy', 0.015, 'At least 1.5 points better than the order of easy candidates.'),
    over(
      'contrastive',
      'shuffled',
      -0.003,
      'A random order is at most 0.3 points better than contrast alone.',
    ),
    over('cprd-scaled', 'cprd', 0, "The teacher's scores times 3 give the same encoder: no worse,"),
    over('cprd', 'cprd-scaled', 0, 'and no better.'),
    over(
      'kl-0.3',
      'kl-3',
      0.02,
      'The scale of scores that are learned themselves moves nDCG@10 by at least 2 points.',
    ),
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
  reading: 'Not run yet.',
  read: readOwnRetrieval,
});
