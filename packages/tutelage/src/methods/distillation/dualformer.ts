import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nn, random, type Tensor, type Tree } from '@tutelage/engine';
import { z } from 'zod';
import { decimal } from '../../assessment/wording.js';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Arm } from '../../core/claim.js';
import { UserError } from '../../core/errors.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { type LevelChances, releasedThird } from '../../curricula/trace-dropping.js';
import { type TraceArm, type TraceWorldOptions, tracedTrial } from '../../experiments/trace-world.js';
import { ownTraceTask } from '../../own-data/own-traces.js';
import { runOwnTrials } from '../../own-data/own-trials.js';
import { shipTraceStudent } from '../../own-data/ship-traces.js';
import { assessTraces, traceAssessmentSchema, traceLines } from '../../students/assess-traces.js';
import { longestLesson, teachByTraces, traceStudent } from '../../students/trace-student.js';
import { type OwnTraces, readOwnTraces } from '../../tasks/own-traces.js';
import { chainTraces } from '../../tasks/verifiable/chain-traces.js';
import { mazeTraces } from '../../tasks/verifiable/maze-traces.js';

/*
 * Dualformer: Su et al., "Dualformer: Controllable Fast and Slow Thinking by Learning with Randomized Reasoning Traces", ICLR 2025. A solver
 * writes down its work and its answer; a small model learns to write both. Each time an example comes, a level is drawn, and what that level
 * tells is dropped from the work: nothing, one kind of event, some of its details too, some events by chance too, or all. So one model learns
 * to answer at once, after thinking, or as it likes: its first token is "answer", the beginning of a step, or left to it.
 */

const sixth = 0.1667;
const chance = (level: string, paper: number) =>
  z.number().min(0).max(1).default(paper).describe(`chance of level ${level}`);

const params = z.object({
  level1: chance('1: what the drop table has at 1 is dropped', sixth),
  level2: chance('2: so is what it has at 2', sixth),
  level3: chance('3: so are steps that it has at 3, by chance', sixth),
  level4: chance('4: the answer alone; the rest of 1 is left for complete traces', 0.05),
  drop: z
    .string()
    .default('')
    .describe(
      'drop table: the level at which each kind of step or group disappears, as close=1,cost=2,create=3',
    ),
  dropRate: z.number().min(0).max(1).default(0.3).describe('share of the steps that level 3 drops'),
  variant: z
    .enum(['paper', 'released maze', 'released sokoban'])
    .default('paper')
    .describe(
      'as released, level 3 keeps what goes at 2 and drops 10 to 40 %, or each trace keeps its first draw',
    ),
  compare: z
    .boolean()
    .default(false)
    .describe('teaches other students too: answers alone, complete traces, mixed'),
  width: z.int().multipleOf(8).min(8).default(128).describe('of the model; 192 in the paper'),
  layers: z.int().min(1).default(4).describe('of the model; 6 in encoder and decoder each in the paper'),
  heads: z.int().min(1).default(4).describe('of attention; they divide the width'),
  vocabulary: z
    .int()
    .min(257)
    .default(2000)
    .describe('most tokens of the tokenizer that is learned from the traces'),
  steps: z.int().min(1).default(3000).describe('updates; 400,000 in the paper'),
  batchSize: z.int().min(1).default(32).describe('traces of an update'),
  learningRate: z.number().positive().default(1e-3).describe('of AdamW at its highest'),
  maxTokens: z
    .int()
    .min(8)
    .default(512)
    .describe('longest prompt, trace and answer together, and longest trace said'),
  heldOut: z
    .number()
    .gt(0)
    .lt(0.9)
    .default(0.1)
    .describe('share of the prompts to test on, where the data has no split'),
  verifier: z
    .enum(['exact', 'number'])
    .default('exact')
    .describe('when an answer is right: the same text, or the same value'),
  samples: z
    .int()
    .min(0)
    .default(0)
    .describe('answers drawn to each test prompt beside the likeliest; 64 in the paper'),
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'dualformer',
  room: 'distillation',
  paper: {
    card: 5,
    title: 'Dualformer: Controllable Fast and Slow Thinking by Learning with Randomized Reasoning Traces',
    year: 2024,
    arxiv: '2410.09918',
  },
  teaches: "a small language model a solver's work and answers, so that it can answer at once or think first",
  params,
  run: teachOwn,
});

/** What is dropped, by students to compare: chances of levels 1 to 4. */
const rivals = {
  'solution-only': [0, 0, 0, 1],
  'complete-trace': [0, 0, 0, 0],
  'mix-0.2': [0, 0, 0, 0.2],
} as const satisfies Record<string, LevelChances>;

