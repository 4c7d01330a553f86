import type { Arm } from '../core/claim.js';
import { fusedScores, scoresByCosine, scoresByTerms } from '../students/page-scores.js';
import type { Terms } from '../students/word-bag.js';
import { askedParagraphs, paragraphsMeasured } from './asked-paragraphs.js';
import { type LearnLinks, learnedScores, linearEncoders, termAnalyzers } from './link-encoders.js';

export interface ParagraphExperiment {
  readonly width: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly steps: number;
}

/** Searching French paragraphs by terms, by an encoder that learned from other articles, and by both together. */
export function paragraphArms(experiment: ParagraphExperiment, learn: LearnLinks): Arm[] {
  const lexical = { cosine: scoresByCosine, bm25: scoresByTerms } as const;
  const byTerms = (system: keyof typeof lexical, terms: Terms): Arm => ({
    id: `${system}-${terms}`,
    title: `${system === 'bm25' ? 'BM25' : 'tf-idf'} on ${terms}`,
    async run(seed) {
      const world = await askedParagraphs(seed);
      return paragraphsMeasured(lexical[system](world.test.paragraphs, termAnalyzers[terms]), world);
    },
  });
  const dense = (id: string, title: string, isFused: boolean): Arm => ({
    id,
    title,
    async run(seed, signal) {
      const world = await askedParagraphs(seed);
      const { paragraphs } = world.test;
      const encoders = linearEncoders(world.lessons, 'characters', experiment, seed);
      const learner = await learn(encoders, world.lessons, experiment, { seed, signal });
      const own = await learnedScores(learner, paragraphs);
      const fused = () => fusedScores(scoresByTerms(paragraphs, termAnalyzers.characters), own);
      const measured = await paragraphsMeasured(isFused ? fused() : own, world);
      await learner.dispose();
      return measured;
    },
  });
  return [
    byTerms('cosine', 'words'),
    byTerms('cosine', 'characters'),
    byTerms('bm25', 'words'),
    byTerms('bm25', 'characters'),
    dense('encoder', 'encoder of characters from scratch', false),
    dense('fused', 'BM25 on characters and the encoder', true),
  ];
}
