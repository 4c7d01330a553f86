import { random } from '@tutelage/engine';
import { analyzer } from '../search/analyzer.js';
import { characterAnalyzer } from '../search/character-analyzer.js';
import type { DualEncoder, EncoderLearner } from '../students/encoder-learner.js';
import { withUnitLength } from '../students/encoder-student.js';
import { type PageScores, scoresByVectors } from '../students/page-scores.js';
import type { Terms } from '../students/word-bag.js';
import { wordBagEncoder } from '../students/word-bag-encoder.js';
import type { PairLessons } from '../teachers/pair-batches.js';

/** What arms change of the training. */
export interface LinkTraining {
  readonly batchSize: number;
  readonly steps: number;
  readonly hard?: boolean;
  readonly noise?: number;
}

/** The method under test: teaches an encoder from linked pairs. */
export type LearnLinks = (
  encoders: DualEncoder,
  lessons: PairLessons,
  training: LinkTraining,
  context: { readonly seed: number; readonly signal: AbortSignal },
) => Promise<EncoderLearner>;

export const termAnalyzers = { words: analyzer(), characters: characterAnalyzer } as const;

/** A linear encoder of words or character n-grams, the same for both sides. */
export function linearEncoders(
  { queries, passages }: PairLessons,
  terms: Terms,
  { width, learningRate }: { readonly width: number; readonly learningRate: number },
  seed: number,
): DualEncoder {
  const texts = [...passages, ...queries];
  const bag = wordBagEncoder(texts, { width, weighting: 'tf-idf', terms }, random.key(seed));
  const encoder = withUnitLength({ ...bag, plan: { ...bag.plan, learningRate } });
  return { query: encoder, passage: encoder };
}

/** A learner's scores of pages. */
export async function learnedScores(learner: EncoderLearner, pages: readonly string[]): Promise<PageScores> {
  return scoresByVectors(await learner.embed('passage', pages), (questions) =>
    learner.embed('query', questions),
  );
}