/** The user's own traces: a student in three modes, and how right and how long its answers are in each. */
async function teachOwn(own: OwnTraces, settings: Settings, context: MethodContext): Promise<Taught> {
  const { width, heads, samples, variant, compare, ...others } = settings;
  const { seed, folder, signal, say } = context;
  if (width % (2 * heads) !== 0) {
    throw new UserError(`heads can't divide the width: ${heads} of ${width}`, { hint: 'into even parts' });
  }
  const chances: LevelChances = [settings.level1, settings.level2, settings.level3, settings.level4];
  const { tokenizer, marks, drop, train, test } = ownTraceTask(own, { ...settings, chances, seed }, say);
  const key = random.foldIn(random.key(seed), 'student');
  const start = traceStudent(settings, tokenizer.vocabularySize, 2 * settings.maxTokens, key);
  const weights = nn.countParameters(start.params as Tree<Tensor>);
  const tokens = settings.steps * settings.batchSize * longestLesson(train);
  say(`${train.length} traces to learn, ${test.length} prompts to test on; a model of ${weights} weights`);
  say(`at most ${decimal((6 * weights * tokens) / 1e12, 1)} TFLOP for each student`);
  const rate = [settings.dropRate, settings.dropRate] as const;
  const third = variant === 'released maze' ? releasedThird : { rate, keepsSecond: false };

  const student = join(folder, 'student');
  const arms = { dualformer: chances, ...(compare && rivals) };
  const found = await runOwnTrials(
    Object.keys(arms).map((arm) => ({ arm, seed })),
    {
      folder,
      facts: { data: own.hash, width, heads, samples, variant, ...others },
      outcome: traceAssessmentSchema,
      signal,
      async run({ arm }) {
        const { params } = await teachByTraces({
          ...settings,
          model: start,
          examples: train,
          end: marks.end,
          dropping: { ...third, table: drop, chances: arms[arm as keyof typeof arms]! },
          drawnAnew: variant !== 'released sokoban',
          seed,
          signal,
          onStep: (step, loss) =>
            step % 100 === 0 && say(`${arm}: ${step} of ${settings.steps}, loss ${decimal(loss, 3)}`),
        });
        const model = { ...start, params, tokenizer };
        if (arm === 'dualformer') await shipTraceStudent(student, model, marks, settings.maxTokens);
        return assessTraces(test, {
          model,
          marks,
          maxTokens: settings.maxTokens,
          batchSize: 64,
          parts: 4,
          ...(samples > 0 && { drawn: { questions: test.length, samples } }),
          seed,
          signal,
        });
      },
    },
  );
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(found, undefined, 2)}\n`);
  return {
    lines: [...found.flatMap((one) => traceLines(one.arm, one)), `the student and report.json: ${folder}`],
  };
}

/* The claims: chains of operations, which only steps in order solve, and mazes solved by A*. */

type Task = Parameters<typeof tracedTrial>[0];

const armWays: Readonly<Record<string, readonly [title: string, arm: TraceArm]>> = {
  'solution-only': ['answers alone', { chances: rivals['solution-only'] }],
  'solution-only-tokens': [
    'answers alone, as many tokens as complete traces have',
    { chances: rivals['solution-only'], equalTokens: true },
  ],
  'complete-trace': ['complete traces', { chances: rivals['complete-trace'] }],
  'mix-0.2': ['complete traces, a fifth of them without a trace', { chances: rivals['mix-0.2'] }],
  dualformer: ['Dualformer', { chances: [1 / 6, 1 / 6, 1 / 6, 0.05] }],
  'dualformer-0.2': ['Dualformer, a fifth without a trace', { chances: [1 / 6, 1 / 6, 1 / 6, 0.2] }],
};

function armsOf(task: Task, options: TraceWorldOptions, ids: readonly string[]): Arm[] {
  return ids.map((id) => {
    const [title, arm] = armWays[id]!;
    return { id, title, run: (seed, signal) => tracedTrial(task, options, arm, seed, signal) };
  });
}

const quick = { train: 64, test: 8, width: 16, layers: 1, heads: 2, steps: 4, batchSize: 8 };
const compared = { arm: 'dualformer', against: 'complete-trace' } as const;
const parts = [
  {
    ...compared,
    statement: 'Its slow answers are right as often, within 2 points.',
    figure: { name: 'slow', better: 'higher' },
    least: -0.02,
  },
  {
    ...compared,
    statement:
      'In both modes it says what an answer must say as often as complete traces do in theirs, within 5 points.',
    figure: { name: 'formatted', better: 'higher' },
    least: -0.05,
  },
] as const;

const chains = {
  chain: { length: 4, modulus: 7 },
  student: {
    train: 4000,
    test: 400,
    width: 64,
    layers: 3,
    heads: 4,
    steps: 1300,
    batchSize: 32,
    learningRate: 2e-3,
  },
} as const;
const chainTask = chainTraces(chains.chain);
const chainArms = Object.keys(armWays);

const claim = defineClaim({
  method: method.id,
  statement:
    'On chains of four operations, slow answers of a student of randomly dropped traces need at least one token of trace less, of 16, than those of a student of complete ones.',
  metric: { name: 'tokens of trace in slow mode, mean over test questions', better: 'lower' },
  ...compared,
  arms: armsOf(chainTask, chains.student, chainArms),
  quickArms: armsOf(chainTask, { ...chains.student, ...quick }, chainArms),
  parts,
  seeds: [501, 502, 503, 504, 505],
  smallestEffect: 1,
  fails:
    'Its traces are not shorter, its slow answers are right less often by more than 2 points, or one of its modes does not come to an answer. That its fast answers are better than those of a student of answers alone (by 50 points in the paper) is shown and not claimed: pilots with other seeds saw none, all being at chance, 14 %.',
  published:
    '30x30 mazes, optimal plans: slow 97.6 % against 93.3 %, with 45.5 % fewer steps; fast 80 % against 30 % of answers alone',
  budget: 14,
  data: [],
  settings: chains,
});

const mazes = {
  maze: { width: 4, height: 4, walls: [3 / 16, 5 / 16], leastPlan: 4 },
  student: {
    train: 2000,
    test: 200,
    width: 64,
    layers: 3,
    heads: 4,
    steps: 1600,
    batchSize: 16,
    learningRate: 2e-3,
    drawn: { questions: 50, samples: 16 },
  },
} as const;
const mazeTask = mazeTraces(mazes.maze);
const mazeArms = ['solution-only', 'complete-trace', 'dualformer'];

const mazesClaim = defineClaim({
  method: method.id,
  experiment: 'mazes',
  statement:
    'On mazes of 16 cells, slow answers of a student of randomly dropped searches need at least five tokens of trace less than those of a student of complete ones.',
  metric: { name: 'tokens of trace in slow mode, mean over test questions', better: 'lower' },
  ...compared,
  arms: armsOf(mazeTask, mazes.student, mazeArms),
  quickArms: armsOf(mazeTask, { ...mazes.student, ...quick, drawn: { questions: 2, samples: 2 } }, mazeArms),
  parts,
  seeds: [601, 602, 603, 604, 605],
  smallestEffect: 5,
  fails:
    'Its traces are not shorter, its slow answers are best less often by more than 2 points, or one of its modes does not come to an answer. Fast answers are shown and not claimed.',
  published: 'the same on mazes of 10x10 to 30x30, with 50,000 to 100,000 of them and 400,000 updates',
  budget: 14,
  data: [],
  settings: mazes,
});

export const dualformer = defineMethodFile({
  method,
  claim,
  data: 'JSON lines of `prompt`, `steps` (a list of `kind` with `text` or `tokens`, or a text, which is cut into sentences), `answer`, perhaps `split` and `difficulty`; from TypeScript the rows of a solver (`tracesOf`)',
  cost: 'about six times weights times tokens of arithmetic; traces cost three to eight times as much as answers alone',
  reading:
    'In four of five seeds slow answers are right (99 %) after 10 tokens of trace, where complete traces take 16. In the fifth, 1,300 updates taught the steps too little (33 %; 99 % with twice as many, tried afterwards), which complete traces always learned: what is dropped makes learning slower, and bare answers in a fifth of the visits still more (23 to 100 %). At once no student is better than chance, with traces or without, at equal updates or tokens: of the gain in fast mode nothing is seen here. Left to choose, students with a fifth of bare answers often answer at once, and wrongly: where each example weighs the same, the first token of a short one counts for more.',
  further: [
    {
      claim: mazesClaim,
      reading:
        'Slow answers take half the trace of complete ones (28 tokens against 55), and are best as often: 77 % against 74 %, while five seeds from -12 to +15 points can not rule out a loss of 2. One student answers as well at once (77 %) as slowly, but answers alone, taught by as many updates and far fewer tokens, reach 88 %: of the gain in fast mode nothing is seen. Plans drawn are more diverse, 2.5 different ones of 16 against 1.9. The paper trains 250 times as long.',
    },
  ],
  read: readOwnTraces,
});
