import { random } from '@tutelage/engine';
import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import type { Arm } from '../../core/claim.js';
import { defineMethod } from '../../core/method.js';
import { reportExercise } from '../../curricula/exercise-report.js';
import { fitsWithin } from '../../curricula/fits-within.js';
import { learningProgress, noiseFloor } from '../../curricula/learning-progress.js';
import { type MixtureTeacher, mixtureTeacher } from '../../curricula/mixture-teacher.js';
import { teachExercise } from '../../curricula/teach-exercise.js';
import {
  anything,
  covar,
  type MakeTeacher,
  oracle,
  regions,
  sliding,
} from '../../experiments/task-teachers.js';
import { armsWith, cubesTestbed, policyTestbed, wavesTestbed } from '../../experiments/task-testbeds.js';
import { walker } from '../../tasks/environments/walker.js';
import { type Exercise, readExercise } from '../../tasks/exercise.js';

/*
 * ALP-GMM: Portelas, Colas, Hofmann & Oudeyer, "Teacher algorithms for curriculum learning of Deep RL in continuously
 * parameterized environments", CoRL 2019. A teacher that knows nothing of its student chooses the numbers that make the next
 * exercise, and seeks those where the student's reward is changing.
 */

const teacherParams = z.object({
  fitEvery: z.int().min(2).default(250).describe('episodes between two fits, and episodes in each fit'),
  randomShare: z.number().min(0).max(1).default(0.2).describe('share of tasks that are drawn at random'),
  fewest: z.int().min(1).default(2).describe('fewest Gaussians of a mixture'),
  most: z.int().min(1).default(10).describe('most Gaussians of a mixture'),
  criterion: z.enum(['aic', 'bic', 'aicc']).default('aic').describe('what chooses the number of Gaussians'),
  redraws: z.int().min(0).default(0).describe('new draws for a task out of bounds before it is clamped'),
  history: z.int().min(0).default(0).describe('latest tasks that a task is compared with; 0 for all'),
  noise: z.number().min(0).default(0).describe('standard deviation of a score that is known to be noise'),
  signal: z
    .enum(['alp', 'gain', 'reward', 'failure'])
    .default('alp')
    .describe('what is sought: absolute progress, or, as ablations, gains alone, rewards, or 1 - reward'),
});

const params = teacherParams.extend({
  repeats: z.int().min(1).default(1).describe('runs of each task; several tell how noisy scores are'),
  mastered: z
    .number()
    .min(0)
    .max(1)
    .default(0.76)
    .describe('score from 0 to 1 from which a task counts as mastered'),
  episodes: z.int().min(1).default(20_000).describe('episodes to teach'),
});

type Settings = z.output<typeof teacherParams>;
const paper = teacherParams.parse({});

/**
 * The teacher (section 4). Absolute learning progress, ALP, is how far a task's reward is from that of the nearest task before it.
 * Mixtures are fitted to (task, ALP); a Gaussian is drawn from in proportion to its mean ALP, whatever its weight.
 * Tasks are places in the unit box, rewards are on one scale throughout.
 */
export function alpGmmTeacher(dimensions: number, settings: Settings, key: random.Key): MixtureTeacher {
  const { fitEvery, randomShare, fewest, most, criterion, redraws, history, noise, signal } = settings;
  return mixtureTeacher({
    dimensions,
    fitEvery,
    randomShare,
    components: [fewest, most],
    criterion,
    redraws,
    signals: () => {
      const progress = learningProgress(dimensions, history);
      return (task, reward) => [signalOf(signal, progress(task, reward), reward)];
    },
    worth: ({ mean }) => mean[dimensions]! - noiseFloor(noise),
    key,
  });
}

function signalOf(signal: Settings['signal'], progress: number, reward: number): number {
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
  async run(exercise: Exercise, { episodes, repeats, mastered, ...own }, context): Promise<Taught> {
    const dimensions = exercise.parameters.length;
    const count = exercise.run ? episodes : exercise.log.length;
    const budget = { episodes: count, usual: paper.fitEvery, coordinates: dimensions + 1 };
    const settings = { ...own, ...fitsWithin(own, budget, context.say) };
    const teacher = alpGmmTeacher(dimensions, settings, random.key(context.seed));
    const taught = await teachExercise(exercise, teacher, { episodes, repeats, facts: settings }, context);
    return { lines: await reportExercise(exercise, taught, { mastered, noise: own.noise }, context) };
  },
});

/*
 * The claims. The first is on the toy space of the authors' repository: 10 x 10 cubes that open one another. Its learner has no net,
 * so that the teachers alone make the difference.
 */

