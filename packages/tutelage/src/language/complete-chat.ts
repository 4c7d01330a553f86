import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { ChatMessage } from './chat/format.js';
import { generate } from './generate/generate.js';
import type { LocalLanguageModel } from './local-llm.js';

export interface CompleteChatOptions {
  readonly maxTokens: number;
  /** 0 takes the likeliest tokens. */
  readonly temperature: number;
  readonly seed: number;
  /** How many alternatives to the answer's first token to list; none if not given. */
  readonly alternatives?: number;
}

/** A token as text, and the logarithm of its probability. */
export interface TokenChance {
  readonly token: string;
  readonly logprob: number;
}

/** An answer, and what it is made of. */
export interface ChatCompletion {
  readonly text: string;
  readonly finish: 'stop' | 'length';
  readonly promptTokens: number;
  /** With the token that ended the answer. */
  readonly tokens: readonly TokenChance[];
  /** In place of the first token, the likeliest first. */
  readonly alternatives: readonly TokenChance[];
}

/**
 * The assistant's answer to a conversation, with counts and probabilities as servers report them.
 *
 * @throws {UserError} when the conversation and the answer are longer than the model allows
 */
export async function completeChat(
  model: LocalLanguageModel,
  messages: readonly ChatMessage[],
  { maxTokens, temperature, seed, alternatives = 0 }: CompleteChatOptions,
): Promise<ChatCompletion> {
  const { decoder, tokenizer, end } = model;
  const prompt = model.encode(messages);
  const { positions, vocabulary } = decoder.sizes;
  if (prompt.length >= positions) {
    throw new UserError(`too long for the model: ${prompt.length} tokens of at most ${positions}`);
  }
  const past = decoder.cache(1);
  const nameOf = (token: number) => (token === end ? '' : tokenizer.decode([token]));
  const { logits, normalizers } = await decoder.step(past, [prompt]);
  const likely = likeliest(logits.subarray(0, vocabulary), alternatives).map(({ token, logit }) => ({
    token: nameOf(token),
    logprob: logit - normalizers[0]!,
  }));
  // The last token is given again: an answer goes on from tokens, not from what they predict.
  past.lengths[0] = prompt.length - 1;
  const [answer] = await generate(decoder, [prompt.slice(-1)], {
    maxTokens: Math.min(maxTokens, positions - prompt.length),
    endTokens: [end],
    past,
    ...(temperature > 0 && { sampling: { temperature, key: random.key(seed) } }),
  });
  const { tokens, logProbabilities, reason } = answer!;
  return {
    text: tokenizer.decode(tokens.filter((token) => token !== end)),
    finish: reason === 'end' ? 'stop' : 'length',
    promptTokens: prompt.length,
    tokens: tokens.map((token, i) => ({ token: nameOf(token), logprob: logProbabilities[i]! })),
    alternatives: likely,
  };
}

/** The greatest logits, in descending order. */
function likeliest(logits: Float32Array, count: number): { token: number; logit: number }[] {
  const best: { token: number; logit: number }[] = [];
  logits.forEach((logit, token) => {
    if (best.length === count && !(logit > (best.at(-1)?.logit ?? Number.POSITIVE_INFINITY))) return;
    const place = best.findIndex((one) => one.logit < logit);
    best.splice(place < 0 ? best.length : place, 0, { token, logit });
    if (best.length > count) best.pop();
  });
  return best;
}
