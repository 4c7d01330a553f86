import { matmul, mul, random, type Tree, type Value } from '@tutelage/engine';
import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile } from '../../claims/method-file.js';
import type { Arm, Part } from '../../core/claim.js';
import { defineMethod } from '../../core/method.js';
import { uniformDraws } from '../../curricula/draws.js';
import { misspelt } from '../../curricula/spelling-noise.js';
import { askedParagraphs, paragraphsMeasured } from '../../experiments/asked-paragraphs.js';
import { helpMeasured, helpPages } from '../../experiments/help-pages.js';
import {
  fusedScores,
  scoresByCosine,
  scoresByTerms,
  scoresByVectors,
} from '../../experiments/page-scores.js';
import { maskedContrast } from '../../objectives/contrast.js';
import { analyzer } from '../../search/analyzer.js';
import { characterAnalyzer } from '../../search/character-analyzer.js';
import { type DualEncoder, type EncoderLearner, encoderLearner } from '../../students/encoder-learner.js';
import { encoderNames } from '../../students/encoder-presets.js';
import { withUnitLength } from '../../students/encoder-student.js';
import { takeSteps } from '../../students/take-steps.js';
import type { Terms } from '../../students/word-bag.js';
import { wordBagEncoder } from '../../students/word-bag-encoder.js';
import { contrastTargets } from '../../teachers/candidate-targets.js';
import { type PairLessons, pairBatches } from '../../teachers/pair-batches.js';

const params = z.object({
  temperature: z.number().positive().default(0.07).describe('of the contrast between cosines'),
  hard: z
    .boolean()
    .default(true)
    .describe('beside each answer a wrong page that BM25 finds among the possible ones'),
  noise: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('probability that a letter of a question is misspelt in training'),
  batchSize: z.int().min(2).default(128).describe('links of a batch'),
  steps: z.int().min(1).default(2000).describe('batches to teach'),
  encoder: z.enum(encoderNames).default('character-bag').describe('mini and static are warm-started'),
});

export type Settings = Omit<z.output<typeof params>, 'encoder'>;

/** Each question against the pages of its batch; pages that also answer it are left out. */
function loss(temperature: number) {
  return (questions: Value, pages: Value, targets: Tree<Value>): Value => {
    const { own, masked } = targets as Readonly<Record<'own' | 'masked', Value>>;
    return maskedContrast(mul(matmul(questions, pages, { transB: true }), 1 / temperature), own, masked);
  };
}

interface Context {
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly after?: (learner: EncoderLearner, step: number) => Promise<void>;
}

/** Teaches an encoder from links: one batch of questions, their pages and hard wrong ones after the other. */
export async function teach(
  encoders: DualEncoder,
  { near, ...lessons }: PairLessons,
  settings: Settings,
  { seed, signal, after }: Context,
): Promise<EncoderLearner> {
  const { temperature, hard, noise, batchSize, steps } = settings;
  const learner = encoderLearner(encoders, { loss: loss(temperature), ...encoders.query.plan, seed });
  const batchOf = pairBatches({ ...lessons, ...(hard && near && { near }) }, { batchSize, pool: 0, seed });
  await takeSteps(steps, signal, async (step) => {
    const { queries, passages, forward } = batchOf(step);
    const draw = uniformDraws(random.foldIn(random.foldIn(random.key(seed), 'spelling'), step));
    const questions = queries.map((question) => misspelt(question, noise, draw));
    await learner.learn(questions, passages, contrastTargets(forward));
    await after?.(learner, step);
  });
  return learner;
}

/* The first claim, on questions to an assistant: the page of an intent is what its questions are linked to. */

const experiment = {
  data: 'clinc150',
  inPage: 5,
  linked: { few: 2, some: 10, all: 95 },
  noise: 0.1,
  width: 128,
  learningRate: 1e-2,
  batchSize: 128,
  steps: 100,
  stepsOfAll: 400,
} as const;

const analyzers = { words: analyzer(), characters: characterAnalyzer } as const;

