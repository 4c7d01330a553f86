import { join } from 'node:path';
import type { DualEncoder } from '../students/encoder-learner.js';
import { type EncoderName, encoderNamed } from '../students/encoder-presets.js';
import { withUnitLength } from '../students/encoder-student.js';
import type { OwnRetrieval } from '../tasks/own-retrieval.js';
import type { CachedScorer } from '../teachers/checked-scorer.js';
import { answersOf, openPairScorer } from '../teachers/open-pair-scorer.js';
import { checkPairs, type PairLessons } from '../teachers/pair-batches.js';

/** What a method that learns from a teacher of pairs begins with on the user's own data. */
export interface OpenedPairs {
  /** Of unit vectors, untaught. */
  readonly encoders: DualEncoder;
  readonly lessons: PairLessons & { readonly teacher: CachedScorer };
}

/**
 * Opens the teacher and makes encoders for the user's pairs.
 *
 * @param folder where scores that cost something are kept
 * @throws {UserError} when the pairs do not suit the settings, or the teacher can't be opened
 */
export async function openPairLessons(
  own: OwnRetrieval,
  settings: Parameters<typeof checkPairs>[2] & {
    readonly teacher: string;
    readonly encoder: EncoderName;
    readonly sides: 'shared' | 'two';
  },
  folder: string,
  seed: number,
): Promise<OpenedPairs> {
  const pairs = answersOf(own);
  checkPairs(own, pairs.length, settings);
  const teacher = await openPairScorer(settings.teacher, own, join(folder, 'scores.kept'), seed);
  const queries = own.queries.map(({ text }) => text);
  const passages = own.passages.map(({ text }) => text);
  const encoderOf = async (salt: number) =>
    withUnitLength(await encoderNamed(settings.encoder, [...queries, ...passages], seed + salt));
  const query = await encoderOf(0);
  return {
    encoders: { query, passage: settings.sides === 'two' ? await encoderOf(1) : query },
    lessons: { queries, passages, pairs, isWrong: own.isWrong, teacher },
  };
}
