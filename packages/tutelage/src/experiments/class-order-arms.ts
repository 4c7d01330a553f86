import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { pearson, spearman } from '../assessment/correlation.js';
import type { KeptLearning } from '../assessment/forgetting.js';
import { midranks } from '../assessment/ranks.js';
import { ridge } from '../assessment/ridge.js';
import type { Arm } from '../core/claim.js';
import { allOrders, classGeometry, type DistanceMetric, scoreOrder } from '../curricula/class-order.js';
import { learnInOrders } from '../students/learn-in-orders.js';
import { type ClassOrderSizes, classOrderWorld } from './class-order-world.js';
import { latest } from './latest.js';

export interface ClassOrderExperiment extends ClassOrderSizes {
  readonly hidden: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Examples of each past class that are seen again: a learner for each. */
  readonly replays: readonly number[];
  /** Of each order, whose results are averaged. */
  readonly runs: number;
  readonly permutations: number;
  /** Share of the orders that count as those at the top. */
  readonly top: number;
}

/** A set of classes and a learner, with all that was measured of every order. */
interface Cell {
  readonly name: string;
  readonly distances: Readonly<Record<DistanceMetric, readonly (readonly number[])[]>>;
  /** By run and order. */
  readonly runs: readonly (readonly KeptLearning[])[];
  readonly key: random.Key;
}

const classes = 5;
const orders = allOrders(classes);

async function cellsOf(
  sets: readonly (readonly number[])[],
  sizes: ClassOrderExperiment,
  seed: number,
): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const set of sets) {
    const world = await classOrderWorld(set, sizes, seed);
    const distances = { cosine: world.distances('cosine'), euclidean: world.distances('euclidean') };
    for (const replay of sizes.replays) {
      const name = `${set.join('')}${replay > 0 ? ', replay' : ''}`;
      const key = random.foldIn(random.foldIn(random.key(seed), 'learners'), name);
      const runs: (readonly KeptLearning[])[] = [];
      for (let run = 0; run < sizes.runs; run++) {
        const options = { ...sizes, classes, replay, key: random.foldIn(key, run), signal: never };
        runs.push((await learnInOrders(await world.tasks(run), orders, options))!);
      }
      cells.push({ name, distances, runs, key });
    }
    await world.dispose();
  }
  return cells;
}

const never = new AbortController().signal;

/** Mean over the runs, by order. */
function meansOf({ runs }: Cell, figure: keyof KeptLearning): number[] {
  return orders.map((_, order) => mean(runs.map((run) => run[order]![figure])));
}

/** Scores of all orders, or of some of them where the others were learned from. */
type Ranking = (cell: Cell) => readonly (number | undefined)[];

const designed =
  (metric: DistanceMetric, part: 'total' | 'start' | 'ends' | 'neighbours', sign = 1): Ranking =>
  ({ distances }) => {
    const geometry = classGeometry(distances[metric]);
    return orders.map((order) => sign * scoreOrder(geometry, order)[part]);
  };

/** How many places an order shares with one that begins with the most central class and goes on to the farthest each time. */
const farthestNext: Ranking = ({ distances }) => {
  const { spread } = classGeometry(distances.cosine);
  const order = [spread.indexOf(Math.min(...spread))];
  while (order.length < classes) {
    const from = distances.cosine[order.at(-1)!]!;
    const left = from.map((_, i) => i).filter((i) => !order.includes(i));
    order.push(left.reduce((best, i) => (from[i]! > from[best]! ? i : best)));
  }
  return orders.map((own) => own.filter((one, place) => one === order[place]).length);
};

const byChance: Ranking = ({ key }) => {
  const dice = random.stream(random.foldIn(key, 'chance'));
  return orders.map(() => dice.uniform());
};

