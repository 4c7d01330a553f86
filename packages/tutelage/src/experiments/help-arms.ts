import type { Arm } from '../core/claim.js';
import { scoresByTerms } from '../students/page-scores.js';
import type { Terms } from '../students/word-bag.js';
import { helpMeasured, helpPages } from './help-pages.js';
import {
  type LearnLinks,
  type LinkTraining,
  learnedScores,
  linearEncoders,
  termAnalyzers,
} from './link-encoders.js';

export interface HelpExperiment {
  readonly inPage: number;
  /** Links of a page in the arms with few, some and all. */
  readonly linked: Readonly<Record<'few' | 'some' | 'all', number>>;
  readonly noise: number;
  readonly width: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly steps: number;
  /** In the arms with all links. */
  readonly stepsOfAll: number;
}

const pages = 150;

/** Searching by terms and by encoders that learn from links, among all pages and among those of the subject. */
export function helpArms(experiment: HelpExperiment, learn: LearnLinks): Arm[] {
  const { linked: counts, batchSize, noise } = experiment;
  const worldOf = (linked: number, seed: number) => helpPages({ ...experiment, linked, seed });
  const lexical = (terms: Terms, restricted: boolean): Arm => ({
    id: `bm25-${terms}${restricted ? '-possible' : ''}`,
    title: `BM25 on ${terms}${restricted ? ', pages of the subject' : ''}`,
    async run(seed) {
      const world = await worldOf(counts.few, seed);
      return helpMeasured(scoresByTerms(world.lessons.passages, termAnalyzers[terms]), world, restricted);
    },
  });
  const taught = (
    terms: Terms,
    links: keyof typeof counts,
    [suffix, said]: readonly [string, string] = ['', ''],
    change: Partial<LinkTraining> & { readonly restricted?: boolean } = {},
  ): Arm => ({
    id: `${terms}-${pages * counts[links]}${suffix}`,
    title: `encoder of ${terms}, ${pages * counts[links]} links${said}`,
    async run(seed, signal) {
      const { restricted = false, ...own } = change;
      const world = await worldOf(counts[links], seed);
      const steps = links === 'all' ? experiment.stepsOfAll : experiment.steps;
      const encoders = linearEncoders(world.lessons, terms, experiment, seed);
      const learner = await learn(encoders, world.lessons, { batchSize, steps, ...own }, { seed, signal });
      const scoresOf = await learnedScores(learner, world.lessons.passages);
      const measured = await helpMeasured(scoresOf, world, restricted);
      await learner.dispose();
      return measured;
    },
  });
  const possible = ['-possible', ', pages of the subject'] as const;
  return [
    lexical('words', false),
    lexical('characters', false),
    taught('characters', 'some'),
    taught('words', 'some'),
    taught('characters', 'few'),
    taught('words', 'few'),
    lexical('words', true),
    lexical('characters', true),
    taught('characters', 'some', possible, { restricted: true }),
    taught('words', 'some', possible, { restricted: true }),
    taught('characters', 'all'),
    taught('words', 'all'),
    taught('characters', 'some', ['-untaught', ', not taught'], { steps: 0 }),
    taught('characters', 'some', ['-misspelt', ', misspelt ones'], { noise }),
    taught('characters', 'some', ['-random', ', no hard wrong pages'], { hard: false }),
  ];
}
