import { setMaxListeners } from 'node:events';
import { UserError } from '../../core/errors.js';
import { letterDistribution, readLabel, voteShares } from './answers.js';
import type { Endpoint } from './client.js';
import type { Answer } from './ledger.js';
import {
  answerText,
  type Classification,
  chooseExamples,
  classificationMessages,
  type LabelledText,
  LETTERS,
  labelSchema,
} from './prompt.js';
import type { CompletionRequest, JsonObject, Parameters } from './request.js';

export interface LabellingTask {
  readonly texts: readonly string[];
  readonly labels: readonly string[];
  /** What the labels mean and how to decide. */
  readonly instructions: string;
  /** Labelled data to choose examples from. */
  readonly fewShot?: {
    readonly data: readonly LabelledText[];
    readonly perLabel: number;
    readonly seed: number;
  };
  /** Answers to ask for per text, 1 unless told; their shares are the soft label. */
  readonly samples?: number;
  /** Read the soft label off the answer's log-probabilities instead; at most 20 labels. */
  readonly logprobs?: boolean;
  /** Malformed answers of a text that are asked anew before it is set aside. */
  readonly retries?: number;
  /** `server` leaves it out. 0 unless told, 1 with several samples or log-probabilities. */
  readonly temperature?: number | 'server';
  /** Needed for models that think first; otherwise what the longest label takes. */
  readonly maxTokens?: number;
  /** Further members of the request body, as the provider names them. */
  readonly extra?: JsonObject;
}

export type RowLabel =
  | {
      readonly kind: 'labelled';
      /** Probabilities in the order of the labels; they sum to 1. */
      readonly distribution: readonly number[];
      /** With samples: the share of them that gave a vote. With log-probabilities: the mass on the labels. */
      readonly coverage: number;
      /** With log-probabilities: the most that a label with probability 0 can really have. */
      readonly unlistedAtMost?: number;
    }
  | { readonly kind: 'rejected'; readonly reason: string };

export interface LabellingProgress {
  readonly done: number;
  readonly total: number;
  readonly rejected: number;
  /** US dollars, by the endpoint's journal. */
  readonly spent: number;
}

/** Below this mass on the labels the model was saying something else. */
const MIN_COVERAGE = 0.5;

/** A labelling task with everything settled: how to ask and how to read. */
export interface LabellingPlan {
  readonly classification: Classification;
  readonly parameters: Parameters;
  readonly samples: number;
  readonly retries: number;
  request(text: string, trial: number): CompletionRequest;
  /** Every request that labelling texts can make, those for repeats included. */
  allRequests(texts: readonly string[]): Iterable<CompletionRequest>;
}

/** @throws {UserError} if the task can't be put to an endpoint */
export function planLabelling(task: LabellingTask): LabellingPlan {
  checkTask(task);
  const { labels, instructions, fewShot, logprobs = false, samples = 1, retries = 2, extra } = task;
  const form = logprobs ? 'letter' : 'json';
  const examples = fewShot ? chooseExamples(fewShot.data, labels, fewShot) : [];
  const classification: Classification = { labels, instructions, examples, form };
  const temperature = task.temperature ?? (logprobs || samples > 1 ? 1 : 0);
  const parameters: Parameters = {
    maxTokens: task.maxTokens ?? (logprobs ? 1 : longestAnswer(labels)),
    ...(temperature !== 'server' && { temperature }),
    ...(logprobs ? { topLogprobs: LETTERS.length } : { schema: labelSchema(labels) }),
    ...(extra && { extra }),
  };
  // At temperature 0 a malformed answer would most likely come again.
  const repeated = temperature === 0 ? { ...parameters, temperature: 1 } : parameters;
  const request = (text: string, trial: number): CompletionRequest => ({
    messages: classificationMessages(classification, text),
    parameters: trial < samples ? parameters : repeated,
    trial,
  });
  function* allRequests(texts: readonly string[]): Generator<CompletionRequest> {
    for (const text of new Set(texts)) {
      for (let trial = 0; trial < samples + retries; trial++) yield request(text, trial);
    }
  }
  return { classification, parameters, samples, retries, request, allRequests };
}

