import { decimal, percent } from '../assessment/wording.js';
import type { MethodContext } from '../core/method.js';
import { shareName } from '../curricula/replay.js';
import type { CausalModel } from '../language/causal-model.js';
import { answerNats, rightAnswers } from '../students/answer-scores.js';
import type { AbilityLessons } from './own-abilities.js';

/** A model's scores by the names of the abilities: shares of right answers, or nats a token. */
export type AbilityScores = Readonly<Record<string, number>>;

export async function abilityScores(
  model: CausalModel,
  sets: readonly AbilityLessons[],
  { signal }: MethodContext,
): Promise<AbilityScores> {
  const found: Record<string, number> = {};
  for (const { name, scorer, tests } of sets) {
    found[name] =
      scorer === 'nats'
        ? await answerNats(model, tests, { signal })
        : await rightAnswers(model, tests, { by: scorer, signal });
  }
  return found;
}

/** Scores in words. */
export function scoreLine(scores: AbilityScores, sets: readonly AbilityLessons[]): string {
  return sets
    .map(({ name, scorer }) =>
      scorer === 'nats'
        ? `${name} ${decimal(scores[name]!, 3)} nats a token`
        : `${name} ${percent(scores[name]!)}`,
    )
    .join(', ');
}

/** The strategy after which only the specialised abilities have been learned. */
export const firstStage = 'first stage';

/** What each share loses of the specialised abilities since the first stage, and the smallest one that keeps them. */
export function adviceOn(
  byName: ReadonlyMap<string, AbilityScores>,
  shares: readonly number[],
  sets: readonly AbilityLessons[],
  tolerance: number,
): string[] {
  const first = byName.get(firstStage);
  if (!first) return [];
  const lost = (scores: AbilityScores) =>
    sets
      .filter(({ kind }) => kind === 'special')
      .map(({ name, scorer }) => (first[name]! - scores[name]!) * (scorer === 'nats' ? -1 : 1));
  const tried = shares
    .toSorted((a, b) => a - b)
    .flatMap((share) => {
      const scores = byName.get(`replay ${shareName(share)}`);
      return scores ? [{ share, worst: Math.max(...lost(scores)) }] : [];
    });
  const enough = tried.find(({ worst }) => worst <= tolerance);
  return [
    ...tried.map(
      ({ share, worst }) =>
        `replay ${shareName(share)}: ${decimal(worst, 3)} lost of the ability that lost most`,
    ),
    enough
      ? `${shareName(enough.share)} is the smallest share that keeps every specialised ability within ${tolerance}`
      : `no share keeps every specialised ability within ${tolerance}`,
  ];
}
