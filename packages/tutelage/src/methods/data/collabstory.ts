import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Part } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { type AuthorshipExperiment, authorshipArms } from '../../experiments/authorship-arms.js';
import { endpointParams, openResponder, responderForms } from '../../language/open-responder.js';
import type { Responder } from '../../language/responder.js';
import { orderPolicies, passBaton } from '../../own-data/baton.js';
import { type OwnStories, readOwnStories } from '../../own-data/own-stories.js';
import { analyseStories } from '../../own-data/story-analysis.js';
import { analysisLines, storyLines, writeAnalysis, writeStories } from '../../own-data/story-report.js';
import { explained } from '../../runs/file-errors.js';

/*
 * CollabStory: Venkatraman, Tripto & Lee, "CollabStory: Multi-LLM Collaborative Story Generation and Authorship Analysis", NAACL 2025.
 * Several authors write one text in turn, each from a summary and the last sentence of what there is. Detectors are then asked the
 * questions of the PAN series: did several write it, how many, are two pieces of one author, and who wrote which.
 */

const params = z.object({
  words: z.int().min(100).default(180).describe('words of a piece, or of a part that is to be written'),
  openSet: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('a piece whose likeliest author is less likely is of none of them'),
  stories: z
    .int()
    .min(20)
    .default(200)
    .describe('stories of each number of authors that detectors learn from'),
  order: z
    .enum(orderPolicies)
    .default('random')
    .describe('in which models write: one order a prompt, or all'),
  attempts: z
    .int()
    .min(1)
    .default(20)
    .describe('most times that a part is asked for until it is long enough'),
  summariser: z
    .string()
    .default('extractive')
    .describe(`who tells the next author of the story: extractive, none, or a model: ${responderForms}`),
  ...endpointParams,
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'collabstory',
  room: 'data',
  paper: {
    card: 45,
    title: 'CollabStory: Multi-LLM Collaborative Story Generation and Authorship Analysis',
    year: 2024,
    arxiv: '2406.12665',
  },
  teaches: 'detectors of who wrote what in texts of several authors; or has models write such texts in turn',
  params,
  run: runOwn,
});

/** The user's own texts are examined; or stories are written to the user's prompts. */
async function runOwn(own: OwnStories, settings: Settings, context: MethodContext): Promise<Taught> {
  const { folder } = context;
  if (own.kind === 'prompts') return writeOwn(own, settings, context);
  const analysis = await analyseStories(own, settings, context);
  writeAnalysis(folder, analysis);
  return { lines: [...analysisLines(analysis), `report: ${folder}`] };
}

/** One model after the other goes on with each story. */
async function writeOwn(
  { prompts, models }: Extract<OwnStories, { kind: 'prompts' }>,
  settings: Settings,
  context: MethodContext,
): Promise<Taught> {
  const { folder, say } = context;
  const opened: Responder[] = [];
  const open = async (name: string, place: string) => {
    const own = join(folder, place);
    explained('make the folder of an author', own, () => mkdirSync(own, { recursive: true }));
    const model = await openResponder(name, { ...settings, folder: own, say });
    opened.push(model);
    return model;
  };
  try {
    const authors: Responder[] = [];
    for (const [i, name] of models.entries()) authors.push(await open(name, `author-${i + 1}`));
    const summariser =
      settings.summariser === 'extractive' || settings.summariser === 'none'
        ? settings.summariser
        : await open(settings.summariser, 'summariser');
    const stories = await passBaton(prompts, authors, summariser, settings, context);
    writeStories(folder, stories);
    const prices = opened.map((model) => model.spent());
    const dollars = prices.reduce<number | undefined>(
      (sum, price) => (sum === undefined || price === undefined ? undefined : sum + price),
      0,
    );
    return { lines: [...storyLines(stories, dollars), `stories with the authors of their parts: ${folder}`] };
  } finally {
    for (const model of opened) await model.close();
  }
}

/* The claim, on spliced pieces of books of five authors; books are either learned from or tested on. */

const experiment = {
  words: 180,
  pieces: { train: 400, test: 300 },
  length: 5,
  stories: { train: 200, test: 200 },
} as const satisfies AuthorshipExperiment;

const quick: AuthorshipExperiment = {
  ...experiment,
  pieces: { train: 60, test: 30 },
  stories: { train: 20, test: 10 },
};

function part(arm: string, against: string, least: number, statement: string, figure?: string): Part {
  return { statement, arm, against, least, ...(figure && { figure: { name: figure, better: 'higher' } }) };
}

const claim = defineClaim({
  method: method.id,
  statement:
    'Whether a story has several authors is easier to tell than how many: of what could be gained on a guess, detectors gain a tenth more.',
  metric: { name: 'accuracy above chance, as a share of what could be', better: 'higher' },
  arm: 'mixed',
  against: 'count',
  parts: [
    part('mixed', 'guess', 0.24, 'Mixed stories are told with a balanced accuracy of 0.62 or more.'),
    part('count', 'guess', 0.0875, 'The number of authors is right in 27 % of stories or more,'),
    part('guess', 'count', -0.4375, 'and in 55 % or less.'),
    part('who-2', 'who-3', 0.02, 'Who of two is easier to tell than who of three,', 'accuracy'),
    part('who-3', 'who-4', 0.02, 'that easier than who of four,', 'accuracy'),
    part('who-4', 'who-5', 0.02, 'and that easier than who of five.', 'accuracy'),
    part(
      'two-authors',
      'one-author',
      0.05,
      'Stories of two authors are flagged more often than of one,',
      'flagged',
    ),
    part('three-authors', 'two-authors', 0.05, 'those of three more often,', 'flagged'),
    part('four-authors', 'three-authors', 0.02, 'those of four more often,', 'flagged'),
    part('five-authors', 'four-authors', 0.01, 'and those of five most often.', 'flagged'),
    part(
      'who-5-leaked',
      'who-5',
      0.1,
      'Pieces of the same books would add 10 points: books must be split.',
      'accuracy',
    ),
  ],
  arms: authorshipArms(experiment),
  quickArms: authorshipArms(quick),
  seeds: [901, 902, 903, 904, 905, 906, 907, 908],
  smallestEffect: 0.1,
  fails:
    'The number of authors is told as well as whether there are several, or one of the parts does not hold. Machine authors are not part of it.',
  published: 'several authors and pairs of one author can be told, how many and who hardly, in words',
  budget: 10,
  data: ['classic-books'],
  settings: experiment,
});

export const collabstory = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: `known` (a folder with a folder of text files for each author) and `texts` (to examine); or `prompts` (a file) and `models` (one to five that write in turn)',
  cost: 'an analysis takes seconds; a story takes a call a part, retries, and a summary each where a model writes them',
  reading:
    'Mixed stories are told with a balanced accuracy of 0.76, the number of authors in 40 % of stories (within one in 78 %), who of five in 64 % of pieces. It is no tool for verdicts: 26 % of stories of one author are taken for mixed, stories of two are flagged 50 % of the time, and whether two pieces of unseen books are of one author is right in 57 %. With pieces of the same books to learn from, who of five rises to 86 %: topic, not style. Authors are people; stories of machines were not tried.',
  read: readOwnStories,
});
