import { random } from '@tutelage/engine';
import { bootstrap, quantile } from '../assessment/bootstrap.js';
import { mean } from '../assessment/checks.js';
import { foretelling, modelAgreement, type Ratings, ratingKappa } from '../assessment/reliability.js';
import type { Arm, Measured } from '../core/claim.js';
import { permutation } from '../runs/permutation.js';
import { type JudgedTexts, teachJudge } from '../students/judge.js';
import { normaliseText } from '../tasks/duplicates.js';
import {
  readSightCorpus,
  readSightSample,
  type ScaledCategory,
  type SightSample,
  type SightVariant,
  scaledCategories,
  sightCategories,
} from '../tasks/sight.js';
import { bestThreshold } from '../teachers/rubric-student.js';

export interface SightExperiment {
  /** Comments with labels by the language model that small students get; the largest gets all. */
  readonly small: readonly [number, number];
  /** Updates of a student that learns from the model's labels, and of one that learns from people's. */
  readonly steps: { readonly model: number; readonly people: number };
  /** Share of the labels that a student does not learn from, to choose its threshold on. */
  readonly heldOut: number;
  readonly folds: number;
  readonly resamples: number;
}

/** Judged by these; pedagogy's labels come from a prompt that was not published. */
const judged: readonly ScaledCategory[] = ['setup', 'confusion'];

type Kappas = Readonly<Record<string, number>>;

const overall = (kappas: Kappas): Measured => ({
  value: mean(judged.map((category) => kappas[category]!)),
  figures: kappas,
});

/** Students of SIGHT's published labels, the model that gave these, and people's labels alone, by Cohen's kappa with two people. */
export function sightArms(experiment: SightExperiment): Arm[] {
  const arm = (id: string, title: string, run: Arm['run']): Arm => ({ id, title, run });

  const taught = (id: string, title: string, count?: number): Arm =>
    arm(id, title, async (seed, signal) => {
      const sample = await readSightSample();
      const corpus = await readSightCorpus();
      const tested = new Set(sample.texts.map(normaliseText));
      const kappas: Record<string, number> = {};
      for (const category of count === undefined ? scaledCategories : judged) {
        const labels = corpus.labels[category];
        const key = random.foldIn(random.key(seed), 'comments');
        const rows = Array.from(permutation(labels.length, [key.hi, key.lo])).filter(
          (row) => labels[row] !== undefined && !tested.has(normaliseText(corpus.texts[row]!)),
        );
        const lessons = textsOf(corpus.texts, labels, rows.slice(0, count));
        const says = await studentOf(lessons, { ...experiment, seed, signal });
        kappas[category] = await agreement(sample, category, says);
      }
      return overall(kappas);
    });

  const published = (id: string, title: string, variant: SightVariant): Arm =>
    arm(id, title, async (seed) => {
      const sample = await readSightSample();
      const own = sightCategories.map((category) =>
        modelAgreement(sample.people[category], sample.model[variant][category]),
      );
      const people = sightCategories.map((category) => {
        const [one, other] = sample.people[category] as [Ratings, Ratings];
        return (positions: ArrayLike<number>) => ratingKappa(one, other, positions);
      });
      const every = Int32Array.from(sample.texts, (_, i) => i);
      const correlation = (positions: ArrayLike<number>) =>
        foretelling(
          people.map((of) => of(positions)),
          own.map((of) => of(positions)),
        ).correlation;
      const { resamples } = experiment;
      const drawn = bootstrap(correlation, every.length, { key: random.key(seed), resamples }).sort();
      return overall({
        ...Object.fromEntries(sightCategories.map((category, i) => [category, own[i]!(every)])),
        correlation: correlation(every),
        'correlation, 5 % quantile': quantile(drawn, 0.05),
      });
    });

  return [
    taught('student', 'student of all labels of the model'),
    taught(`student-${experiment.small[1]}`, `student of ${experiment.small[1]} labels`, experiment.small[1]),
    taught(`student-${experiment.small[0]}`, `student of ${experiment.small[0]} labels`, experiment.small[0]),
    arm('people', "student of people's labels", async (seed, signal) => {
      const sample = await readSightSample();
      const kappas: Record<string, number> = {};
      for (const category of judged)
        kappas[category] = await byPeople(sample, category, { ...experiment, seed, signal });
      return overall(kappas);
    }),
    published('model', 'the model, plain question', 'zero-shot'),
    published('model-few', 'the model, three examples', 'few-shot'),
    published('model-reasoning', 'the model, three examples with reasons', 'reasoning'),
    arm('majority', 'always the commoner answer', async () => {
      const { people, texts } = await readSightSample();
      const none = texts.map(() => false);
      const kappas = sightCategories.map((category) => [
        category,
        modelAgreement(people[category], none)(texts.map((_, i) => i)),
      ]);
      return overall({ ...Object.fromEntries(kappas), correlation: 0, 'correlation, 5 % quantile': 0 });
    }),
  ];
}

