import { matmul, mul, random, type Tree, type Value } from '@tutelage/engine';
import { z } from 'zod';
import { defineClaim, part } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Part } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { uniformDraws } from '../../curricula/draws.js';
import { misspelt } from '../../curricula/spelling-noise.js';
import { helpArms } from '../../experiments/help-arms.js';
import type { LearnLinks } from '../../experiments/link-encoders.js';
import { paragraphArms } from '../../experiments/paragraph-arms.js';
import { maskedContrast } from '../../objectives/contrast.js';
import { writeHelpFiles } from '../../own-data/help-files.js';
import { helpFindings } from '../../own-data/help-findings.js';
import { helpLessons, teachHelp } from '../../own-data/help-teaching.js';
import { type DualEncoder, type EncoderLearner, encoderLearner } from '../../students/encoder-learner.js';
import { encoderNamed, encoderNames } from '../../students/encoder-presets.js';
import { withUnitLength } from '../../students/encoder-student.js';
import { takeSteps } from '../../students/take-steps.js';
import { helpCollection, inLanguage } from '../../tasks/help-desk/collection.js';
import { type HelpDesk, readHelpDesk } from '../../tasks/help-desk/help-desk.js';
import { linksOf } from '../../tasks/help-desk/links.js';
import { relationsNamed } from '../../tasks/help-desk/relations.js';
import { contrastTargets } from '../../teachers/candidate-targets.js';
import { checkBatch, type PairLessons, pairBatches } from '../../teachers/pair-batches.js';

/*
 * Alloprof: Lefebvre-Brossard, Gazaille & Desmarais, "Alloprof: a new French question-answer education dataset and its use in an
 * information retrieval case study", 2023. Teachers answer pupils' questions with links; the links teach a retriever that finds the
 * pages at once, among those that subject, grade and language leave possible.
 */

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
  pageLinks: z.string().default('/eleves/bv/').describe('regular expression of links to pages'),
  questionLinks: z
    .string()
    .default('/zonedentraide/discussion/([^/?#]+)')
    .describe('regular expression of links to questions; its group is the id'),
  targets: z.enum(['both', 'pages', 'questions']).default('both').describe('what answers questions'),
  related: z
    .string()
    .default('none')
    .describe('subjects whose pages answer each other: none, alloprof, or a JSON file'),
  gradesBelow: z.int().min(0).default(0).describe('grades below those of a page that it is also for'),
  gradesAbove: z.int().min(0).default(0).describe('grades above'),
  language: z.string().default('all').describe('teach the questions and pages of one language, such as fr'),
  split: z
    .enum(['user', 'question'])
    .default('user')
    .describe('what is held out as a whole; the latest where times are known'),
  threshold: z.number().default(-1).describe('suggestions with a lower score are not made'),
});

type Settings = Pick<z.output<typeof params>, 'temperature' | 'hard' | 'noise' | 'batchSize' | 'steps'>;

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
async function teach(
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

const learn: LearnLinks = (encoders, lessons, training, context) =>
  teach(encoders, lessons, params.parse(training), context);

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
  arms: helpArms(experiment, learn),
  quickArms: helpArms({ ...experiment, steps: 5, stepsOfAll: 5 }, learn),
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
  arms: paragraphArms(french, learn),
  quickArms: paragraphArms({ ...french, steps: 2 }, learn),
  seeds: [2101, 2102, 2103, 2104, 2105],
  smallestEffect: 0.05,
  fails: 'The interval of the lead lies below 5 points, or the encoder is the better one.',
  published: 'no such experiment in the paper',
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
  run: teachOwn,
});

/** The user's own forum: links are found, questions divided by user, an encoder taught and tested, and the best way to suggest is kept. */
async function teachOwn(
  read: HelpDesk,
  settings: z.output<typeof params>,
  { seed, folder, signal, say }: MethodContext,
): Promise<Taught> {
  const desk = inLanguage(read, settings.language);
  for (const warning of desk.warnings) say(`warning: ${warning}`);
  const links = linksOf(desk, settings);
  const widening = { ...settings, relations: await relationsNamed(settings.related) };
  const collection = helpCollection(desk, links, { ...widening, seed });
  for (const line of helpFindings(desk, links, collection)) say(line);
  const lessons = helpLessons(collection);
  checkBatch(lessons.pairs.length, settings.batchSize);
  const learned = collection.own.splits.train.map(({ query }) => lessons.queries[query]!);
  const encoder = withUnitLength(
    await encoderNamed(settings.encoder, [...lessons.passages, ...learned], seed),
  );
  const encoders = { query: encoder, passage: encoder };
  const { chosen, lines } = await teachHelp(
    collection,
    encoders,
    (after) => teach(encoders, lessons, settings, { seed, signal, after }),
    { steps: settings.steps, folder, say },
  );
  const { gradesBelow, gradesAbove, relations } = widening;
  const { threshold } = settings;
  writeHelpFiles(folder, desk, links, collection, {
    system: chosen,
    threshold,
    relations,
    gradesBelow,
    gradesAbove,
  });
  return { lines: [...lines, `suggestions over HTTP: tutelage serve ${folder}`] };
}

export const alloprof = defineMethodFile({
  method,
  claim,
  further: [
    {
      claim: frenchClaim,
      reading:
        'Character n-grams help by half of what was claimed, by tf-idf as by BM25: words do well once what is elided, as in l’eau, is taken for a word of its own. An encoder that never saw the articles is of no use, and spoils BM25 where both are added up.',
    },
  ],
  data: 'a folder with questions (id, text), answers (question, text with links) and pages (id, url, text) as tables, or pages as HTML and Markdown files; or the files of the Alloprof repository or of its benchmark',
  cost: 'parsing takes seconds, one training of an encoder minutes; no language model is asked',
  reading:
    'Links help: ten of them a page are worth 6.7 points, and 8 were claimed after a pilot of others, in which BM25 did worse by 5; all 95 are worth 12. Hard wrong pages change nothing, misspelt questions in training only what misspelling costs, and BM25 on character n-grams is hurt by it as little as the best encoder.',
  read: readHelpDesk,
});
