import type { LanguageModel } from '../students/continuations.js';
import { tokenLogs } from '../students/token-logs.js';

/** Log-probabilities of tokens, as OpenAI's completions give them. */
export interface CompletionLogs {
  readonly tokens: readonly string[];
  /** Null for the first token of a text, which nothing is before. */
  readonly token_logprobs: readonly (number | null)[];
  /** The likeliest token and its log-probability, where one was asked for. */
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[] | null;
  /** Where each token begins in the text, in UTF-16 code units; parts of characters begin where the character does. */
  readonly text_offset: readonly number[];
}

/**
 * Log-probabilities of the tokens of a prompt and of those that follow it.
 *
 * @param echo whether those of the prompt are wanted
 * @param top whether the likeliest tokens are wanted
 */
export async function completionLogs(
  model: LanguageModel,
  prompt: string,
  answer: readonly number[],
  { echo, top }: { readonly echo: boolean; readonly top: boolean },
): Promise<CompletionLogs> {
  const { tokenizer } = model;
  const asked = tokenizer.encodePlain(prompt);
  // An empty prompt begins like the texts that the model learned from.
  const before = asked.length === 0 ? [tokenizer.special.end ?? 0] : [];
  const logs = await tokenLogs(model, Int32Array.from([...before, ...asked, ...answer]));
  const text = (ids: readonly number[]) => tokenizer.decode(ids);
  const all = [...asked, ...answer];
  const first = echo ? 0 : asked.length;
  const shown = all.slice(first).map((token, i) => {
    const log = logs[first + i + before.length - 1];
    const best = log && { [text([log.likeliest.token])]: log.likeliest.logProbability };
    return {
      token: text([token]),
      log: log?.logProbability ?? null,
      best: best ?? null,
      offset: text(all.slice(first, first + i)).replace(/\ufffd+$/, '').length,
    };
  });
  return {
    tokens: shown.map(({ token }) => token),
    token_logprobs: shown.map(({ log }) => log),
    top_logprobs: top ? shown.map(({ best }) => best) : null,
    text_offset: shown.map(({ offset }) => offset + (echo ? 0 : prompt.length)),
  };
}
