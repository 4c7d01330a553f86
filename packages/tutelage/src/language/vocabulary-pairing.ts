import { UserError } from '../core/errors.js';
import type { CausalModel } from './causal-model.js';

/** Two vocabularies whose tokens are the same up to `shared`; beyond that one may have padding that is never said. */
export interface VocabularyPairing {
  /** Tokens that both models can say: logits of both are cut to so many. */
  readonly shared: number;
}

/**
 * Compares the vocabularies of a teacher and a student for a distillation token by token. Heads that are padded to a round size are fine:
 * what lies beyond the tokenizer's tokens is cut off, exactly.
 *
 * @throws {UserError} where a token differs, with the first that does: then tokens of one do not stand for the same text as those of the
 *   other, and only whole answers can be learned
 */
export function pairVocabularies(
  teacher: Pick<CausalModel, 'config' | 'tokenizer'>,
  student: Pick<CausalModel, 'config' | 'tokenizer'>,
): VocabularyPairing {
  const [ours, theirs] = [student, teacher].map(({ tokenizer, config }) =>
    Math.min(tokenizer.vocabularySize, config.vocabulary),
  ) as [number, number];
  const shared = Math.min(ours, theirs);
  const texts = (model: typeof teacher, id: number) => JSON.stringify(model.tokenizer.decode([id]));
  for (let id = 0; id < shared; id++) {
    const [own, other] = [texts(student, id), texts(teacher, id)];
    if (own !== other) {
      throw new UserError(`teacher and student have different vocabularies: token ${id}`, {
        detail: `the teacher's is ${other}, the student's ${own}`,
        hint: "let the student learn the teacher's answers as text (sequence-level), or choose models of one family",
      });
    }
  }
  if (ours !== theirs) {
    throw new UserError(`teacher and student have different vocabularies: ${theirs} and ${ours} tokens`, {
      detail: `the first ${shared} are the same`,
      hint: 'choose models of one family, or add the missing tokens to the smaller one',
    });
  }
  return { shared };
}
