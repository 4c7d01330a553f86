import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { guidedArms, type Way } from '../../experiments/guided-arms.js';
import type { GuidedWorldOptions, Help } from '../../experiments/guided-world.js';
import { type CausalModel, saveCausalModel } from '../../language/causal-model.js';
import { endpointParams } from '../../language/open-responder.js';
import { guidanceLines, guidanceReport } from '../../own-data/guidance-report.js';
import {
  type GuidedQuestion,
  type OwnGuidance,
  preparedQuestions,
  readOwnGuidance,
  teachersSolutions,
} from '../../own-data/own-guidance.js';
import { ownRun } from '../../own-data/own-run.js';
import { nodeFileSystem } from '../../runs/file-system.js';
import { sha256 } from '../../runs/manifest.js';
import { readMetrics } from '../../runs/metrics.js';
import { metricsFile } from '../../runs/run.js';
import { checkAnswers, checkLine, rewarded } from '../../students/answer-check.js';
import { teachByRewards } from '../../students/grpo.js';
import { solutionGuidance } from '../../students/guidance.js';
import { watchPolicy } from '../../students/policy-watch.js';

/*
 * AMPO: "More Than One Teacher: Adaptive Multi-Guidance Policy Optimization for Diverse Exploration", 2025. A student answers each question
 * several times and learns from what its answers are worth (GRPO). Where all of them fail there is nothing to learn from: there, and only
 * there, right solutions of several teachers take the place of some failures. Those are chosen that the student understands best: behind
 * whose reasoning it gives the true answer the highest probability.
 */

const params = z.object({
  groupSize: z
    .int()
    .min(2, 'a group needs two answers at least: their mean is the baseline')
    .default(8)
    .describe('answers drawn to each question'),
  guides: z.int().min(1).default(2).describe('solutions that take the place of failed answers'),
  stored: z.int().min(1).default(4).describe('most solutions kept for a question, the shortest first'),
  injection: z
    .enum(['adaptive', 'hybrid', 'always'])
    .default('adaptive')
    .describe('help where all answers fail, with 30 % of the other questions too, or always'),
  selection: z
    .enum(['comprehension', 'random', 'first'])
    .default('comprehension')
    .describe('which solutions help: the best understood, some at random, or the shortest'),
  shaping: z
    .number()
    .min(0)
    .default(0.1)
    .describe('c of p / (p + c), by which tokens of teachers are learned; 0 for p alone'),
  success: z.number().min(0).max(1).default(0.6).describe('an answer that is worth more succeeds'),
  formatWeight: z.number().min(0).lt(1).default(0.1).describe('what the form of an answer is worth'),
  mostRepeats: z.int().min(1).default(20).describe('most helps with a question; the paper has no limit'),
  steps: z.int().min(1).default(510).describe('updates'),
  questionsAStep: z.int().min(1).default(8).describe('questions of an update; the paper takes 128'),
  learningRate: z.number().positive().default(1e-6).describe("of the student's weights"),
  weightDecay: z.number().min(0).default(0.1).describe('of matrices'),
  entropy: z.number().min(0).default(0.001).describe('weight of the entropy, which is kept up'),
  temperature: z.number().positive().default(1).describe('at which answers are drawn'),
  maxTokens: z.int().min(1).default(512).describe('longest answer; the paper allows 8192'),
  rowsAtOnce: z.int().min(1).default(8).describe('answers that are learned from at a time'),
  baselines: z.boolean().default(false).describe('also teach by rewards alone, and by solutions at random'),
  heldOut: z.number().min(0).max(0.5).default(0.1).describe('share of questions that is only assessed'),
  ...endpointParams,
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'ampo',
  room: 'reasoning',
  paper: {
    card: 8,
    title: 'More Than One Teacher: Adaptive Multi-Guidance Policy Optimization for Diverse Exploration',
    year: 2025,
    arxiv: '2510.02227',
  },
  teaches:
    'a small language model to solve what can be checked, with solutions of several teachers where it always fails',
  params,
  run: teachOwn,
});

const [clip, dualClip] = [{ low: 0.2, high: 0.2 }, 10];

