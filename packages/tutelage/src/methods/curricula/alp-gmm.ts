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
import { learningProgress, noiseFloor } from '../../curricula/learning-progress.js';
import { type MixtureTeacher, mixtureTeacher } from '../../curricula/mixture-teacher.js';
import { riac } from '../../curricula/riac.js';
import { slidingWindow } from '../../curricula/sliding-window.js';
import { randomTasks, type TaskTeacher } from '../../curricula/task-teacher.js';
import { type Exercise, readExercise, runExercise, valuesAt } from '../../tasks/exercise-command.js';
import { type CubeLearner, type CubeOptions, cubeLearner } from '../../tasks/toy-cubes.js';

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
  redraws: z
    .int()
    .min(0)
    .default(0)
    .describe('how often a task out of bounds is drawn anew before it is clamped'),
  noise: z.number().min(0).default(0).describe('standard deviation of a score that is known to be noise'),
  signal: z
    .enum(['alp', 'gain', 'reward', 'failure'])
    .default('alp')
    .describe('what is sought: absolute progress, or, as ablations, gains alone, rewards, or 1 - reward'),
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
  const { fitEvery, randomShare, fewest, most, criterion, redraws, noise, signal } = settings;
  return mixtureTeacher({
    dimensions,
    fitEvery,
    randomShare,
    components: [fewest, most],
    criterion,
    redraws,
    signals: () => {
      const progress = learningProgress(dimensions);
      return (task, reward) => [signalOf(signal, progress(task, reward), reward)];
    },
    worth: ({ mean }) => mean[dimensions]! - noiseFloor(noise),
    key,
  });
}