/** First, last and neighbours of an order, one-hot. */
function pairFeatures(order: readonly number[]): number[] {
  const row = new Array<number>(2 * classes + classes * classes).fill(0);
  row[order[0]!] = 1;
  row[classes + order.at(-1)!] = 1;
  order.slice(1).forEach((one, i) => {
    row[2 * classes + classes * order[i]! + one] = 1;
  });
  return row;
}

/** What can be foretold at all: a linear model that has seen the results of half of the orders, for the other half. */
const oracle: Ranking = (cell) => {
  const known = new Set(
    random
      .stream(random.foldIn(cell.key, 'oracle'))
      .shuffle(orders.map((_, i) => i))
      .slice(0, orders.length / 2),
  );
  const scores = meansOf(cell, 'score');
  const model = ridge(
    [...known].map((i) => pairFeatures(orders[i]!)),
    [...known].map((i) => scores[i]!),
    1,
  );
  return orders.map((order, i) => (known.has(i) ? undefined : model(pairFeatures(order))));
};

/** Share of shuffled rankings that agree at least as well, with the one that was not shuffled among them. */
function permutationP(
  agreement: (place: readonly number[]) => number,
  count: number,
  { permutations, key }: { readonly permutations: number; readonly key: random.Key },
): number {
  const dice = random.stream(random.foldIn(key, 'permutations'));
  const places = Array.from({ length: count }, (_, i) => i);
  const measured = agreement(places);
  let as = 1;
  for (let i = 0; i < permutations; i++) if (agreement(dice.shuffle(places)) >= measured) as++;
  return as / (permutations + 1);
}

const least = { rho: 0.2, p: 0.05 };

function agreementOf(cell: Cell, ranking: Ranking, { permutations, top }: ClassOrderExperiment) {
  const scores = ranking(cell);
  const judged = orders.map((_, i) => i).filter((i) => scores[i] !== undefined);
  const own = judged.map((i) => scores[i]!);
  const [kept, averages] = [meansOf(cell, 'score'), meansOf(cell, 'average')].map((all) =>
    judged.map((i) => all[i]!),
  );
  const rho = spearman(own, kept!);
  const [x, y] = [midranks(own), midranks(kept!)];
  const agreement = (place: readonly number[]) =>
    pearson(
      place.map((i) => x[i]!),
      y,
    );
  const p = permutationP(agreement, judged.length, { permutations, key: cell.key });
  const best = own.map((_, i) => i).sort((a, b) => own[b]! - own[a]!);
  const chosen = best.slice(0, Math.round(top * best.length));
  return {
    rho,
    rhoOfAverage: spearman(own, averages!),
    holds: rho >= least.rho && p < least.p,
    advantage: mean(chosen.map((i) => kept![i]!)) - mean(kept!),
  };
}

const rankings: Record<string, { readonly title: string; readonly ranking: Ranking }> = {
  random: { title: 'at random', ranking: byChance },
  'curriculum-designer': { title: 'Curriculum Designer', ranking: designed('cosine', 'total') },
  euclidean: { title: 'Curriculum Designer, Euclidean', ranking: designed('euclidean', 'total') },
  reversed: { title: 'Curriculum Designer, worst first', ranking: designed('cosine', 'total', -1) },
  'central-first': { title: 'central class first', ranking: designed('cosine', 'start') },
  'ends-alike': { title: 'late like early', ranking: designed('cosine', 'ends') },
  'unlike-neighbours': { title: 'unlike neighbours', ranking: designed('cosine', 'neighbours') },
  'similar-neighbours': { title: 'similar neighbours', ranking: designed('cosine', 'neighbours', -1) },
  'farthest-next': { title: 'the farthest next', ranking: farthestNext },
  oracle: { title: 'fitted to the results of half of the orders', ranking: oracle },
};

/**
 * Arms that rank all orders of five classes without learning them. Value: Spearman's correlation with what learners keep, mean over sets
 * of classes and learners.
 *
 * @param setsOf the sets of a seed
 */
