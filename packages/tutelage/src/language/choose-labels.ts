import type { LabelledText } from './endpoint/prompt.js';

/** A language model on this machine that says how likely each label is. */
export interface ChooseLabels {
  /** Changes with the weights, the tokenizer and the form of the prompt. */
  readonly fingerprint: string;
  /** @returns probabilities in the order of the labels; they sum to 1 */
  choose(
    text: string,
    labels: readonly string[],
    instructions: string,
    examples: readonly LabelledText[],
  ): Promise<Float32Array>;
}