function signalOf(signal: Params['signal'], progress: number, reward: number): number {
  if (signal === 'alp') return Math.abs(progress);
  if (signal === 'gain') return Math.max(0, progress);
  return signal === 'reward' ? reward : 1 - reward;
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
      alp: teacher.chooser.latest[0]!,
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
  const mixture = (teacher.chooser.mixture?.components ?? []).map(({ mean }) => ({
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

const toy = {
  cells: 10,
  dimensions: 2,
  uselessDimensions: 4,
  /** Standard deviation of the noise of rewards, in the arms with noise. */
  noise: 0.1,
  forgetting: { after: 10_000, loss: 0.02 },
  hopeless: 0.5,
  window: { step: 1 / 30, size: 1 / 6, every: 50, above: 0.76 },
} as const;
const paper = params.parse({});
const quickEpisodes = 1000;

interface Treatment {
  readonly learner?: Partial<CubeOptions>;
  /** Standard deviation of the noise that is added to rewards. */
  readonly noise?: number;
  readonly teacher: (key: random.Key, learner: CubeLearner) => Pick<TaskTeacher, 'next' | 'observe'>;
}

/** An episode after the other: a task is chosen, practised, and its reward told. */
async function practise(
  teacher: Pick<TaskTeacher, 'next' | 'observe'>,
  practice: (task: readonly number[], episode: number) => number | Promise<number>,
  { episodes, signal }: { readonly episodes: number; readonly signal: AbortSignal },
): Promise<readonly (readonly number[])[]> {
  const tasks: (readonly number[])[] = [];
  while (tasks.length < episodes && !signal.aborted) {
    const drawn = teacher.next(tasks.length / episodes);
    teacher.observe(drawn, await practice(drawn.task, tasks.length));
    tasks.push(drawn.task);
    // The event loop gets a turn now and then, so that an interruption is heard.
    if (tasks.length % paper.fitEvery === 0) await new Promise(setImmediate);
  }
  return tasks;
}

function toyArms(episodes: number): Arm[] {
  const { cells, dimensions, uselessDimensions, noise, forgetting, hopeless, window } = toy;
  const arm = (
    id: string,
    title: string,
    { learner: changes, noise: spread = 0, teacher }: Treatment,
  ): Arm => ({
    id,
    title,
    async run(seed, signal) {
      const learner = cubeLearner({ cells, dimensions, ...changes });
      const noises = new Float32Array(episodes);
      random.fillNormal(noises, random.foldIn(random.key(seed), 'noise'));
      const practice = (task: readonly number[], episode: number) =>
        learner.attempt(task) + spread * noises[episode]!;
      const tasks = await practise(teacher(random.key(seed), learner), practice, { episodes, signal });
      const far = tasks.filter(([x]) => x! >= 1 - hopeless).length / tasks.length;
      return { value: learner.mastered(), figures: { 'share of tasks in the far half': far } };
    },
  });
  const alp =
    (changes: Partial<Params> = {}, width: number = dimensions) =>
    (key: random.Key) =>
      alpGmmTeacher(width, { ...paper, ...changes }, key);
  const covar =
    (absolute: boolean, width: number = dimensions) =>
    (key: random.Key) =>
      covarGmm(width, { window: paper.fitEvery, absolute }, key);
  const anything = (key: random.Key) => randomTasks(dimensions, key);
  const wide = dimensions + uselessDimensions;
  const step = new Array<number>(dimensions).fill(window.step);
  return [
    arm('random', 'tasks at random', { teacher: anything }),
    arm('alp-gmm', 'ALP-GMM', { teacher: alp() }),
    arm('covar-gmm', 'Covar-GMM', { teacher: covar(false) }),
    arm('riac', 'RIAC', { teacher: (key) => riac(dimensions, { asReleased: false }, key) }),
    arm('riac-released', 'RIAC as released', {
      teacher: (key) => riac(dimensions, { asReleased: true }, key),
    }),
    arm('window', 'a window that slides from easy to hard', {
      teacher: (key) => slidingWindow({ ...window, step, key }),
    }),
    arm('oracle', 'an oracle that sees what can be learned', {
      teacher(key, learner) {
        const { next, observe } = anything(key);
        const known = () => learner.learnable();
        return { next: (progress) => ({ component: 0, task: known() ?? next(progress).task }), observe };
      },
    }),
    arm('alp-gmm-signed', 'ALP-GMM, gains alone', { teacher: alp({ signal: 'gain' }) }),
    arm('alp-gmm-reward', 'ALP-GMM, the reward in the place of ALP', { teacher: alp({ signal: 'reward' }) }),
    arm('alp-gmm-failure', 'ALP-GMM, 1 - reward in the place of ALP', {
      teacher: alp({ signal: 'failure' }),
    }),
    arm('alp-gmm-greedy', 'ALP-GMM, none at random', { teacher: alp({ randomShare: 0 }) }),
    arm('alp-gmm-frequent', 'ALP-GMM, a fit every 100 episodes', { teacher: alp({ fitEvery: 100 }) }),
    arm('alp-gmm-fixed', 'ALP-GMM, always 6 Gaussians', { teacher: alp({ fewest: 6, most: 6 }) }),
    arm('alp-gmm-redrawn', 'ALP-GMM, drawn anew instead of clamped', { teacher: alp({ redraws: 10 }) }),
    arm('alp-gmm-useless', 'ALP-GMM, four more dimensions that play no part', { teacher: alp({}, wide) }),
    arm('covar-gmm-useless', 'Covar-GMM, four more dimensions that play no part', {
      teacher: covar(false, wide),
    }),
    arm('alp-gmm-noise', 'ALP-GMM, noisy rewards', { teacher: alp(), noise }),
    arm('alp-gmm-noise-floor', 'ALP-GMM, noisy rewards, less the noise floor', {
      teacher: alp({ noise }),
      noise,
    }),
    arm('covar-gmm-noise', 'Covar-GMM, noisy rewards', { teacher: covar(false), noise }),
    arm('random-forgetting', 'tasks at random, forgetting', { teacher: anything, learner: { forgetting } }),
    arm('alp-gmm-forgetting', 'ALP-GMM, forgetting', { teacher: alp(), learner: { forgetting } }),
    arm('alp-gmm-signed-forgetting', 'ALP-GMM, gains alone, forgetting', {
      teacher: alp({ signal: 'gain' }),
      learner: { forgetting },
    }),
    arm('covar-gmm-forgetting', 'Covar-GMM, forgetting', { teacher: covar(false), learner: { forgetting } }),
    arm('covar-gmm-absolute-forgetting', 'Covar-GMM, falls as well, forgetting', {
      teacher: covar(true),
      learner: { forgetting },
    }),
    arm('random-hopeless', 'tasks at random, half hopeless', { teacher: anything, learner: { hopeless } }),
    arm('alp-gmm-hopeless', 'ALP-GMM, half hopeless', { teacher: alp(), learner: { hopeless } }),
  ];
}

const claim = defineClaim({
  method: method.id,
  statement:
    'In the toy space of 100 cubes, ALP-GMM masters at least 20 points more of them in 20,000 episodes than tasks drawn at random.',
  metric: { name: 'share of cubes mastered', better: 'higher' },
  arm: 'alp-gmm',
  against: 'random',
  arms: toyArms(paper.episodes),
  quickArms: toyArms(quickEpisodes),
  seeds: [101, 102, 103, 104, 105, 106, 107, 108, 109, 110],
  smallestEffect: 0.2,
  parts: [
    {
      statement: 'So it does when four more dimensions of the tasks play no part.',
      arm: 'alp-gmm-useless',
      against: 'random',
      least: 0.2,
    },
    {
      statement:
        'Where cubes are forgotten, absolute progress keeps at least 5 points more mastered than gains alone.',
      arm: 'alp-gmm-forgetting',
      against: 'alp-gmm-signed-forgetting',
      least: 0.05,
    },
  ],
  fails:
    'The interval of a lead lies below its margin. How ALP-GMM, Covar-GMM and RIAC rank, and what noise costs, is reported, not claimed.',
  published: 'more walker tracks mastered than at random, in words; no figure for the toy space',
  budget: 14,
  data: [],
  settings: { toy, paper },
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
