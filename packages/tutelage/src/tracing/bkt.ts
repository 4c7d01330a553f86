import type { Interactions } from '../tasks/interactions/index.js';
import { sequentialTracer } from './sequential.js';
import type { Item, TracerKind } from './tracer.js';

/** Of one concept: chances of knowing it at first, of learning and forgetting it by an answer, of a guess and of a slip. */
export interface BktParameters {
  readonly known: number;
  readonly learn: number;
  readonly forget: number;
  readonly guess: number;
  readonly slip: number;
}

/** From which chance of knowing it a concept counts as mastered (Corbett & Anderson 1995). */
export const masteredFrom = 0.95;

const initial: BktParameters = { known: 0.4, learn: 0.1, forget: 0, guess: 0.25, slip: 0.1 };
const initialForget = 0.05;
const mostRounds = 100;
const tolerance = 1e-4;
/** A guess or slip beyond this would turn the meaning of knowing round. */
const mostNoise = 0.5;
const least = 1e-3;
/** Answers that a concept's parameters are drawn towards the initial ones by, so that those of few answers stay sensible. */
const prior = 2;

/** A learner's answers to one concept, in order. */
type Sequences = readonly Uint8Array[];

/** Chance of a right answer when the concept is known with chance `known`. */
function chanceOf(known: number, { guess, slip }: BktParameters): number {
  return known * (1 - slip) + (1 - known) * guess;
}

/** The chance of knowing a concept after an answer to it, what was learned by it included. */
export function learnedFrom(known: number, p: BktParameters, response: number): number {
  const chance = chanceOf(known, p);
  const seen = response === 1 ? (known * (1 - p.slip)) / chance : (known * p.slip) / (1 - chance);
  return seen * (1 - p.forget) + (1 - seen) * p.learn;
}

/**
 * Fits one concept by expectation-maximisation (Baum et al. 1970; for this model, Corbett & Anderson 1995): the forward-backward
 * algorithm gives how likely each learner knew the concept at each answer, and the parameters become the shares that follow.
 *
 * @param forgets whether a known concept may be forgotten
 */
export function fitBkt(sequences: Sequences, forgets = false): BktParameters {
  const from: BktParameters = { ...initial, forget: forgets ? initialForget : 0 };
  let current = from;
  let before = Number.NEGATIVE_INFINITY;
  for (let round = 0; round < mostRounds; round++) {
    const found = expectations(sequences, current);
    const share = (part: number, whole: number, start: number) =>
      Math.max(least, Math.min(1 - least, (part + prior * start) / (whole + prior)));
    current = {
      known: share(found.knownFirst, sequences.length, from.known),
      learn: share(found.learned, found.couldLearn, from.learn),
      forget: forgets ? share(found.forgot, found.couldForget, from.forget) : 0,
      guess: Math.min(mostNoise, share(found.guessed, found.unknown, from.guess)),
      slip: Math.min(mostNoise, share(found.slipped, found.knew, from.slip)),
    };
    if (found.logLikelihood - before < tolerance * Math.abs(found.logLikelihood)) break;
    before = found.logLikelihood;
  }
  return current;
}

/** Expected counts over all sequences, and the log-likelihood. */
function expectations(sequences: Sequences, p: BktParameters) {
  const sums = {
    knownFirst: 0,
    learned: 0,
    couldLearn: 0,
    forgot: 0,
    couldForget: 0,
    guessed: 0,
    unknown: 0,
    slipped: 0,
    knew: 0,
    logLikelihood: 0,
  };
  const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);
  /** Chance of knowing after each answer is seen, and before it. */
  const [seen, before] = [new Float64Array(longest), new Float64Array(longest)];
  for (const responses of sequences) {
    const n = responses.length;
    let known = p.known;
    for (let t = 0; t < n; t++) {
      const r = responses[t]!;
      before[t] = known;
      const chance = chanceOf(known, p);
      sums.logLikelihood += Math.log(r === 1 ? chance : 1 - chance);
      seen[t] = r === 1 ? (known * (1 - p.slip)) / chance : (known * p.slip) / (1 - chance);
      known = seen[t]! * (1 - p.forget) + (1 - seen[t]!) * p.learn;
    }
    // Backwards: the chance of knowing at t given all answers (Rauch, Tung & Striebel's smoother for two states).
    let later = seen[n - 1]!;
    for (let t = n - 1; t >= 0; t--) {
      let smooth = later;
      if (t < n - 1) {
        const next = before[t + 1]!;
        const [toKnown, toUnknown] = [later / next, (1 - later) / Math.max(1 - next, Number.EPSILON)];
        const stayed = seen[t]! * (1 - p.forget) * toKnown;
        const forgot = seen[t]! * p.forget * toUnknown;
        const learned = (1 - seen[t]!) * p.learn * toKnown;
        smooth = stayed + forgot;
        sums.learned += learned;
        sums.couldLearn += 1 - smooth;
        sums.forgot += forgot;
        sums.couldForget += smooth;
      }
      if (responses[t] === 1) sums.guessed += 1 - smooth;
      else sums.slipped += smooth;
      sums.unknown += 1 - smooth;
      sums.knew += smooth;
      later = smooth;
    }
    sums.knownFirst += later;
  }
  return sums;
}

/** Each concept's answers, learner by learner. */
function sequencesByConcept(data: Interactions, learners: Int32Array): Uint8Array[][] {
  const byConcept = data.concepts.map((): Uint8Array[] => []);
  const own = new Map<number, number[]>();
  for (const u of learners) {
    own.clear();
    for (let row = data.offsets[u]!; row < data.offsets[u + 1]!; row++) {
      for (const k of data.conceptSets[data.conceptSet[row]!]!) {
        const list = own.get(k) ?? [];
        if (list.length === 0) own.set(k, list);
        list.push(data.response[row]!);
      }
    }
    for (const [k, responses] of own) byConcept[k]!.push(Uint8Array.from(responses));
  }
  return byConcept;
}

/**
 * Bayesian knowledge tracing (Corbett & Anderson 1995): each concept is known or not, and may be learned by each answer to it. The
 * chance for a question of several concepts is the mean of theirs.
 */
export function bkt(options: { readonly forgets?: boolean } = {}): TracerKind {
  const { forgets = false } = options;
  return {
    id: forgets ? 'bkt-forgets' : 'bkt',
    title: forgets ? 'BKT with forgetting' : 'BKT',
    async fit(data, { train }) {
      const concepts = sequencesByConcept(data, train).map((own) => fitBkt(own, forgets));
      return sequentialTracer<number[]>({
        start: () => concepts.map(({ known }) => known),
        probability: (known, item: Item) => {
          let sum = 0;
          for (const k of item.concepts) sum += chanceOf(known[k]!, concepts[k]!);
          return sum / item.concepts.length;
        },
        update(known, item, response) {
          for (const k of item.concepts) known[k] = learnedFrom(known[k]!, concepts[k]!, response);
        },
        parameters: concepts.map((c) => ({ ...c })),
      });
    },
  };
}
