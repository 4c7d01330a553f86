import { UserError } from '../core/errors.js';
import type { CausalModel } from './causal-model.js';
import { misspelling } from './tokenizer/spans.js';

/**
 * How the vocabularies of a teacher and a student go together:
 *
 * - `same`: token by token
 * - `padded`: token by token among the first `shared`; beyond them a head has padding that is never said, and is cut off, exactly
 * - `different`: tokens stand for other texts, which can be aligned by where they begin and end
 * - `impossible`: one of the tokenizers changes texts, so that nothing can be aligned
 */
export type VocabularyPairing =
  | { readonly kind: 'same' | 'padded'; readonly shared: number }
  | {
      readonly kind: 'different' | 'impossible';
      readonly problem: string;
      readonly detail: string;
    };

type Vocabulary = Pick<CausalModel, 'tokenizer'> & { readonly config: { readonly vocabulary: number } };

/** Has what tokenizers often change: capitals, accents, and spaces. */
const probe = 'Ça va, Ada?';

/** Compares the vocabularies of a teacher and a student. */
export function compareVocabularies(teacher: Vocabulary, student: Vocabulary): VocabularyPairing {
  const [ours, theirs] = [student, teacher].map(({ tokenizer, config }) =>
    Math.min(tokenizer.vocabularySize, config.vocabulary),
  ) as [number, number];
  const shared = Math.min(ours, theirs);
  const texts = (model: Vocabulary, id: number) => JSON.stringify(model.tokenizer.decode([id]));
  const differs = Array.from({ length: shared }, (_, id) => id).find(
    (id) => texts(student, id) !== texts(teacher, id),
  );
  if (differs === undefined && ours === theirs) {
    const heads = [teacher, student].map(({ config }) => config.vocabulary);
    return { kind: heads.every((head) => head === shared) ? 'same' : 'padded', shared };
  }
  for (const [name, { tokenizer }] of Object.entries({ teacher, student })) {
    const spelled = misspelling(tokenizer, probe);
    if (spelled === undefined) continue;
    return {
      kind: 'impossible',
      problem: differs === undefined ? `${theirs} and ${ours} tokens` : `token ${differs}`,
      detail: `and the ${name}'s tokenizer changes texts: ${JSON.stringify(probe)} becomes ${JSON.stringify(spelled)}`,
    };
  }
  if (differs === undefined) {
    return {
      kind: 'different',
      problem: `${theirs} and ${ours} tokens`,
      detail: `the first ${shared} are the same`,
    };
  }
  return {
    kind: 'different',
    problem: `token ${differs}`,
    detail: `the teacher's is ${texts(teacher, differs)}, the student's ${texts(student, differs)}`,
  };
}

const hints = {
  different:
    "align them by text (distilByText), let the student learn the teacher's answers as text (sequence-level), or choose models of one family",
  impossible:
    "let the student learn the teacher's answers as text (sequence-level), or choose models of one family",
} as const;

/**
 * Pairs vocabularies for a distillation token by token.
 *
 * @returns tokens that both models can say: logits of both are cut to so many
 * @throws {UserError} where they are different, with the first token that is and what can be done then
 */
export function pairVocabularies(teacher: Vocabulary, student: Vocabulary): { readonly shared: number } {
  const pairing = compareVocabularies(teacher, student);
  if ('shared' in pairing) return { shared: pairing.shared };
  throw new UserError(`teacher and student have different vocabularies: ${pairing.problem}`, {
    detail: pairing.detail,
    hint: hints[pairing.kind],
  });
}
