import { random } from '@tutelage/engine';
import { indexByWeight } from './gaussian-mixture.js';
import { type Chooser, type DrawnTask, type TaskTeacher, taskTeacher, uniforms } from './task-teacher.js';

/** A region with more tasks is split; a region's progress is that of so many latest tasks. */
const mostTasks = 200;
const leastTasks = mostTasks / 20;
const leastSide = 1 / 15;
const candidates = 50;
const uniformShare = 0.2;
const mutatedShare = 0.1;
const mutation = 0.1;

interface Outcome {
  readonly task: readonly number[];
  readonly reward: number;
}

/** A box in the unit box, with the latest outcomes in it. */
interface Region {
  readonly low: readonly number[];
  readonly high: readonly number[];
  outcomes: Outcome[];
  /** Absolute learning progress. */
  progress: number;
  halves: readonly [Region, Region] | undefined;
}

/**
 * RIAC (Baranes & Oudeyer 2009, as in Portelas et al. 2019, section 4): the box is cut into ever smaller regions, so that learning
 * progress differs on the two sides of a cut, and tasks are drawn from regions in proportion to it. A region that was cut can still
 * be drawn from.
 *
 * @param options.asReleased as the authors' program does it: cuts are scored without the numbers of tasks on their sides, and new
 *   regions start with the progress of the last cut that was tried, not of the best
 */
export function riac(
  dimensions: number,
  { asReleased }: { readonly asReleased: boolean },
  key: random.Key,
): TaskTeacher {
  return taskTeacher(key, (): Chooser => {
    const corner = (at: number) => new Array<number>(dimensions).fill(at);
    const whole = regionOf(corner(0), corner(1), []);
    const regions = [whole];
    let observed = 0;
    return {
      draw: (own) => drawTask(regions, own),
      observe(task, reward) {
        const outcome = { task, reward };
        const splitKey = random.foldIn(random.foldIn(key, 'split'), observed++);
        let leaf = whole;
        for (let region: Region | undefined = whole; region; region = halfWith(region, task)) {
          region.outcomes.push(outcome);
          if (region.halves && region.outcomes.length > mostTasks) region.outcomes.shift();
          region.progress = progressOf(region.outcomes);
          leaf = region;
        }
        if (leaf.outcomes.length <= mostTasks) return;
        leaf.halves = split(leaf, asReleased, splitKey);
        if (leaf.halves) regions.push(...leaf.halves);
        else leaf.outcomes = leaf.outcomes.slice(Math.floor(leaf.outcomes.length / 4));
      },
    };
  });
}

function drawTask(regions: readonly Region[], key: random.Key): DrawnTask {
  const dimensions = regions[0]!.low.length;
  const [how, which, ...place] = uniforms(key, 2 + dimensions);
  if (how! < uniformShare) return { task: place, component: 'random' };
  const weights = regions.map(({ progress }) => progress);
  const component = indexByWeight(weights, which!);
  const { low, high, outcomes } = regions[component]!;
  if (how! >= uniformShare + mutatedShare || outcomes.length === 0) {
    return { task: place.map((draw, i) => low[i]! + draw * (high[i]! - low[i]!)), component };
  }
  const worst = outcomes.reduce((least, one) => (one.reward < least.reward ? one : least));
  const noise = new Float32Array(dimensions);
  random.fillNormal(noise, random.foldIn(key, 'mutation'));
  const task = worst.task.map((x, i) => Math.min(high[i]!, Math.max(low[i]!, x + mutation * noise[i]!)));
  return { task, component };
}

function regionOf(low: readonly number[], high: readonly number[], outcomes: Outcome[]): Region {
  return { low, high, outcomes, progress: progressOf(outcomes), halves: undefined };
}

function halfWith({ halves }: Region, task: readonly number[]): Region | undefined {
  return halves?.find(({ low, high }) => task.every((x, i) => x >= low[i]! && x <= high[i]!));
}

/** How far the mean reward of the later half of the latest tasks is from that of the earlier half. */
function progressOf(outcomes: readonly Outcome[]): number {
  const latest = outcomes.slice(-mostTasks);
  const half = Math.floor(latest.length / 2);
  if (half === 0) return 0;
  const meanOf = (part: readonly Outcome[]) =>
    part.reduce((sum, { reward }) => sum + reward, 0) / part.length;
  return Math.abs(meanOf(latest.slice(-half)) - meanOf(latest.slice(0, -half)));
}

/** The best of some cuts at random places, or undefined if none leaves enough tasks and width on both sides. */
function split(
  { low, high, outcomes }: Region,
  asReleased: boolean,
  key: random.Key,
): readonly [Region, Region] | undefined {
  const draws = uniforms(key, 2 * candidates);
  let best: readonly [Region, Region] | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  let lastProgress: readonly number[] = [];
  for (let i = 0; i < candidates; i++) {
    const dimension = Math.floor(draws[2 * i]! * low.length);
    const cut = low[dimension]! + draws[2 * i + 1]! * (high[dimension]! - low[dimension]!);
    if (Math.min(cut - low[dimension]!, high[dimension]! - cut) < leastSide) continue;
    const below = regionOf(
      low,
      high.with(dimension, cut),
      outcomes.filter(({ task }) => task[dimension]! <= cut),
    );
    const above = regionOf(
      low.with(dimension, cut),
      high,
      outcomes.filter(({ task }) => task[dimension]! > cut),
    );
    if (Math.min(below.outcomes.length, above.outcomes.length) < leastTasks) continue;
    lastProgress = [below.progress, above.progress];
    const populations = asReleased ? 1 : below.outcomes.length * above.outcomes.length;
    const score = populations * Math.abs(below.progress - above.progress);
    if (score > bestScore) [best, bestScore] = [[below, above], score];
  }
  if (best && asReleased) for (const [i, region] of best.entries()) region.progress = lastProgress[i]!;
  return best;
}
