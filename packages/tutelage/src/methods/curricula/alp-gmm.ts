import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Arm } from '../../core/claim.js';
import { UserError } from '../../core/errors.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { covarGmm } from '../../curricula/covar-gmm.js';
import { learningProgress } from '../../curricula/learning-progress.js';
import { type MixtureTeacher, mixtureTeacher } from '../../curricula/mixture-teacher.js';
import { type Exercise, readExercise, runExercise, valuesAt } from '../../tasks/exercise-command.js';
import { cubeLearner } from '../../tasks/toy-cubes.js';

/*
 * ALP-GMM: Portelas, Colas, Hofmann & Oudeyer, "Teacher algorithms for curriculum learning of Deep RL in continuously
 * parameterized environments", CoRL 2019. A teacher that knows nothing of its student chooses the numbers that make the next
 * exercise, and seeks those where the student's reward is changing.
 */

const params = z.object({
  fitEvery: z.int().min(2).default(250).describe('episodes between two fits, and episodes in each fit'),
  randomShare: z.number().min(0).max(1).default(0.2).describe('share of tasks that are drawn at random'),
  fewest: z.int().min(1).default(2).describe('fewest Gaussians of a mixture'),
  most: z.int().min(1).default(10).describe('most Gaussians of a mixture'),
  criterion: z.enum(['aic', 'bic', 'aicc']).default('aic').describe('what chooses the number of Gaussians'),
  signed: z.boolean().default(false).describe('count gains alone, not losses: an ablation'),
  episodes: z.int().min(1).default(20_000).describe('episodes to teach'),
});

type Params = z.output<typeof params>;

/**
 * The teacher (section 4). Absolute learning progress, ALP, is how far a task's reward is from that of the nearest task before it.
 * Mixtures are fitted to (task, ALP); a Gaussian is drawn from in proportion to its mean ALP, whatever its weight.
 *
 * Tasks are places in the unit box, rewards are on one scale throughout.
 */
export function alpGmmTeacher(
  dimensions: number,
  settings: Omit<Params, 'episodes'>,
  key: random.Key,
): MixtureTeacher {
  const { fitEvery, randomShare, fewest, most, criterion, signed } = settings;
  return mixtureTeacher({
    dimensions,
    fitEvery,
    randomShare,
    components: [fewest, most],
    criterion,
    signals: () => {
      const progress = learningProgress();
      return (task, reward) => {
        const own = progress(task, reward);
        return [signed ? Math.max(own, 0) : Math.abs(own)];
      };
    },
    worth: ({ mean }) => mean[dimensions]!,
    key,
  });
}

const method = defineMethod({
  id: 'alp-gmm',
  room: 'curricula',
  paper: {
    card: 22,
    title: 'Teacher algorithms for curriculum learning of Deep RL in continuously parameterized environments',
    year: 2019,
    arxiv: '1910.07224',
  },
  teaches: 'any learner whose exercises have numbers to set, by exercises where its score is changing',
  params,
  run: teachExercise,
});

/** One line of `episodes.jsonl`. */
const episodeSchema = z.object({
  task: z.array(z.number()),
  values: z.record(z.string(), z.number()),
  component: z.union([z.int(), z.literal('random')]),
  reward: z.number(),
  /** The reward on a scale from 0 to 1. */
  score: z.number(),
  alp: z.number(),
});

type Episode = z.infer<typeof episodeSchema>;

const mostClamped = 0.05;

/**
 * Teaches by the user's own exercise. Every episode is a line of `episodes.jsonl` in the folder: a file that is there already is
 * what the teacher goes on from.
 */
async function teachExercise(
  exercise: Exercise,
  settings: Params,
  { seed, folder, signal, say }: MethodContext,
): Promise<Taught> {
  if (settings.fewest > settings.most) {
    throw new UserError(`fewest Gaussians above most: ${settings.fewest} and ${settings.most}`);
  }
  if (settings.episodes < 2 * settings.fitEvery) {
    say(
      `warning: most of ${settings.episodes} episodes are drawn at random: fitEvery is ${settings.fitEvery}`,
    );
  }
  const dimensions = exercise.parameters.length;
  const teacher = alpGmmTeacher(dimensions, settings, random.key(seed));
  const path = join(folder, 'episodes.jsonl');
  const episodes = existsSync(path) ? readEpisodes(path, dimensions) : [];
  teacher.restore({
    drawn: episodes.length,
    tasks: episodes.map(({ task }) => task),
    rewards: episodes.map(({ score }) => score),
  });
  const [low, high] = exercise.reward;
  while (episodes.length < settings.episodes) {
    const drawn = teacher.next(episodes.length / settings.episodes);
    const values = valuesAt(exercise, drawn.task);
    const reward = await runExercise(exercise, values, signal);
    if (signal.aborted) break;
    const score = Math.min(1, Math.max(0, (reward - low) / (high - low)));
    teacher.observe(drawn, score);
    const episode: Episode = {
      ...drawn,
      task: [...drawn.task],
      values,
      reward,
      score,
      alp: teacher.latest[0]!,
    };
    appendFileSync(path, `${JSON.stringify(episode)}\n`);
    episodes.push(episode);
  }
  const outside = episodes.filter(({ reward }) => reward < low || reward > high).length;
  if (outside > mostClamped * episodes.length) {
    say(
      `warning: ${outside} of ${episodes.length} rewards lie outside of ${low} to ${high} and were clamped`,
    );
  }
  const mixture = (teacher.mixture?.components ?? []).map(({ mean }) => ({
    values: valuesAt(exercise, [...mean]),
    alp: mean[dimensions]!,
  }));
  writeFileSync(join(folder, 'mixture.json'), `${JSON.stringify(mixture, undefined, 2)}\n`);
  return { lines: [...progressLines(episodes), `episodes: ${path}`] };
}

