import type { ChatMessage } from './chat/format.js';

/** An answer, or why there is none. */
export type Reply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing'; readonly reason: string };

export interface RespondOptions {
  /** Most tokens of an answer. */
  readonly maxTokens: number;
  /** Draw answers instead of taking the likeliest; other trials give other answers to the same conversation. */
  readonly sample?: { readonly temperature: number; readonly trial: number };
  readonly signal: AbortSignal;
  /** Hears how many answers are there. */
  readonly onProgress?: (done: number) => void;
}

export interface LabelOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/** A conversation to be answered by one of some labels. */
export interface LabelQuestion {
  readonly messages: readonly ChatMessage[];
  readonly labels: readonly string[];
}

/** A language model that answers conversations: on this machine, or behind an endpoint. */
export interface Responder {
  readonly name: string;
  /** Answers, in the order of the conversations. */
  respond(
    conversations: readonly (readonly ChatMessage[])[],
    options: RespondOptions,
  ): Promise<readonly Reply[]>;
  /**
   * How likely the answer is each label, in the order of the questions: probabilities among all that could be said, so that they sum
   * to 1 or less. Undefined where there is no answer.
   */
  labelProbabilities(
    questions: readonly LabelQuestion[],
    options: LabelOptions,
  ): Promise<readonly (readonly number[] | undefined)[]>;
  /** US dollars spent so far; 0 on this machine, undefined where the price is not known. */
  spent(): number | undefined;
  close(): Promise<void>;
}

/** The surface forms of a label that count as the same: as it is, capitalised and in capitals, with a blank before it or not. */
export function labelForms(label: string): string[] {
  const cased = [label, label.charAt(0).toUpperCase() + label.slice(1), label.toUpperCase()];
  return [...new Set(cased.flatMap((form) => [form, ` ${form}`]))];
}
