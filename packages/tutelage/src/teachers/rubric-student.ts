import { random } from '@tutelage/engine';
import { percentileInterval } from '../assessment/bootstrap.js';
import type { Interval } from '../assessment/intervals.js';
import { modelAgreement, type Ratings, ratingKappa } from '../assessment/reliability.js';
import { type JudgedTexts, teachJudge } from '../students/judge.js';
import { shipStudent } from '../students/ship.js';

/** Thresholds to choose from; a finer choice would follow chance. */
const candidates = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

/** From which probability on a yes agrees best with answers, by Cohen's kappa; the middle one of equals. */
export function bestThreshold(probabilities: readonly number[], answers: readonly boolean[]): number {
  const kappas = candidates.map((threshold) =>
    ratingKappa(
      answers,
      probabilities.map((p) => p >= threshold),
    ),
  );
  const best = candidates.filter((_, i) => kappas[i] === Math.max(...kappas));
  return best[Math.floor(best.length / 2)]!;
}

export interface RubricLessons extends JudgedTexts {
  /** Of each text, for the model card. */
  readonly hash: string;
}

export interface RubricStudentOptions {
  readonly folder: string;
  /** The category's key. */
  readonly key: string;
  /** Who labelled the lessons. */
  readonly teacher: string;
  readonly steps: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface RubricStudent {
  readonly threshold: number;
  /** Cohen's kappa with the teacher on lessons that were held out. */
  readonly withTeacher: number;
  /** Mean of Cohen's kappa with each person on the sample; undefined without people. */
  readonly withPeople: Interval | undefined;
  /** Yes or no, one a text. */
  readonly answers: readonly boolean[];
}

const heldOut = 0.1;

/**
 * Teaches a student of one category, ships it as a folder, and lets it label texts. A tenth of the lessons is held out to choose the
 * threshold by.
 *
 * @param lessons of the sample's texts none, in random order
 * @param sample texts that people labelled, and their labels
 * @returns undefined if the lessons hold fewer than two yeses or noes on either side
 */
export async function teachRubricStudent(
  lessons: RubricLessons,
  sample: { readonly texts: readonly string[]; readonly people: readonly Ratings[] },
  texts: readonly string[],
  { folder, key, teacher, steps, seed, signal }: RubricStudentOptions,
): Promise<RubricStudent | undefined> {
  const held = Math.max(1, Math.round(heldOut * lessons.texts.length));
  const part = (from: number, to?: number): JudgedTexts => ({
    texts: lessons.texts.slice(from, to),
    answers: lessons.answers.slice(from, to),
  });
  const [validation, train] = [part(0, held), part(held)];
  const rarer = Math.min(train.answers.filter(Boolean).length, train.answers.filter((yes) => !yes).length);
  if (rarer < 2) return undefined;
  const judge = await teachJudge(train, { seed, steps, signal });
  const found = await judge.probabilities(validation.texts);
  const threshold = bestThreshold(found, validation.answers);
  const says = async (asked: readonly string[]) =>
    (await judge.probabilities(asked)).map((p) => p >= threshold);
  const withTeacher = ratingKappa(
    validation.answers,
    found.map((p) => p >= threshold),
  );
  const ofSample = sample.people.length === 0 ? [] : await says(sample.texts);
  const withPeople =
    sample.people.length === 0
      ? undefined
      : percentileInterval(modelAgreement(sample.people, ofSample), sample.texts.length, {
          key: random.foldIn(random.key(seed), 'intervals'),
          resamples: 1000,
        });
  const answers = await says(texts);
  await shipStudent({
    folder,
    input: 'text',
    student: judge.student,
    trained: judge.trained,
    validation: { inputs: validation.texts, classes: validation.answers.map(Number) },
    facts: {
      name: key,
      data: {
        name: key,
        hash: lessons.hash,
        train: train.texts.length,
        validation: validation.texts.length,
        test: sample.texts.length,
      },
      teacher,
      metrics: [
        { name: "Cohen's kappa with the teacher", value: withTeacher },
        ...(withPeople
          ? [
              {
                name: "Cohen's kappa with people",
                value: withPeople.estimate,
                low: withPeople.low,
                high: withPeople.high,
              },
            ]
          : []),
      ],
      warnings: [`A yes from a probability of ${threshold} on.`],
    },
    threads: 1,
  });
  await judge.dispose();
  return { threshold, withTeacher, withPeople, answers };
}