const toy = {
  episodes: 20_000,
  cells: 10,
  dimensions: 2,
  uselessDimensions: 4,
  noise: 0.1,
  forgetting: { after: 10_000, loss: 0.02 },
  hopeless: 0.5,
  window: { step: [1 / 30, 1 / 30], size: 1 / 6, every: 50, above: 0.76 },
} as const;

const alp =
  (changes: Partial<Settings> = {}, dimensions = 2): MakeTeacher =>
  (key) =>
    alpGmmTeacher(dimensions, { ...paper, ...changes }, key);

function toyArms(episodes: number): Arm[] {
  const { cells, dimensions, noise, forgetting, hopeless, window } = toy;
  const arm = armsWith(episodes);
  const cubes = cubesTestbed({ cells, dimensions });
  const noisy = cubesTestbed({ cells, dimensions, noise });
  const forgetful = cubesTestbed({ cells, dimensions, forgetting });
  const closed = cubesTestbed({ cells, dimensions, hopeless });
  const wide = dimensions + toy.uselessDimensions;
  return [
    arm('random', 'tasks at random', cubes, anything),
    arm('alp-gmm', 'ALP-GMM', cubes, alp()),
    arm('covar-gmm', 'Covar-GMM', cubes, covar(paper.fitEvery)),
    arm('riac', 'RIAC', cubes, regions()),
    arm('riac-released', 'RIAC as released', cubes, regions(true)),
    arm('window', 'a window that slides from easy to hard', cubes, sliding(window)),
    arm('oracle', 'an oracle that sees what can be learned', cubes, oracle),
    arm('alp-gmm-signed', 'ALP-GMM, gains alone', cubes, alp({ signal: 'gain' })),
    arm('alp-gmm-reward', 'ALP-GMM, the reward in the place of ALP', cubes, alp({ signal: 'reward' })),
    arm('alp-gmm-failure', 'ALP-GMM, 1 - reward in the place of ALP', cubes, alp({ signal: 'failure' })),
    arm('alp-gmm-greedy', 'ALP-GMM, none at random', cubes, alp({ randomShare: 0 })),
    arm('alp-gmm-frequent', 'ALP-GMM, a fit every 100 episodes', cubes, alp({ fitEvery: 100 })),
    arm('alp-gmm-fixed', 'ALP-GMM, always 6 Gaussians', cubes, alp({ fewest: 6, most: 6 })),
    arm('alp-gmm-redrawn', 'ALP-GMM, drawn anew instead of clamped', cubes, alp({ redraws: 10 })),
    arm('alp-gmm-useless', 'ALP-GMM, four more dimensions that play no part', cubes, alp({}, wide)),
    arm('alp-gmm-noise', 'ALP-GMM, noisy rewards', noisy, alp()),
    arm('alp-gmm-noise-floor', 'ALP-GMM, noisy rewards, less the noise floor', noisy, alp({ noise })),
    arm('covar-gmm-noise', 'Covar-GMM, noisy rewards', noisy, covar(paper.fitEvery)),
    arm('random-forgetting', 'tasks at random, forgetting', forgetful, anything),
    arm('alp-gmm-forgetting', 'ALP-GMM, forgetting', forgetful, alp()),
    arm('alp-gmm-signed-forgetting', 'ALP-GMM, gains alone, forgetting', forgetful, alp({ signal: 'gain' })),
    arm('covar-gmm-forgetting', 'Covar-GMM, forgetting', forgetful, covar(paper.fitEvery)),
    arm('covar-gmm-falls', 'Covar-GMM, falls too, forgetting', forgetful, covar(paper.fitEvery, true)),
    arm('random-hopeless', 'tasks at random, half hopeless', closed, anything),
    arm('alp-gmm-hopeless', 'ALP-GMM, half hopeless', closed, alp()),
  ];
}

const claim = defineClaim({
  method: method.id,
  statement:
    'In the toy space of 100 cubes, ALP-GMM masters at least 20 points more of them in 20,000 episodes than tasks drawn at random.',
  metric: { name: 'share of cubes mastered', better: 'higher' },
  arm: 'alp-gmm',
  against: 'random',
  arms: toyArms(toy.episodes),
  quickArms: toyArms(500),
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
        'Where cubes are forgotten, absolute progress keeps 5 points more mastered than gains alone.',
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
  settings: { toy, teacher: paper },
});

/* A net as learner: it learns waves of many frequencies, where two fifths of the tasks can't be learned. */

const waves = { episodes: 6000, noise: 0.03 };
function waveArms(episodes: number): Arm[] {
  const arm = armsWith(episodes);
  return [
    arm('random', 'tasks at random', wavesTestbed, anything),
    arm('alp-gmm', 'ALP-GMM', wavesTestbed, alp()),
    arm('alp-gmm-signed', 'ALP-GMM, gains alone', wavesTestbed, alp({ signal: 'gain' })),
    arm('alp-gmm-floor', 'ALP-GMM, less a noise floor', wavesTestbed, alp({ noise: waves.noise })),
    arm('covar-gmm', 'Covar-GMM', wavesTestbed, covar(paper.fitEvery)),
    arm('riac', 'RIAC', wavesTestbed, regions()),
  ];
}