/** What tasks drawn at random say: the teacher's own choice shows nothing of the whole space. */
function progressLines(episodes: readonly Episode[]): string[] {
  const third = Math.ceil(episodes.length / 3);
  const parts = [
    ['first', episodes.slice(0, third)],
    ['last', episodes.slice(-third)],
  ] as const;
  return parts.map(([name, part]) => {
    const scores = part.filter(({ component }) => component === 'random').map(({ score }) => score);
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    return `${name} third: mean score ${scores.length > 0 ? mean.toFixed(3) : 'unknown'} on ${scores.length} tasks drawn at random`;
  });
}

function readEpisodes(path: string, dimensions: number): Episode[] {
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) writeFileSync(path, whole);
  return whole
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      try {
        const episode = episodeSchema.parse(JSON.parse(line));
        if (episode.task.length === dimensions) return episode;
      } catch {
        // Told below, as an episode of another exercise is.
      }
      throw new UserError(`not an episode of this exercise: ${path}:${i + 1}`, {
        hint: 'choose another folder',
      });
    });
}

/*
 * The claim, on the toy space of the authors' repository: 10 x 10 cubes that open one another. The learner has no net, so that the
 * teachers alone make the difference.
 */

const space = { cells: 10, dimensions: 2 };
const uselessDimensions = 4;
const paper = params.parse({});
const quickEpisodes = 1000;

type Chooser = Pick<MixtureTeacher, 'next' | 'observe'>;

/** Tasks of `next`, whatever comes of them. */
const heedless = (next: (drawn: number) => readonly number[]): Chooser => {
  let drawn = 0;
  return { next: () => ({ task: next(drawn++), component: 'random' }), observe() {} };
};

function armsOf(episodes: number): Arm[] {
  const arm = (
    id: string,
    title: string,
    chooser: (key: random.Key, learner: ReturnType<typeof cubeLearner>) => Chooser,
  ): Arm => ({
    id,
    title,
    async run(seed, signal) {
      const learner = cubeLearner(space);
      const teacher = chooser(random.key(seed), learner);
      for (let episode = 0; episode < episodes; episode++) {
        const drawn = teacher.next(0);
        teacher.observe(drawn, learner.attempt(drawn.task));
        // The event loop gets a turn now and then, so that an interruption is heard.
        if (episode % paper.fitEvery === 0) await new Promise(setImmediate);
        if (signal.aborted) break;
      }
      return learner.mastered();
    },
  });
  const uniform = (key: random.Key, size: number) => (drawn: number) => {
    const task = new Float32Array(size);
    random.fillUniform(task, random.foldIn(key, drawn));
    return [...task];
  };
  const { dimensions } = space;
  const wide = dimensions + uselessDimensions;
  return [
    arm('random', 'tasks at random', (key) => heedless(uniform(key, dimensions))),
    arm('alp-gmm', 'ALP-GMM', (key) => alpGmmTeacher(dimensions, paper, key)),
    arm('alp-gmm-useless', 'ALP-GMM, four more dimensions that play no part', (key) =>
      alpGmmTeacher(wide, paper, key),
    ),
    arm('alp-gmm-signed', 'ALP-GMM, gains alone', (key) =>
      alpGmmTeacher(dimensions, { ...paper, signed: true }, key),
    ),
    arm('covar-gmm', 'Covar-GMM', (key) => covarGmm(dimensions, paper.fitEvery, key)),
    arm('oracle', 'an oracle that sees what can be learned', (key, learner) => {
      const anywhere = uniform(key, dimensions);
      return heedless((drawn) => learner.learnable() ?? anywhere(drawn));
    }),
  ];
}

const claim = defineClaim({
  method: method.id,
  statement:
    'In the toy space of 100 cubes, ALP-GMM masters at least 20 points more of them in 20,000 episodes than tasks drawn at random.',
  metric: { name: 'share of cubes mastered', better: 'higher' },
  arm: 'alp-gmm',
  against: 'random',
  arms: armsOf(paper.episodes),
  quickArms: armsOf(quickEpisodes),
  seeds: [101, 102, 103, 104, 105, 106, 107, 108, 109, 110],
  smallestEffect: 0.2,
  fails:
    'The interval of the lead lies below 20 points. How ALP-GMM and Covar-GMM rank is reported, not claimed, and nothing is claimed of walkers.',
  published: 'more walker tracks mastered than at random, in words; no figure for the toy space',
  budget: 20,
  data: [],
  settings: { ...space, ...paper, uselessDimensions },
});

export const alpGmm = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: the parameters of an exercise with their bounds, the program that runs one, and the range of its rewards',
  cost: 'milliseconds an episode, and less than a second a fit, beside the exercises themselves',
  reading:
    'Covar-GMM, which follows rising rewards, masters far more of this toy space, whose rewards have no noise. Dimensions that play no part do no harm. Nothing is known here of walkers or noisy rewards.',
  read: readExercise,
});