function encoderOf(texts: readonly string[], terms: Terms, seed: number): DualEncoder {
  const { width, batchSize, learningRate } = experiment;
  const bag = wordBagEncoder(texts, { width, weighting: 'tf-idf', terms }, random.key(seed));
  const encoder = { ...withUnitLength(bag), plan: { batchSize, learningRate } };
  return { query: encoder, passage: encoder };
}

function armsOf(scale: { readonly steps: number; readonly stepsOfAll: number }): Arm[] {
  const worldOf = (linked: number, seed: number) => helpPages({ ...experiment, linked, seed });
  const lexical = (name: Terms, restricted: boolean): Arm => ({
    id: `bm25-${name}${restricted ? '-possible' : ''}`,
    title: `BM25 on ${name}${restricted ? ', pages of the subject' : ''}`,
    async run(seed) {
      const world = await worldOf(experiment.linked.few, seed);
      return helpMeasured(scoresByTerms(world.lessons.passages, analyzers[name]), world, restricted);
    },
  });
  const taught = (
    name: Terms,
    links: keyof typeof experiment.linked,
    [suffix, said]: readonly [string, string] = ['', ''],
    own: Partial<Settings> & { readonly restricted?: boolean } = {},
  ): Arm => ({
    id: `${name}-${150 * experiment.linked[links]}${suffix}`,
    title: `encoder of ${name}, ${150 * experiment.linked[links]} links${said}`,
    async run(seed, signal) {
      const { restricted = false, ...change } = own;
      const world = await worldOf(experiment.linked[links], seed);
      const { queries, passages } = world.lessons;
      const steps = links === 'all' ? scale.stepsOfAll : scale.steps;
      const settings = { ...params.parse({ batchSize: experiment.batchSize, steps }), ...change };
      const encoders = encoderOf([...passages, ...queries], name, seed);
      const learner = await teach(encoders, world.lessons, settings, { seed, signal });
      const measured = await helpMeasured(scoresByVectors(passages, learner.embed), world, restricted);
      await learner.dispose();
      return measured;
    },
  });
  const possible = ['-possible', ', pages of the subject'] as const;
  return [
    lexical('words', false),
    lexical('characters', false),
    taught('characters', 'some'),
    taught('words', 'some'),
    taught('characters', 'few'),
    taught('words', 'few'),
    lexical('words', true),
    lexical('characters', true),
    taught('characters', 'some', possible, { restricted: true }),
    taught('words', 'some', possible, { restricted: true }),
    taught('characters', 'all'),
    taught('words', 'all'),
    taught('characters', 'some', ['-untaught', ', not taught'], { steps: 0 }),
    taught('characters', 'some', ['-misspelt', ', misspelt ones'], { noise: experiment.noise }),
    taught('characters', 'some', ['-random', ', no hard wrong pages'], { hard: false }),
  ];
}

function part(arm: string, against: string, least: number, statement: string): Part {
  return { statement, arm, against, least };
}

const raises = (arm: string, of: string): Part => ({
  statement: `Searching the pages of the subject alone raises R@1 by a point or more: ${of}.`,
  arm: `${arm}-possible`,
  against: arm,
  figure: { name: 'R@1', better: 'higher' },
  least: 0.01,
});

const claim = defineClaim({
  method: 'alloprof',
  statement:
    'With ten links a page an encoder of character n-grams finds the linked page at least 8 points of nDCG@10 better than BM25 on the same n-grams, with two links it does not; and it bears misspelt questions that an encoder of words does not.',
  metric: { name: 'nDCG@10', better: 'higher' },
  arm: 'characters-1500',
  against: 'bm25-characters',
  parts: [
    part(
      'words-1500',
      'bm25-words',
      0.08,
      'Of words, too: at least 8 points better than BM25 with ten links a page.',
    ),
    part(
      'bm25-characters',
      'characters-300',
      -0.02,
      'With two links a page it is at most 2 points better than BM25.',
    ),
    part('bm25-words', 'words-300', -0.02, 'Nor is the one of words.'),
    {
      statement:
        'A tenth of the letters misspelt costs the encoder of characters at least 8 points less than that of words.',
      arm: 'characters-1500',
      against: 'words-1500',
      figure: { name: 'lost by misspelling', better: 'lower' },
      least: 0.08,
    },
    raises('bm25-words', 'BM25 on words'),
    raises('bm25-characters', 'BM25 on characters'),
    raises('words-1500', 'the encoder of words'),
    raises('characters-1500', 'the encoder of characters'),
  ],
  arms: armsOf(experiment),
  quickArms: armsOf({ steps: 5, stepsOfAll: 5 }),
  seeds: [2001, 2002, 2003, 2004, 2005],
  smallestEffect: 0.08,
  fails:
    'The interval of the lead lies below 8 points, two links a page suffice to beat BM25 by more than 2, or another part does not hold.',
  published: '"acceptable", but "not ready for production", in words',
  budget: 10,
  data: ['clinc150', 'clinc150-scope'],
  settings: experiment,
});