const wavesClaim = defineClaim({
  method: method.id,
  experiment: 'waves',
  statement:
    'A net that learns waves of many frequencies, where labels of two fifths of the tasks are random, scores at least 0.02 more with ALP-GMM than with tasks at random.',
  metric: { name: 'mean exp(-5 MSE) on 200 fixed tasks that can be learned', better: 'higher' },
  arm: 'alp-gmm',
  against: 'random',
  arms: waveArms(waves.episodes),
  quickArms: waveArms(200),
  seeds: [301, 302, 303, 304, 305, 306, 307, 308, 309, 310],
  smallestEffect: 0.02,
  parts: [
    {
      statement: 'Less than 32 % of its tasks are such as can not be learned, where 40 % are at random.',
      arm: 'alp-gmm',
      against: 'random',
      figure: { name: 'unlearnable tasks', better: 'lower' },
      least: 0.08,
    },
  ],
  fails: 'The interval of a lead lies below its margin: noise of scores passes for progress.',
  published: 'no such experiment; a walker taught by SAC, in words',
  budget: 5,
  data: [],
  settings: { waves, teacher: paper },
});

/* The walker of the paper, at laptop scale: a linear policy learns by an evolution strategy instead of SAC. */

const tracks = {
  episodes: 2500,
  fixedTasks: 50,
  fitEvery: 125,
  window: { step: [1 / 30, -1 / 30], size: 1 / 6, every: 50, above: 0.5 },
  policy: { pairs: 16, spread: 0.3, learningRate: 0.1, trials: 4 },
} as const;

function walkerArms(episodes: number, tasks: number): Arm[] {
  const { fitEvery, window, policy } = tracks;
  const arm = armsWith(episodes);
  const bed = policyTestbed(walker, 2, { ...policy, tasks });
  return [
    arm('random', 'tracks at random', bed, anything),
    arm('alp-gmm', 'ALP-GMM', bed, alp({ fitEvery })),
    arm('covar-gmm', 'Covar-GMM', bed, covar(fitEvery)),
    arm('riac', 'RIAC', bed, regions()),
    arm('window', 'a window that slides from easy to hard', bed, sliding(window)),
  ];
}

const walkerClaim = defineClaim({
  method: method.id,
  experiment: 'walker',
  statement:
    'A two-legged walker that ALP-GMM taught masters at least 5 points more of 50 fixed stump tracks than one taught on tracks at random.',
  metric: { name: 'share of 50 fixed tracks mastered, mean of four policies near the end', better: 'higher' },
  arm: 'alp-gmm',
  against: 'random',
  arms: walkerArms(tracks.episodes, tracks.fixedTasks),
  quickArms: walkerArms(20, 2),
  seeds: [401, 402, 403, 404, 405, 406, 407, 408, 409, 410],
  smallestEffect: 0.05,
  fails: 'The interval of the lead lies below 5 points. How other teachers rank is reported, not claimed.',
  published: 'more tracks mastered than at random by three kinds of walkers after 20 M steps, in words',
  budget: 25,
  data: [],
  settings: { tracks, teacher: paper },
});

export const alpGmm = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: the parameters of an exercise with their bounds, the range of its rewards, and a `command` (values as JSON in, reward out), a `url` (POST) that runs one, or a `log` (CSV) of episodes to begin from; a callback from TypeScript',
  cost: 'milliseconds an episode, and less than a second a fit, beside the exercises themselves',
  reading:
    'ALP-GMM masters eight times what random tasks do. In this toy space, whose rewards have no noise, Covar-GMM, RIAC and even asking for what fails master more. With noisy rewards less than half of the lead is left, and taking the noise floor off does little. Where cubes are forgotten, ten seeds do not tell whether absolute progress is better than gains alone.',
  further: [
    {
      claim: wavesClaim,
      reading:
        'ALP-GMM keeps away from what can not be learned and gains nothing by it: more than half of its tasks lie in the lowest fifth of the frequencies, and the others starve. On a grid of tasks, with four other seeds, its lead went from -0.04 to 0.03. Taking a noise floor off makes it worse; RIAC gains 0.03. In 6,000 steps this net learns little beyond the lowest waves, whoever teaches.',
    },
    {
      claim: walkerClaim,
      reading:
        'The one of its three testbeds in which ALP-GMM leads all the others. Only its own lead over random tracks is clear of none in ten seeds; those of RIAC, Covar-GMM and a window that slides from easy to hard are not, and neither is its lead over RIAC.',
    },
  ],
  read: readExercise,
});
