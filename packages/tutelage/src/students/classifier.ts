import type { random, Tensor, Tree, Value } from '@tutelage/engine';
import type { Json } from '../core/curriculum.js';

/** The tensors that a net takes, by name, and their shapes with names for what varies. */
export type InputShapes = Readonly<
  Record<
    string,
    {
      readonly dtype: 'float32' | 'int32';
      readonly shape: readonly (number | 'batch' | 'length' | 'features')[];
    }
  >
>;

/** Turns inputs into the tensors of a batch. What it needs to do so is plain data, so that it is saved with the student. */
export interface Featurizer<I> {
  readonly kind: string;
  readonly config: Json;
  readonly inputs: InputShapes;
  /** Text files that it needs beside its configuration, by name, such as `tokenizer.json`. */
  readonly files?: Readonly<Record<string, string>>;
  /** The most that the axis `length` can be, where there is a limit. */
  readonly longest?: number;
  /** Where inputs vary in length: that of one. Batches are then made of inputs alike in length. */
  readonly size?: (input: I) => number;
  /**
   * @param inputs at least one
   * @param augment a random key in training, for changes that leave the class alone
   */
  batch(inputs: readonly I[], augment?: random.Key): Readonly<Record<string, Tensor>>;
}

/** How a net is run: in training with a key for dropout, or in evaluation with running statistics. */
export type Mode =
  | { readonly training: true; readonly key: Value }
  | { readonly training: false; readonly statistics: Tree<Value> };

/** A net that gives a logit for each class. */
export interface ClassifierNet {
  /** Initial parameters. */
  readonly params: Tree<Tensor>;
  /** Initial running statistics of batch norms; empty where there are none. */
  readonly statistics: Tree<Tensor>;
  /**
   * Traced.
   *
   * @returns logits [batch, classes] and, in training, the batch's statistics
   */
  forward(
    params: Tree<Value>,
    batch: Readonly<Record<string, Value>>,
    mode: Mode,
  ): { readonly logits: Value; readonly statistics: Tree<Value> };
}

/** How long and how fast a student is taught. The values of a preset were chosen on validation data. */
export interface TeachingPlan {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Share of the steps in which the learning rate rises. */
  readonly warmup: number;
  readonly labelSmoothing: number;
  /** Largest norm of the gradient. */
  readonly clipNorm: number;
  /**
   * Factors on the learning rate, by the start of the parameters' paths: 0 freezes. A parameter has the first that fits, or else 1.
   */
  readonly learningRates?: readonly { readonly under: string; readonly factor: number }[];
  /** Threads to teach with where more are slower: operators of microseconds do not wait for each other for nothing. */
  readonly threads?: number;
}

/** A student to be: its featurizer, its net and how it is best taught. */
export interface ClassifierStudent<I> {
  readonly preset: string;
  readonly labels: readonly string[];
  readonly featurizer: Featurizer<I>;
  readonly net: ClassifierNet;
  readonly plan: TeachingPlan;
}

/** A named kind of student. */
export interface ClassifierPreset<I> {
  readonly id: string;
  readonly input: 'text' | 'image';
  /** What it is, how large and how fast. */
  readonly description: string;
  /**
   * Makes a student: learns from the training inputs what has to be learned before training, as a vocabulary.
   *
   * @param key of the initial parameters
   */
  create(inputs: readonly I[], labels: readonly string[], key: random.Key): Promise<ClassifierStudent<I>>;
}
