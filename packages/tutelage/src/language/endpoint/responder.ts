import type { ChatMessage } from '../chat/format.js';
import type { LabelQuestion, Reply, Responder } from '../responder.js';
import type { Endpoint } from './client.js';
import { inParallel } from './in-parallel.js';
import type { Answer } from './ledger.js';

/** Answers that stand in for log-probabilities where an endpoint sends none. */
export const samplesForProbabilities = 10;

/** Alternatives that endpoints list for a token at most. */
const alternatives = 20;
const labelTokens = 8;

/**
 * A model behind an endpoint. Every answer is in its journal, so that none is paid for twice.
 *
 * @param say hears once if the endpoint sends no log-probabilities: shares of sampled answers stand for them then
 */
export function endpointResponder(endpoint: Endpoint, say: (message: string) => void): Responder {
  let hasLogprobs = true;

  const complete = async (
    messages: readonly ChatMessage[],
    parameters: { readonly maxTokens: number; readonly temperature: number; readonly topLogprobs?: number },
    signal: AbortSignal,
    trial = 0,
  ): Promise<Answer | string> => {
    const completion = await endpoint.complete({ messages, parameters, trial }, signal);
    return completion.kind === 'answered' ? completion.answer : `${completion.cause}: ${completion.reason}`;
  };

  const byLogprobs = async ({ messages, labels }: LabelQuestion, signal: AbortSignal) => {
    const parameters = { maxTokens: labelTokens, temperature: 0, topLogprobs: alternatives };
    const answer = await complete(messages, parameters, signal);
    if (typeof answer === 'string') return undefined;
    if (!answer.firstToken?.length) {
      if (hasLogprobs) {
        say(
          `warning: ${endpoint.target.model} sends no log-probabilities: shares of ${samplesForProbabilities} sampled answers stand for them`,
        );
      }
      hasLogprobs = false;
      return bySamples({ messages, labels }, signal);
    }
    const listed = answer.firstToken.map(({ token, logprob }) => ({
      word: fold(token),
      p: Math.exp(logprob),
    }));
    return labels.map((label) =>
      listed.reduce((sum, { word, p }) => (begins(word, label, labels) ? sum + p : sum), 0),
    );
  };

  const bySamples = async ({ messages, labels }: LabelQuestion, signal: AbortSignal) => {
    const parameters = { maxTokens: labelTokens, temperature: 1 };
    const votes: string[] = [];
    for (let trial = 0; trial < samplesForProbabilities; trial++) {
      const answer = await complete(messages, parameters, signal, trial);
      if (typeof answer !== 'string') votes.push(fold(answer.text));
    }
    if (votes.length === 0) return undefined;
    return labels.map((label) => votes.filter((vote) => saidFirst(vote, label)).length / votes.length);
  };

  return {
    name: `${endpoint.target.model} at ${endpoint.target.endpoint}`,
    respond: (conversations, { maxTokens, sample, signal, onProgress }) =>
      inParallel(endpoint, conversations, signal, onProgress, async (messages, stop): Promise<Reply> => {
        const parameters = { maxTokens, temperature: sample?.temperature ?? 0 };
        const answer = await complete(messages, parameters, stop, sample?.trial);
        return typeof answer === 'string'
          ? { kind: 'missing', reason: answer }
          : { kind: 'text', text: answer.text };
      }),
    labelProbabilities: (questions, { signal, onProgress }) =>
      inParallel(endpoint, questions, signal, onProgress, (question, stop) =>
        hasLogprobs ? byLogprobs(question, stop) : bySamples(question, stop),
      ),
    spent: () => (endpoint.price ? endpoint.account().spent : undefined),
    close: () => endpoint.close(),
  };
}

const fold = (text: string) => text.trim().toLowerCase();

/** Whether a first token can only be the beginning of this label. */
function begins(word: string, label: string, labels: readonly string[]): boolean {
  const starts = (own: string) => word !== '' && fold(own).startsWith(word);
  return fold(label) === word || (starts(label) && labels.filter(starts).length === 1);
}

/** Whether an answer is the label, perhaps with more behind it. */
function saidFirst(answer: string, label: string): boolean {
  const said = answer.replace(/^["'`*]+/, '');
  return said.startsWith(fold(label)) && !/^[\p{L}\p{N}]/u.test(said.slice(fold(label).length));
}