function checkTask({ labels, samples = 1, logprobs = false }: LabellingTask): void {
  if (labels.length < 2)
    throw new UserError(`too few labels: ${labels.length}`, { hint: 'give at least two' });
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) throw new UserError(`label given twice: ${twice}`);
  if (!Number.isInteger(samples) || samples < 1) {
    throw new UserError(`invalid samples: ${samples}`, { hint: 'a whole number from 1' });
  }
  if (!logprobs) return;
  if (samples > 1)
    throw new UserError('samples and log-probabilities: both give soft labels', { hint: 'choose one' });
  if (labels.length > LETTERS.length) {
    throw new UserError(`too many labels for log-probabilities: ${labels.length}`, {
      hint: `at most ${LETTERS.length}; with more, ask for several samples`,
    });
  }
}

/** A token takes at least a byte; servers may count the end of the answer and some white space in JSON. */
function longestAnswer(labels: readonly string[]): number {
  return (
    Math.max(...labels.map((label) => Buffer.byteLength(answerText({ labels, form: 'json' }, label)))) + 8
  );
}

/**
 * Labels texts with a language model.
 *
 * The queue is the endpoint's journal: run again after an end of any kind, it goes on where it stopped, and answers
 * on file cost nothing. Equal texts are asked once.
 * @returns one entry per text, in their order: a distribution over the labels, or why there is none
 * @throws {UserError} if the endpoint can't be reached or denies everything; the reason of `signal` if it aborts
 */
export async function labelTexts(
  endpoint: Endpoint,
  task: LabellingTask,
  options: {
    readonly onProgress?: (progress: LabellingProgress) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<RowLabel[]> {
  const plan = planLabelling(task);
  const rows = new Array<RowLabel>(task.texts.length);
  const stop = new AbortController();
  const signal = AbortSignal.any(options.signal ? [options.signal, stop.signal] : [stop.signal]);
  // Each worker listens; Node warns of a leak from the eleventh on.
  setMaxListeners(0, signal);
  const queue = task.texts.entries();
  let done = 0;
  let rejected = 0;

  async function work(): Promise<void> {
    for (const [index, text] of queue) {
      signal.throwIfAborted();
      const row = await labelText(endpoint, plan, text, signal);
      rows[index] = row;
      done += 1;
      if (row.kind === 'rejected') rejected += 1;
      options.onProgress?.({ done, total: rows.length, rejected, spent: endpoint.account().spent });
    }
  }

  // Calls under way are paid for: when one worker fails, the others finish theirs before the error goes up.
  const workers = Array.from({ length: Math.min(endpoint.limits.concurrency, rows.length) }, () =>
    work().catch((error) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return rows;
}

async function labelText(
  endpoint: Endpoint,
  plan: LabellingPlan,
  text: string,
  signal: AbortSignal,
): Promise<RowLabel> {
  const { samples, retries, classification } = plan;
  const { labels, form } = classification;
  const votes: string[] = [];
  let lost = 0;
  let malformed = 0;
  let reason = '';
  for (let trial = 0; votes.length + lost < samples; trial++) {
    const completion = await endpoint.complete(plan.request(text, trial), signal);
    if (completion.kind === 'rejected') {
      lost += 1;
      reason = `${completion.cause}: ${completion.reason}`;
      continue;
    }
    const { answer } = completion;
    if (form === 'letter') return labelByLetters(answer, labels.length);
    const label = readLabel(answer.text, labels);
    if (label !== undefined) votes.push(label);
    else {
      malformed += 1;
      if (malformed > retries) lost += 1;
      reason = `malformed answer: ${describeAnswer(answer)}`;
    }
  }
  if (votes.length === 0) return { kind: 'rejected', reason };
  return { kind: 'labelled', distribution: voteShares(votes, labels), coverage: votes.length / samples };
}

function labelByLetters(answer: Answer, count: number): RowLabel {
  if (!answer.firstToken?.length) {
    throw new UserError('no log-probabilities: the endpoint sends none', {
      hint: 'ask for several samples instead, or use an OpenAI-compatible endpoint that supports top_logprobs',
    });
  }
  const letters = letterDistribution(answer.firstToken, count);
  if (letters && letters.coverage >= MIN_COVERAGE) return { kind: 'labelled', ...letters };
  return {
    kind: 'rejected',
    reason: `only ${((letters?.coverage ?? 0) * 100).toFixed(1)} % of the mass is on labels`,
  };
}

function describeAnswer({ text, finish }: Answer): string {
  return finish === 'length' ? 'cut off, more maxTokens may be needed' : JSON.stringify(text.slice(0, 80));
}
