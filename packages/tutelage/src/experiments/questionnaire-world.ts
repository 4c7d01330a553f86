import { random } from '@tutelage/engine';
import type { Questionnaire } from '../tasks/questionnaires/questionnaire.js';

/** Strengths by which learners' traits decide what helps them. */
export const strengths = [0, 0.5, 1, 1.5] as const;

export interface QuestionnaireWorldOptions {
  readonly learners: number;
  readonly difficulties: number;
  readonly supports: number;
  readonly traits: number;
}

/** Learners with hidden traits, who answer a questionnaire; some people agree to everything. */
export interface QuestionnaireWorld {
  readonly data: Questionnaire;
  /** How much traits decide of each support. */
  readonly strength: readonly number[];
}

const chanceOfStrength = [0.15, 0.25, 0.35, 0.25];

export function questionnaireWorld(
  { learners, difficulties, supports, traits }: QuestionnaireWorldOptions,
  seed: number,
): QuestionnaireWorld {
  const dice = random.stream(random.foldIn(random.key(seed), 'questionnaire'));
  const rated = (x: number) => Math.min(5, Math.max(0, Math.round(x)));
  const unit = (direction: readonly number[]) => {
    const length = Math.hypot(...direction) || 1;
    return direction.map((x) => x / length);
  };
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const people = Array.from({ length: learners }, () => ({
    traits: Array.from({ length: traits }, () => dice.normal()),
    agreeing: 0.5 * dice.normal(),
  }));
  const asked = Array.from({ length: difficulties }, () =>
    unit(
      Array.from(
        { length: traits },
        () => dice.normal() * Number(dice.uniform() < 0.5) + 0.3 * dice.normal(),
      ),
    ),
  );
  // The first four have one of each, so that none is missing.
  const helping = Array.from({ length: supports }, (_, k) => ({
    direction: unit(Array.from({ length: traits }, () => dice.normal() * Number(dice.uniform() < 0.4))),
    strength: strengths[k < strengths.length ? k : placeOf(dice.uniform(), chanceOfStrength)]!,
    base: 1.2 + 3.4 * dice.uniform(),
  }));
  const answers = people.flatMap((person) =>
    asked.map((direction) =>
      rated(2.5 + 0.9 * dot(person.traits, direction) + 0.6 * person.agreeing + 0.7 * dice.normal()),
    ),
  );
  const ratings = people.flatMap((person) =>
    helping.map(({ direction, strength, base }) =>
      rated(base + strength * dot(person.traits, direction) + 0.6 * person.agreeing + 0.8 * dice.normal()),
    ),
  );
  const item = { low: 0, high: 5 };
  return {
    data: {
      learners: people.map((_, i) => `learner ${i}`),
      features: asked.map((_, j) => ({ ...item, name: `difficulty ${j}` })),
      answers: Float32Array.from(answers),
      supports: helping.map((_, k) => ({
        ...item,
        name: `support ${k}`,
        kind: k < 17 ? 'tool' : 'strategy',
      })),
      ratings: Float32Array.from(ratings),
      threshold: 3,
    },
    strength: helping.map(({ strength }) => strength),
  };
}

function placeOf(at: number, chances: readonly number[]): number {
  let left = at;
  for (const [place, chance] of chances.entries()) {
    if (left < chance) return place;
    left -= chance;
  }
  return chances.length - 1;
}