export function rankingArms(
  setsOf: (seed: number) => readonly (readonly number[])[],
  sizes: ClassOrderExperiment,
): Arm[] {
  const cells = latest((seed) => cellsOf(setsOf(seed), sizes, seed));
  return Object.entries(rankings).map(([id, { title, ranking }]) => ({
    id,
    title,
    async run(seed) {
      const own = (await cells(seed)).map((cell) => ({ cell, ...agreementOf(cell, ranking, sizes) }));
      const rhos = (isReplayed: boolean) =>
        own.filter(({ cell }) => cell.name.includes('replay') === isReplayed).map(({ rho }) => rho);
      return {
        value: mean(own.map(({ rho }) => rho)),
        figures: {
          'cells that hold': own.filter(({ holds }) => holds).length,
          'without replay': mean(rhos(false)),
          'with replay': mean(rhos(true)),
          'correlation with accuracy': mean(own.map(({ rhoOfAverage }) => rhoOfAverage)),
          'advantage of the top tenth': mean(own.map(({ advantage }) => advantage)),
        },
      };
    },
  }));
}

/** Mean correlation of what the orders came to in each two of the runs. */
function betweenRuns(runs: readonly (readonly number[])[]): number {
  return mean(runs.flatMap((one, i) => runs.slice(i + 1).map((other) => spearman(one, other))));
}

/**
 * Arms that tell whether the order of classes matters: what orders come to in one run is compared with another run of other images and
 * weights, as it is or with the orders of each run shuffled.
 */
export function repeatArms(
  setsOf: (seed: number) => readonly (readonly number[])[],
  sizes: ClassOrderExperiment,
): Arm[] {
  const cells = latest((seed) => cellsOf(setsOf(seed), sizes, seed));
  const arm = (id: string, title: string, which: (cell: Cell) => boolean, isShuffled = false): Arm => ({
    id,
    title,
    async run(seed) {
      const own = (await cells(seed)).filter(which).map((cell) => {
        const dice = random.stream(random.foldIn(cell.key, 'orders'));
        const figures = (figure: keyof KeptLearning) =>
          cell.runs.map((run) => {
            const values = run.map((one) => one[figure]);
            return isShuffled ? dice.shuffle(values) : values;
          });
        return { cell, scores: figures('score'), averages: figures('average') };
      });
      const value = mean(own.map(({ scores }) => betweenRuns(scores)));
      const dice = random.stream(random.foldIn(random.key(seed), `shuffled ${id}`));
      let as = 1;
      for (let i = 0; i < sizes.permutations; i++) {
        const shuffled = own.map(({ scores }) => betweenRuns(scores.map((run) => dice.shuffle(run))));
        if (mean(shuffled) >= value) as++;
      }
      return {
        value,
        figures: {
          'p below 0.01': Number(as / (sizes.permutations + 1) < 0.01),
          'of accuracy alone': mean(own.map(({ averages }) => betweenRuns(averages))),
          accuracy: mean(own.flatMap(({ averages }) => averages.flat())),
          'score of the best order less the worst': mean(
            own.map(({ cell }) => {
              const scores = meansOf(cell, 'score');
              return Math.max(...scores) - Math.min(...scores);
            }),
          ),
        },
      };
    },
  });
  const isReplayed = ({ name }: Cell) => name.includes('replay');
  return [
    arm('shuffled', 'orders shuffled in each run', () => true, true),
    arm('measured', 'orders as they are', () => true),
    arm('vanilla', 'without replay', (cell) => !isReplayed(cell)),
    arm('replay', 'with replay', isReplayed),
  ];
}

/** Five of the ten classes, drawn for each seed. */
export function drawnSet(seed: number): number[][] {
  const all = Array.from({ length: 10 }, (_, i) => i);
  const drawn = random.stream(random.foldIn(random.key(seed), 'set')).shuffle(all);
  return [drawn.slice(0, classes).sort((a, b) => a - b)];
}
