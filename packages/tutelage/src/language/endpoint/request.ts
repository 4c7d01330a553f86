import { sha256 } from './hash.js';

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export type Scoring = 'echo' | 'prompt_logprobs';

export interface Parameters {
  /** Most tokens that the answer may have. Needed, since the price reserved before a call depends on it. */
  readonly maxTokens: number;
  /** Left to the server if absent: some reasoning models refuse any value. */
  readonly temperature?: number;
  /** How many alternatives, 1 to 20, to return with their log-probabilities for each token of the answer. */
  readonly topLogprobs?: number;
  /**
   * Scores the one message of the request as a text, instead of answering it, by what completion endpoints may offer: `echo` with
   * `logprobs` (OpenAI's older models, vLLM and others) or vLLM's `prompt_logprobs`.
   */
  readonly scoring?: Scoring;
  /** JSON Schema that the answer must follow. */
  readonly schema?: JsonObject;
  /**
   * Further members of the request body, e.g. `{ reasoning_effort: 'low' }`, as the endpoint names them; with the model
   * of another AI SDK provider, options by the names of that provider.
   */
  readonly extra?: JsonObject;
}

/** One question to a model. Two requests are the same, and billed once, if every member is equal. */
export interface CompletionRequest {
  readonly messages: readonly Message[];
  readonly parameters: Parameters;
  /** Index of the sample: asking the same again for another answer takes another trial. */
  readonly trial: number;
}

/** Who is asked: the endpoint's address (or the provider's name) and the model. */
export interface Target {
  readonly endpoint: string;
  readonly model: string;
}

/** JSON with the members of objects sorted by name and undefined ones left out: equal values, equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isPlainObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The identity of a request: a hash of endpoint, model, messages, every parameter and the trial. The cache,
 * the journal and the promise never to bill twice all go by it.
 */
export function requestId(target: Target, request: CompletionRequest): string {
  const { messages, parameters, trial } = request;
  return sha256(canonicalJson({ target, messages, parameters, trial })).slice(0, 32);
}
