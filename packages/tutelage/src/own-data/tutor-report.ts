import { z } from 'zod';
import { codeConfusion, tutorAgreement } from '../assessment/tutor-turns.js';
import { decimal, percent } from '../assessment/wording.js';
import type { CausalModel } from '../language/causal-model.js';
import { type CodeBook, codeKinds, codesOf } from '../tasks/tutor-codes.js';
import { helpMargin, type WritingOptions, type WrittenTurn, writtenTurns } from './tutor-pairs.js';
import type { TutorPlace } from './tutor-places.js';

const share = z.number().min(0).max(1);

/** What a tutor reached on places that it did not learn from. */
export const tutorOutcomeSchema = z.object({
  joint: share,
  evaluation: share,
  action: share,
  state: share,
  f1: share,
  /** Null where the expert never helps on, or never tells. */
  tells: share.nullable(),
  withholds: share.nullable(),
  broken: share,
  /** Of the log-probabilities of helping on and telling, nats a token; null where the code book has no telling actions. */
  margin: z.number().nullable(),
  /** All codes right, by what the expert takes the learner's answer for. */
  categories: z.record(z.string(), z.object({ turns: z.int(), joint: share })),
  /** By kind, rows are the expert's codes in the order of the code book, columns the tutor's and, last, what is no turn. */
  confusions: z.record(z.string(), z.array(z.array(z.int()))),
});
export type TutorOutcome = z.output<typeof tutorOutcomeSchema>;

/** Assesses a tutor by its likeliest turns. Where the signal ends the work, on what it had written. */
export async function assessTutor(
  model: CausalModel,
  all: readonly TutorPlace[],
  book: CodeBook,
  options: Omit<WritingOptions, 'temperature'>,
): Promise<TutorOutcome> {
  const written = await writtenTurns(model, all, book, { ...options, temperature: 0 });
  const places = all.slice(0, written.length);
  const margin = await helpMargin(model, places, book, options.signal);
  const { tells = null, withholds = null, ...agreement } = agreementOf(places, written, book);
  const expert = places.map((place) => place.expert);
  const given = written.map(({ turn }) => turn);
  const confusions = codeKinds.map((kind) => {
    const { size, counts } = codeConfusion(expert, given, book, kind);
    const row = (at: number) => [...counts.subarray(at * size, (at + 1) * size)];
    return [kind, Array.from({ length: size - 1 }, (_, at) => row(at))];
  });
  const categories = codesOf(book, 'evaluation').flatMap((code) => {
    const own = places.flatMap((place, i) => (place.expert.evaluation === code ? [i] : []));
    if (own.length === 0) return [];
    const pick = <T>(all: readonly T[]) => own.map((i) => all[i]!);
    const { joint } = agreementOf(pick(places), pick(written), book);
    return [[code, { turns: own.length, joint }]];
  });
  return {
    ...agreement,
    tells,
    withholds,
    margin: margin ?? null,
    categories: Object.fromEntries(categories),
    confusions: Object.fromEntries(confusions),
  };
}

/** How written turns compare with the expert's. */
export function agreementOf(places: readonly TutorPlace[], written: readonly WrittenTurn[], book: CodeBook) {
  return tutorAgreement(
    places.map(({ expert }) => expert),
    written.map(({ turn }) => turn),
    book,
  );
}

/** An outcome in a line. */
export function tutorLine({ joint, f1, tells, withholds, broken, margin }: TutorOutcome): string {
  const known = (name: string, value: number | null) => (value === null ? '' : `, ${name} ${percent(value)}`);
  return `all codes right ${percent(joint)}, F1 ${decimal(f1, 3)}${known('tells where it should help', tells)}${known('helps where it should tell', withholds)}, not readable ${percent(broken)}${margin === null ? '' : `, margin of helping ${decimal(margin, 3)}`}`;
}