/** The user's own questions: what the student can do before and after, whose solutions helped, and which it never understood. */
async function teachOwn(own: OwnGuidance, settings: Settings, context: MethodContext): Promise<Taught> {
  const { seed, folder, signal, say } = context;
  const { maxTokens, groupSize, formatWeight, baselines, keyEnv, maxCost, ...others } = settings;
  const { student } = own;
  const lines: string[] = [];
  const stopped = () => ({ lines: [...lines, `stopped: what was done is kept in ${folder}`] });
  const check = async (title: string, model: CausalModel, questions: readonly GuidedQuestion[]) => {
    if (questions.length === 0) return;
    const options = { samples: groupSize, maxTokens, together: groupSize, seed, signal };
    lines.push(`${title}: ${checkLine(await checkAnswers(model, questions, options), groupSize)}`);
  };
  try {
    const asked = { folder, keyEnv, maxCost, maxTokens, signal, say };
    const written = [...own.solutions, ...(await teachersSolutions(own, asked))];
    if (signal.aborted) return stopped();
    const { learned, held, ...leftOut } = preparedQuestions(own, written, { ...settings, seed, say });
    const facts = {
      data: sha256(JSON.stringify([own.questions, written, own.tags, own.prompt, student.config])),
      settings: { ...others, maxTokens, groupSize, formatWeight, seed },
    };
    await check('student', student, held);
    const arms: Readonly<Record<string, Partial<Help>>> = {
      ampo: {},
      ...(baselines && {
        'rewards alone': { guides: 0, selection: 'first' },
        random: { selection: 'random' },
      }),
    };
    for (const [name, changes] of Object.entries(arms)) {
      const shaping = settings.shaping === 0 ? 'none' : settings.shaping;
      const guidance = solutionGuidance({
        ...settings,
        ...changes,
        config: student.config,
        questions: learned,
        shaping,
        seed,
      });
      const run = ownRun(join(folder, name), name, facts);
      const { model, outcome } = await teachByRewards({
        ...settings,
        model: student,
        questions: learned.map((question) => rewarded(question, formatWeight)),
        clip,
        dualClip,
        aggregation: maxTokens,
        scaled: false,
        guidance,
        seed,
        run,
        progress: watchPolicy(name, say),
        checkpointEvery: { seconds: 60 },
        signal,
      });
      await guidance.dispose();
      if (outcome === 'paused') return stopped();
      await saveCausalModel(model, join(folder, name, 'student'));
      await check(name, model, held);
      if (name !== 'ampo') continue;
      const { rows } = readMetrics(nodeFileSystem, metricsFile(run.path));
      const report = guidanceReport(learned, guidance, rows);
      const content = { ...report, ...leftOut };
      writeFileSync(join(folder, 'report.json'), `${JSON.stringify(content, undefined, 2)}\n`);
      lines.push(...guidanceLines(report), `curves: ${metricsFile(run.path)}`);
    }
    return { lines: [...lines, `student and report: ${folder}`] };
  } catch (error) {
    if (!signal.aborted) throw error;
    return stopped();
  }
}

/*
 * The claim, on chains of operations modulo 97 that a small model can do up to two operations and is to learn at four. All arms of a seed
 * start from the same model, and are asked the same questions in the same order.
 */

const experiment = {
  world: {
    chain: { length: 4, modulus: 97, most: 5 },
    net: { width: 64, layers: 2, heads: 4, intermediate: 128 },
    pretraining: {
      short: 2,
      shortShare: 0.85,
      batchSize: 64,
      learningRate: 2e-3,
      checkEvery: 10,
      enough: 0.15,
      mostSteps: 3000,
    },
    questions: 512,
    validation: 200,
    test: 400,
    samples: 16,
    policy: {
      questionsAStep: 32,
      groupSize: 8,
      clip,
      dualClip,
      entropy: 0.001,
      learningRate: 1.5e-4,
      weightDecay: 0.1,
      steps: 150,
    },
  },
  imitationRate: 3e-3,
} as const satisfies { world: GuidedWorldOptions; imitationRate: number };

