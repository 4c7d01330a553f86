import { random } from '@tutelage/engine';
import { type CategoryReliability, categoryReliability, type Ratings } from '../assessment/reliability.js';
import type { Annotation } from './rubric-annotator.js';
import type { RubricVariant } from './rubric-prompts.js';

/** How a category was asked for on the sample, and how that agrees with people. */
export interface AskedCategory {
  readonly key: string;
  readonly variant: RubricVariant;
  /** One a comment of the sample. */
  readonly annotations: readonly Annotation[];
  /** Undefined without labels by people. */
  readonly reliability: CategoryReliability | undefined;
  /** Share of the answers that were neither true nor false. */
  readonly unreadable: number;
}

export interface GatedCategory {
  readonly chosen: AskedCategory;
  /** Of the chosen variant, on comments that it was not chosen by; all of them where there was no choice. */
  readonly judged: CategoryReliability | undefined;
  /** Whether the model may label the rest. */
  readonly passes: boolean;
}

/** With fewer yeses of a person, kappa means nothing. */
export const leastPositives = 2;

const resamples = 1000;

/** How a variant agrees with people on the sample. */
export function asked(
  key: string,
  variant: RubricVariant,
  annotations: readonly Annotation[],
  people: readonly Ratings[],
  seed: number,
): AskedCategory {
  return {
    key,
    variant,
    annotations,
    reliability: reliabilityOf(people, annotations, seed),
    unreadable:
      annotations.filter(({ label }) => label === undefined).length / Math.max(1, annotations.length),
  };
}

/**
 * Chooses how to ask for a category, by one half of the sample, and lets it through by the other: a choice by the agreement that is
 * then reported would be flattered by it. It passes if the lower end of the interval is above the gate and every person said yes twice
 * or more. Without people all pass.
 *
 * @param people labels of the sample's comments, in its order
 */
export function gated(
  variants: readonly AskedCategory[],
  people: readonly Ratings[],
  gate: number,
  seed: number,
): GatedCategory {
  const [first] = variants as readonly [AskedCategory, ...AskedCategory[]];
  if (people.length === 0) return { chosen: first, judged: undefined, passes: true };
  const half = Math.floor(first.annotations.length / 2);
  const on = (from: number, to: number | undefined, { annotations }: AskedCategory) =>
    reliabilityOf(
      people.map((own) => own.slice(from, to)),
      annotations.slice(from, to),
      seed,
    );
  const scores = variants.map((variant) => on(0, half, variant)?.model.estimate ?? 0);
  const chosen = variants[scores.indexOf(Math.max(...scores))]!;
  const judged = variants.length === 1 ? chosen.reliability : on(half, undefined, chosen);
  const isMeaningful = judged?.positives.slice(0, people.length).every((yes) => yes >= leastPositives);
  return { chosen, judged, passes: judged !== undefined && isMeaningful === true && judged.model.low > gate };
}

function reliabilityOf(
  people: readonly Ratings[],
  annotations: readonly Annotation[],
  seed: number,
): CategoryReliability | undefined {
  if (people.length < 2 || annotations.length === 0) return undefined;
  return categoryReliability(
    people,
    annotations.map(({ label }) => label),
    { key: random.foldIn(random.key(seed), 'intervals'), resamples },
  );
}
