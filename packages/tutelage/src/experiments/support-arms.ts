import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { SupportReliability } from '../assessment/support.js';
import type { Arm } from '../core/claim.js';
import { hiddenRatings } from '../students/hidden-ratings.js';
import type { NeighbourOptions } from '../students/neighbour-ratings.js';
import { learnerFolds, type SupportFolds, supportFolds } from '../students/support-folds.js';
import { ofLearners, type Questionnaire } from '../tasks/questionnaires/questionnaire.js';
import { latest } from './latest.js';
import {
  type QuestionnaireWorld,
  type QuestionnaireWorldOptions,
  questionnaireWorld,
  strengths,
} from './questionnaire-world.js';

export interface SupportExperiment extends QuestionnaireWorldOptions {
  readonly folds: number;
  /** Supports that are refused for want of evidence. */
  readonly refused: number;
  /** Share of a new learner's ratings that are hidden from neighbours. */
  readonly hidden: number;
  /** Supports in a plan. */
  readonly plan: number;
}

const ways = {
  logistic: { family: 'logistic', corrected: false },
  corrected: { family: 'logistic', corrected: true },
  net: { family: 'net', corrected: false },
} as const;
type Way = keyof typeof ways;

/** Mean rating and the like, of which `neighbours` are told apart by the number of them, their kind and similarity. */
const neighbourly = {
  'neighbours-3-mixed': { similarity: 'pearson', neighbours: 3, itemShare: 0.25 },
  'neighbours-3': { similarity: 'pearson', neighbours: 3, itemShare: 0 },
  'neighbours-10': { similarity: 'pearson', neighbours: 10, itemShare: 0 },
  'neighbours-30': { similarity: 'pearson', neighbours: 30, itemShare: 0 },
  'neighbours-30-cosine': { similarity: 'cosine', neighbours: 30, itemShare: 0 },
} as const satisfies Record<string, NeighbourOptions>;

/** One arm for each way to tell what helps a learner; the value is the share of right answers. */
export function supportArms(sizes: SupportExperiment): Arm[] {
  const places = latest(async (seed) => {
    const world = questionnaireWorld(sizes, seed);
    const found = new Map<Way, Promise<SupportFolds>>();
    const folds = (way: Way) => {
      const own =
        found.get(way) ?? supportFolds(world.data, sizes.folds, { ...ways[way], balanced: false, seed });
      found.set(way, own);
      return own;
    };
    return { ...world, folds };
  });
  type Place = Awaited<ReturnType<typeof places>>;
  const arm = (
    id: string,
    title: string,
    run: (place: Place, seed: number) => ReturnType<Arm['run']>,
  ): Arm => ({
    id,
    title,
    run: async (seed) => run(await places(seed), seed),
  });
  const told = (way: Way, title: string, strength?: number) =>
    arm(strength === undefined ? way : `${way}-${strength}`, title, async (place) => {
      const { chances, reliability } = await place.folds(way);
      const own = reliability.filter((_, k) => strength === undefined || place.strength[k] === strength);
      const rating = planRating(place, chances, sizes.plan);
      return {
        value: accuracyOf(own),
        figures: { 'balanced accuracy': balancedOf(own), 'rating of plans': rating },
      };
    });
  const refusing = (id: string, title: string, inner: boolean) =>
    arm(id, title, async (place, seed) => {
      const { reliability } = await place.folds('logistic');
      const trusted = inner
        ? await innerBalanced(place.data, sizes.folds, seed)
        : reliability.map((one) => one.balanced);
      const worst = [...trusted.keys()].sort((a, b) => trusted[a]! - trusted[b]!).slice(0, sizes.refused);
      const kept = reliability.filter((_, k) => !worst.includes(k));
      return { value: accuracyOf(kept), figures: { 'balanced accuracy': balancedOf(kept) } };
    });
  const rated = (id: string, title: string, options?: NeighbourOptions) =>
    arm(id, title, async ({ data }, seed) => {
      const { accuracy, error } = hiddenRatings(data, { ...sizes, seed }, options);
      return { value: accuracy, figures: { 'ln of the mean absolute error': Math.log(error) } };
    });
  return [
    arm('majority', 'what most say of each support', async (place) => {
      const { reliability } = await place.folds('logistic');
      const shares = Float32Array.from(
        place.data.learners.flatMap(() => reliability.map((one) => one.prevalence)),
      );
      const rating = planRating(place, shares, sizes.plan);
      return {
        value: mean(reliability.map((one) => one.majority)),
        figures: { 'balanced accuracy': 0.5, 'rating of plans': rating },
      };
    }),
    told('logistic', 'a logistic regression for each support'),
    told('corrected', 'the same, without agreeing to everything'),
    told('net', 'one net for all supports'),
    ...strengths.map((strength) =>
      told('logistic', `logistic, supports that traits decide by ${strength}`, strength),
    ),
    told('corrected', 'without agreeing, supports that traits do not decide', 0),
    refusing('refusing', 'logistic, the least predictable refused by inner folds', true),
    refusing('refusing-outer', 'logistic, refused by the folds that judge', false),
    rated('item-mean', "each support's mean rating"),
    ...Object.entries(neighbourly).map(([id, options]) =>
      rated(
        id,
        `${options.neighbours} learners like them (${options.similarity}${options.itemShare ? ', mixed' : ''})`,
        options,
      ),
    ),
  ];
}

const accuracyOf = (some: readonly SupportReliability[]) => mean(some.map(({ accuracy }) => accuracy));
const balancedOf = (some: readonly SupportReliability[]) => mean(some.map(({ balanced }) => balanced));

/** What learners say of the supports that they are told to use, of those that traits decide. */
function planRating({ data, strength }: QuestionnaireWorld, chances: Float32Array, size: number): number {
  const width = data.supports.length;
  const decided = strength.flatMap((one, k) => (one >= 1 ? [k] : []));
  return mean(
    data.learners.flatMap((_, row) => {
      const plan = decided
        .toSorted((a, b) => chances[row * width + b]! - chances[row * width + a]!)
        .slice(0, size);
      return plan.map((k) => data.ratings[row * width + k]!);
    }),
  );
}

/** Balanced accuracy of each support, judged only among the learners that a fold is taught by: the mean over the folds. */
async function innerBalanced(data: Questionnaire, folds: number, seed: number): Promise<number[]> {
  const total = data.supports.map(() => 0);
  const key = random.foldIn(random.key(seed), 'folds');
  for (const held of learnerFolds(data.learners.length, folds, key)) {
    const others = new Set(held);
    const taught = data.learners.flatMap((_, row) => (others.has(row) ? [] : [row]));
    const { reliability } = await supportFolds(ofLearners(data, taught), folds, {
      ...ways.logistic,
      balanced: false,
      seed: seed + 1,
    });
    reliability.forEach(({ balanced }, k) => {
      total[k]! += balanced / folds;
    });
  }
  return total;
}