interface Run extends SightExperiment {
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Texts with labels, in the order of the rows. */
function textsOf(texts: readonly string[], labels: Ratings, rows: readonly number[]): JudgedTexts {
  return { texts: rows.map((row) => texts[row]!), answers: rows.map((row) => labels[row]!) };
}

/** Mean kappa of a student with the two people. */
async function agreement(
  { texts, people }: SightSample,
  category: ScaledCategory,
  says: (texts: readonly string[]) => Promise<boolean[]>,
): Promise<number> {
  const said = await says(texts);
  return mean(people[category].map((person) => ratingKappa(person, said)));
}

async function studentOf(
  { texts, answers }: JudgedTexts,
  { steps, heldOut, seed, signal }: Run,
): Promise<(texts: readonly string[]) => Promise<boolean[]>> {
  const held = Math.round(heldOut * texts.length);
  const part = (from: number, to?: number) => ({
    texts: texts.slice(from, to),
    answers: answers.slice(from, to),
  });
  const judge = await teachJudge(part(held), { seed, steps: steps.model, signal });
  const threshold = bestThreshold(await judge.probabilities(part(0, held).texts), part(0, held).answers);
  return async (asked) => {
    const probabilities = await judge.probabilities(asked);
    await judge.dispose();
    return probabilities.map((p) => p >= threshold);
  };
}

/**
 * A student of each part of the comments' labels by both people, tested on the others. The threshold is the best one for the test
 * itself, which favours it: there is too little to choose one on.
 */
async function byPeople(
  { texts, people }: SightSample,
  category: ScaledCategory,
  { folds, steps, seed, signal }: Run,
): Promise<number> {
  const key = random.foldIn(random.key(seed), 'folds');
  const order = Array.from(permutation(texts.length, [key.hi, key.lo]));
  const probabilities = new Array<number>(texts.length);
  for (let fold = 0; fold < folds; fold++) {
    const test = order.filter((_, place) => place % folds === fold);
    const rows = order.filter((_, place) => place % folds !== fold);
    const both = people[category].map((person) =>
      textsOf(
        texts,
        person,
        rows.filter((row) => person[row] !== undefined),
      ),
    );
    const lessons = {
      texts: both.flatMap((one) => one.texts),
      answers: both.flatMap((one) => one.answers),
    };
    const judge = await teachJudge(lessons, { seed, steps: steps.people, signal });
    const found = await judge.probabilities(test.map((row) => texts[row]!));
    test.forEach((row, i) => {
      probabilities[row] = found[i]!;
    });
    await judge.dispose();
  }
  const kappaAt = (threshold: number) =>
    mean(
      people[category].map((person) =>
        ratingKappa(
          person,
          probabilities.map((p) => p >= threshold),
        ),
      ),
    );
  return Math.max(...probabilities.map(kappaAt));
}