/* The second claim, on French: a paragraph with questions of its own, of which none is in training. */

const french = { data: 'piaf', width: 128, learningRate: 1e-2, batchSize: 64, steps: 150 } as const;

function frenchArms(steps: number): Arm[] {
  const lexical = { cosine: scoresByCosine, bm25: scoresByTerms } as const;
  const byTerms = (system: keyof typeof lexical, terms: keyof typeof analyzers): Arm => ({
    id: `${system}-${terms}`,
    title: `${system === 'bm25' ? 'BM25' : 'tf-idf'} on ${terms}`,
    async run(seed) {
      const world = await askedParagraphs(seed);
      return paragraphsMeasured(lexical[system](world.test.paragraphs, analyzers[terms]), world);
    },
  });
  const dense = (id: string, title: string, isFused: boolean): Arm => ({
    id,
    title,
    async run(seed, signal) {
      const world = await askedParagraphs(seed);
      const { queries, passages } = world.lessons;
      const encoders = encoderOf([...passages, ...queries], 'characters', seed);
      const settings = params.parse({ batchSize: french.batchSize, steps });
      const learner = await teach(encoders, world.lessons, settings, { seed, signal });
      const { paragraphs } = world.test;
      const own = scoresByVectors(paragraphs, learner.embed);
      const fused = () => fusedScores(scoresByTerms(paragraphs, analyzers.characters), own);
      const measured = await paragraphsMeasured(isFused ? fused() : own, world);
      await learner.dispose();
      return measured;
    },
  });
  return [
    byTerms('cosine', 'words'),
    byTerms('cosine', 'characters'),
    byTerms('bm25', 'words'),
    byTerms('bm25', 'characters'),
    dense('encoder', 'encoder of characters from scratch', false),
    dense('fused', 'BM25 on characters and the encoder', true),
  ];
}

const frenchClaim = defineClaim({
  method: 'alloprof',
  experiment: 'french',
  statement:
    'For French questions with one paragraph each, tf-idf of character n-grams finds it at least 5 points of nDCG@10 better than of words, and an encoder from scratch does no better than either.',
  metric: { name: 'nDCG@10', better: 'higher' },
  arm: 'cosine-characters',
  against: 'cosine-words',
  parts: [
    part(
      'cosine-words',
      'encoder',
      0,
      'Neither is worse than an encoder taught from scratch: tf-idf of words,',
    ),
    part('bm25-characters', 'encoder', 0, 'nor BM25 on characters.'),
  ],
  arms: frenchArms(french.steps),
  quickArms: frenchArms(2),
  seeds: [2101, 2102, 2103, 2104, 2105],
  smallestEffect: 0.05,
  fails: 'The interval of the lead lies below 5 points, or the encoder is the better one.',
  published: 'no such experiment',
  budget: 8,
  data: ['piaf'],
  settings: french,
});

const method = defineMethod({
  id: 'alloprof',
  room: 'retrieval',
  paper: {
    card: 20,
    title:
      'Alloprof: a new French question-answer education dataset and its use in an information retrieval case study',
    year: 2023,
    arxiv: '2302.07738',
  },
  teaches: "an encoder to find the pages that answer pupils' questions, from the links in teachers' answers",
  params,
  run: async (_: string) => ({ lines: [] }),
});

export const alloprof = defineMethodFile({
  method,
  claim,
  further: [{ claim: frenchClaim, reading: '' }],
  data: '',
  cost: '',
  reading: '',
  read: async (path) => path,
});
