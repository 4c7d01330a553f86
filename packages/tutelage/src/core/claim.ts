/** What a reproduction found: from a confidence interval of paired differences over seeds. */
export type Verdict = 'holds' | 'does not hold' | 'inconclusive';

/** What one trial measures: the claim's metric, or that and further figures by name, which are recorded beside it. */
export type Measured =
  | number
  | { readonly value: number; readonly figures: Readonly<Record<string, number>> };

/** One way of doing the experiment: the method, a baseline, an ablation. */
export interface Arm {
  readonly id: string;
  readonly title: string;
  /** What one seed gives. Arms of one seed share data and initial values, so that they are paired. */
  run(seed: number, signal: AbortSignal): Promise<Measured>;
}

/** A further comparison of two arms that a claim stands or falls with. */
export interface Part {
  /** What is claimed, in a sentence. */
  readonly statement: string;
  readonly arm: string;
  readonly against: string;
  /** One of the arms' further figures; the claim's metric if absent. */
  readonly figure?: { readonly name: string; readonly better: 'higher' | 'lower' };
  /** Above 0: the arm must lead by so much. 0 or below: it must be no worse than by so much. */
  readonly least: number;
}

/** A laptop-scale experiment, stated before it is run. */
export interface Claim {
  /** The method's id. */
  readonly method: string;
  /** Which of the method's experiments it is of, in a word, where it is not the first. */
  readonly experiment?: string;
  /** What is claimed, in a sentence. */
  readonly statement: string;
  readonly metric: { readonly name: string; readonly better: 'higher' | 'lower' };
  /** The arm that should win. */
  readonly arm: string;
  /** The arm that it is compared with. */
  readonly against: string;
  /** All arms, ablations included. */
  readonly arms: readonly Arm[];
  /** At least five. */
  readonly seeds: readonly number[];
  /** The smallest difference that counts, in the metric's units, positive. */
  readonly smallestEffect: number;
  /** What else must hold; the claim's verdict is the worst of all. */
  readonly parts?: readonly Part[];
  /** What would count as failing, in words. */
  readonly fails: string;
  /** What the paper reports, in its own setting. */
  readonly published: string;
  /** CPU minutes that all arms and seeds may take together. */
  readonly budget: number;
}