const help: Help = { injection: 'adaptive', selection: 'comprehension', guides: 2, shaping: 0.1 };
const helped =
  (changes: Partial<Help> = {}): Way =>
  (own) =>
    own.reinforce(own.base, { ...help, ...changes });

const ways: Readonly<Record<string, readonly [title: string, way: Way]>> = {
  base: ['student as it starts', async ({ base: model }) => ({ model })],
  grpo: ['rewards alone (GRPO)', helped({ guides: 0, selection: 'first' })],
  ampo: ['solutions that are understood, on demand (AMPO)', helped()],
  random: ['solutions at random, on demand', helped({ selection: 'random' })],
  'one-teacher': [
    'one teacher, who skips steps, always',
    helped({ injection: 'always', styles: ['skipping'], guides: 1 }),
  ],
  unshaped: ['AMPO, tokens of teachers not shaped', helped({ shaping: 'none' })],
  sft: [
    'all solutions imitated',
    async (own) => ({ model: await own.imitate(own.base, experiment.imitationRate) }),
  ],
};

const greedy = { name: 'greedy', better: 'higher' } as const;

const claim = defineClaim({
  method: method.id,
  statement:
    'With solutions of four teachers where all its answers fail, chosen by comprehension, a student solves 5 points more unseen chains in one of 8 tries than by rewards alone.',
  metric: { name: 'share of unseen chains solved in one of 8 tries', better: 'higher' },
  arm: 'ampo',
  against: 'grpo',
  arms: guidedArms(experiment.world, ways),
  quickArms: guidedArms(
    {
      ...experiment.world,
      pretraining: { ...experiment.world.pretraining, mostSteps: 20 },
      questions: 32,
      validation: 20,
      test: 20,
      policy: { ...experiment.world.policy, steps: 2 },
    },
    ways,
  ),
  parts: [
    {
      statement: 'Its likeliest answers are right 3 points more often.',
      arm: 'ampo',
      against: 'grpo',
      figure: greedy,
      least: 0.03,
    },
    { statement: 'It is no worse than the student as it starts.', arm: 'ampo', against: 'base', least: 0 },
    {
      statement:
        'Rewards alone do not make the likeliest answers worse by 3 points: the comparison is sound.',
      arm: 'grpo',
      against: 'base',
      figure: greedy,
      least: -0.03,
    },
    {
      statement: 'Solutions that are understood are no worse than solutions at random, by 2 points.',
      arm: 'ampo',
      against: 'random',
      figure: greedy,
      least: -0.02,
    },
    {
      statement: 'The share of questions that need help falls by 5 points, without a schedule.',
      arm: 'ampo',
      against: 'base',
      figure: { name: 'fall', better: 'higher' },
      least: 0.05,
    },
    {
      statement: 'Imitation of all solutions is not better by 5 points.',
      arm: 'ampo',
      against: 'sft',
      least: -0.05,
    },
  ],
  seeds: [711, 712, 713, 714, 715],
  smallestEffect: 0.05,
  fails:
    'AMPO is not above rewards alone, or below the student as it starts, or imitation of the same solutions is better by 5 points. What one teacher alone does, and AMPO without shaping, is reported, not claimed.',
  published:
    'Qwen2.5-7B-Instruct, six mathematical benchmarks and three others: 40.4 and 64.2 against 36.1 and 52.0 by GRPO',
  budget: 18,
  data: [],
  settings: experiment,
});

export const ampo = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: `student` (a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file), `questions` (JSON lines of question, answer, perhaps id and checker: answer or exact), `tags` (`open` and `close`, around final answers), `solutions` (JSON lines of question, source, text) or `teachers` (language models by name), perhaps `prompt` (with {question} in it)',
  cost: 'each step draws questionsAStep x groupSize answers; a question on which all fail costs a pass through each of its solutions; teachers are asked once for each question',
  reading:
    'Likeliest answers gain 5 points on rewards alone. Success in one of 8 tries gains 2, which five seeds tell neither from none nor from 5. Solutions at random help about as much as understood ones, leaving the shaping off does no harm, and one teacher who is always there makes the student worse. A first run, with seeds 701 to 705 and imitation at a third of this rate, gave the same picture: 6 points, and half a point.',
  read: readOwnGuidance,
});
