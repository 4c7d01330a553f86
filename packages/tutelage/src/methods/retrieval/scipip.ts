import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Part } from '../../core/claim.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import {
  type LiteratureExperiment,
  type LiteratureWay,
  literatureArms,
} from '../../experiments/literature-arms.js';
import { endpointParams, openResponder, responderForms } from '../../language/open-responder.js';
import { proposeIdeas } from '../../own-data/idea-job.js';
import { literatureLines, writeLiteratureReport } from '../../own-data/literature-report.js';
import { type OwnLiterature, openLiterature, readOwnLiterature } from '../../own-data/own-literature.js';
import { rankings } from '../../search/literature.js';
import { ideaModes } from '../../teachers/idea-prompts.js';

/*
 * SciPIP: Wang et al., "SciPIP: An LLM-based Scientific Paper Idea Proposer", 2024. To a described problem, papers are found by their
 * text, by rare subjects that they share with it or with its nearest papers, and by being cited together. A language model draws an
 * inspiration from each, thinks up ideas without any paper as well, and brings both together.
 */

const count = z.int().min(0);
const params = z.object({
  nearest: count.default(55).describe('papers found by text alone; the paper later takes the seeds alone'),
  seeds: count.default(5).describe('nearest papers that lend their entities'),
  byEntities: count
    .default(100)
    .describe('entities are used, the rarest first, until they stand in so many papers; 0 for none'),
  together: count
    .default(7)
    .describe('entities beside these in more than so many papers are used too; 0 for none'),
  cocited: count.default(1).describe('papers that each one found brings by being cited beside it'),
  ranking: z
    .enum(rankings)
    .default('fused')
    .describe(
      "by the text alone (the paper's), with a cited paper's worth inherited, or with entities as well",
    ),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.95)
    .describe('papers that are so much alike take turns in the list; 1 leaves them in order'),
  papers: z.int().min(1).default(10).describe('papers to draw inspirations from'),
  width: z.int().min(1).default(128).describe('of the texts vectors, where papers come without embeddings'),
  model: z.string().default('').describe(`who proposes ideas: ${responderForms}; empty for papers alone`),
  mode: z
    .enum(ideaModes)
    .default('C')
    .describe('A: from papers; B: and from nothing; C: whose subjects are searched for too'),
  ideas: z.int().min(1).max(20).default(6).describe('ideas of the end'),
  judge: z.string().default('').describe('who rates ideas, named as the model; empty for no rating'),
  maxTokens: z.int().min(32).default(1024).describe('most tokens of an answer'),
  maxCalls: z.int().min(1).optional().describe('most calls of the model, remembered ones counted'),
  ...endpointParams,
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'scipip',
  room: 'retrieval',
  paper: {
    card: 34,
    title: 'SciPIP: An LLM-based Scientific Paper Idea Proposer',
    year: 2024,
    arxiv: '2410.23166',
  },
  teaches: 'someone with a problem which papers to read, and what could be tried next',
  params,
  run: proposeOwn,
});

/** The user's own problem and papers: which to read and why, then ideas with what they came from. */
async function proposeOwn(own: OwnLiterature, settings: Settings, context: MethodContext): Promise<Taught> {
  const { folder, say } = context;
  for (const warning of own.warnings) say(`warning: ${warning}`);
  const literature = openLiterature(own, settings, say);
  const open = async (name: string) =>
    name === '' ? undefined : openResponder(name, { folder, ...settings, say });
  const model = await open(settings.model);
  let judge: typeof model;
  try {
    judge = settings.judge === settings.model ? model : await open(settings.judge);
    const found = await proposeIdeas(literature, { model, judge }, settings, context);
    writeLiteratureReport(folder, own, found);
    return { lines: [...literatureLines(own, found), `papers, ideas and where they come from: ${folder}`] };
  } finally {
    await model?.close();
    if (judge !== model) await judge?.close();
  }
}

/* The claim, on papers that are asked for with their citations hidden. */

