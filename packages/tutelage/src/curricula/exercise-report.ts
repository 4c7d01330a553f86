import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import type { MethodContext } from '../core/method.js';
import { explained } from '../runs/file-errors.js';
import type { Exercise } from '../tasks/exercise.js';
import { valuesAt } from '../tasks/exercise-parameters.js';
import {
  type Judgement,
  judgeTasks,
  type NoiseFloor,
  noiseFloorOf,
  type TaughtEpisode,
} from './exercise-judgement.js';
import { exerciseMap } from './exercise-map.js';
import { uniforms } from './task-teacher.js';
import { rewardOf, scoreOf, type TaughtExercise } from './teach-exercise.js';

const judgedTasks = 200;
const testedTasks = 50;
/** More rewards out of their range than this are warned of. */
const mostOutside = 0.05;

/**
 * Tells how an exercise was taught, and writes `episodes.csv`, `mixtures.json` and `map.svg` into the folder. Fixed tasks are judged by
 * the episodes near them, and tried where the exercise says how.
 *
 * @param options.mastered the score from 0 to 1 from which a task counts as mastered
 * @param options.noise standard deviation of a score as it is known; 0 if it is not
 * @returns lines of the result
 */
export async function reportExercise(
  exercise: Exercise,
  { episodes, mixtures }: TaughtExercise,
  { mastered, noise }: { readonly mastered: number; readonly noise: number },
  { folder, signal, say }: Pick<MethodContext, 'folder' | 'signal' | 'say'>,
): Promise<string[]> {
  if (episodes.length === 0) return ['no episodes'];
  const { parameters, reward: range, test } = exercise;
  const rounded = parameters.filter(({ integer }) => integer).map(({ name }) => name);
  if (rounded.length > 0) say(`rounded to whole numbers: ${rounded.join(', ')}`);
  warnOfOutside(exercise, episodes, say);
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    explained('write a file', path, () => writeFileSync(path, text));
  };
  write('episodes.csv', episodesTable(exercise, episodes));
  write('mixtures.json', mixturesFile(exercise, mixtures));
  write(
    'map.svg',
    exerciseMap(
      parameters.map(({ name, min, max }) => `${name}, ${min} to ${max}`),
      episodes,
    ),
  );
  const floor = noiseFloorOf(episodes, { scale: range[1] - range[0], noise }, mixtures.at(-1)?.mixture);
  const judged = judgeTasks(fixedTasks(judgedTasks, parameters.length), episodes, {
    mastered,
    floor: floor.known === 'measured' || floor.known === 'given' ? floor.value : 0,
  });
  const lines = [...randomLines(episodes), floorLine(floor), judgementLine(judged)];
  if (test) {
    const scores: number[] = [];
    for (const task of fixedTasks(testedTasks, parameters.length)) {
      if (!signal.aborted) scores.push(scoreOf(exercise, await rewardOf(exercise, test, task, signal)));
    }
    const count = scores.filter((score) => score >= mastered).length;
    if (!signal.aborted) lines.push(`tested: ${count} of ${testedTasks} fixed tasks are mastered`);
  }
  return [...lines, `episodes, mixtures over time and a map: ${folder}`];
}

function warnOfOutside(
  { reward: [low, high] }: Exercise,
  episodes: readonly TaughtEpisode[],
  say: MethodContext['say'],
): void {
  const rewards = episodes.flatMap((episode) => episode.rewards);
  const outside = rewards.filter((reward) => reward < low || reward > high).length;
  if (outside === 0) return;
  const much = outside > mostOutside * rewards.length ? 'warning: ' : '';
  say(`${much}${outside} of ${rewards.length} rewards lie outside of ${low} to ${high} and were clamped`);
}

/** Tasks that are the same whatever the teacher chooses. */
function fixedTasks(count: number, dimensions: number): number[][] {
  const key = random.key('fixed tasks');
  return Array.from({ length: count }, (_, i) => [...uniforms(random.foldIn(key, i), dimensions)]);
}

function floorLine({ known, value }: NoiseFloor): string {
  return `noise floor of progress: ${known === 'unknown' ? known : `${known} ${value.toFixed(3)}`}`;
}

function judgementLine(judgements: readonly Judgement[]): string {
  const share = (own: Judgement) => {
    const count = judgements.filter((one) => one === own).length;
    return `${Math.round((100 * count) / judgements.length)} % ${own}`;
  };
  const shares = (['mastered', 'in progress', 'hopeless'] as const).map(share).join(', ');
  return `of ${judgements.length} fixed tasks, judged by the nearest of the later half: ${shares}`;
}

/** What tasks drawn at random say: the teacher's own choice shows nothing of the whole space. */
function randomLines(episodes: readonly TaughtEpisode[]): string[] {
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

/** A CSV file of all episodes, which can be the log of another exercise. */
function episodesTable({ parameters }: Exercise, episodes: readonly TaughtEpisode[]): string {
  const quoted = (name: string) => (/[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
  const head = [...parameters.map(({ name }) => quoted(name)), 'component', 'reward', 'score', 'alp'];
  const rows = episodes.map(({ task, component, rewards, score, alp }) => {
    const reward = rewards.reduce((sum, one) => sum + one, 0) / rewards.length;
    return [...Object.values(valuesAt(parameters, task)), component, reward, score, alp];
  });
  return [head, ...rows].map((row) => `${row.join(',')}\n`).join('');
}

/** Means in the parameters' own values; covariances of places in the unit box and progress, row by row. */
function mixturesFile({ parameters }: Exercise, mixtures: TaughtExercise['mixtures']): string {
  const told = mixtures.map(({ episode, mixture }) => ({
    episode,
    components: mixture.components.map(({ weight, mean, covariance }) => ({
      weight,
      values: valuesAt(parameters, [...mean]),
      progress: mean.at(-1)!,
      covariance: [...covariance],
    })),
  }));
  return `${JSON.stringify(told, undefined, 2)}\n`;
}