const experiment = {
  parts: 10,
  nearest: 55,
  seeds: 5,
  byEntities: 100,
  together: 0,
  threshold: 0.75,
  sets: {
    CACM: { width: 128, leastLinks: 5, queries: 1000 },
    Cora: { width: 64, leastLinks: 5, queries: 200 },
    CiteSeer: { width: 64, leastLinks: 5, queries: 200 },
  },
} as const satisfies LiteratureExperiment;

const all = ['entities', 'citations'] as const;
const ways: Readonly<Record<string, readonly [title: string, way: LiteratureWay]>> = {
  text: ['the 55 nearest by text', { uses: [] }],
  entities: ['and what shares entities', { uses: ['entities'] }],
  'text-entities': ['text alone, as many as with entities', { uses: ['entities'], textAlone: true }],
  citations: ['and what is cited beside them', { uses: ['citations'] }],
  'text-citations': ['text alone, as many as with co-citation', { uses: ['citations'], textAlone: true }],
  both: ['both', { uses: all }],
  'text-both': ['text alone, as many as with both', { uses: all, textAlone: true }],
  inherited: ['both, cited papers inherit their rank', { uses: all, ranking: 'inherited' }],
  fused: ['both, and entities count in the rank', { uses: all, ranking: 'fused' }],
  filtered: ['both, like papers take turns', { uses: all, isFiltered: true }],
};

function part(arm: string, against: string, name: string, least: number, statement: string): Part {
  return { statement, arm, against, figure: { name, better: 'higher' }, least };
}

const claim = defineClaim({
  method: method.id,
  statement:
    'Of the papers that a paper cites or is cited by, search by text, shared keywords and co-citation finds 6 points more than as long a list by text alone, on CACM.',
  metric: { name: 'recall of all papers found, CACM', better: 'higher' },
  arm: 'both',
  against: 'text-both',
  parts: [
    part('citations', 'text-citations', 'CACM recall', 0.03, 'Co-citation alone: 3 points.'),
    part('entities', 'text-entities', 'CACM recall', 0.04, 'Keywords alone: 4 points.'),
    part('citations', 'text-citations', 'Cora recall', 0.03, 'Co-citation on Cora: 3 points.'),
    part('citations', 'text-citations', 'CiteSeer recall', 0.03, 'Co-citation on CiteSeer: 3 points.'),
    part(
      'fused',
      'both',
      'CACM R@10',
      0.02,
      'With all evidence in the ranking, the first ten recall 2 points more than by the text alone.',
    ),
    part(
      'filtered',
      'both',
      'CACM groups@10',
      -0.1,
      'Where like papers take turns, the first ten touch no fewer groups of references, by a tenth of one.',
    ),
  ],
  arms: literatureArms(experiment, ways),
  quickArms: literatureArms({ ...experiment, parts: 100 }, ways),
  seeds: [801, 802, 803, 804, 805, 806, 807, 808, 809, 810],
  smallestEffect: 0.06,
  fails:
    'The interval of the lead lies below 6 points, or one of the parts does not hold. Seeds are ten parts of all queries, so that intervals are over queries. On Cora and CiteSeer, where words stand for keywords, entities are expected to find no more than text; that is shown, not judged. Least leads come from a pilot in NumPy on the same queries.',
  published: "references of conference papers found 'like those of real papers', in words",
  budget: 5,
  data: ['cacm', 'planetoid'],
  settings: experiment,
});

export const scipip = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: `papers` (JSON lines of title and abstract, perhaps id, introduction, method, references, entities and embedding; or a .bib file with abstracts), `background` (what is to be solved, and what present methods lack), perhaps `entities` and `embedding` of the background',
  cost: 'papers are found for nothing; ideas take about 31 calls of the model, 10 of them the same for every background',
  reading:
    'Both ways together find 8 points more than text alone, and being cited together finds what text does not on all three sets (5, 4 and 3 points). Keywords bring 3.5 points where 4 were asked for, over a search by text that is better than the pilot. Where words stand for keywords they find 3 to 4 points less than text, as was expected. What is found this way does not show at the top of a list that is ordered by text: the first ten are the same ten. With inherited ranks and entities they recall 0.377 on CACM for 0.314. Turns of like papers touch more groups of references, for 4 points of recall in the first ten on CACM and 10 on CiteSeer. Ideas are not part of the claim.',
  read: readOwnLiterature,
});
