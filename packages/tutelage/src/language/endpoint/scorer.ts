import { UserError } from '../../core/errors.js';
import type { ScoredText, TextLesson, TextScorer } from '../text-alignment.js';
import type { Endpoint } from './client.js';
import { inParallel } from './in-parallel.js';
import type { ScoredToken } from './ledger.js';
import type { Completion } from './perform.js';
import type { CompletionRequest, Scoring } from './request.js';

const ways: readonly Scoring[] = ['echo', 'prompt_logprobs'];
/** Asked once to learn what a server offers; short, since it may be paid for. */
const probe = 'The cat sat.';

/**
 * A model behind an OpenAI-compatible endpoint as a teacher of texts, where its server gives log-probabilities of given tokens: by `echo` with
 * `logprobs`, or by vLLM's `prompt_logprobs`. What it offers is found out by one short call each, and every call goes through the endpoint's
 * journal, budget and retries. Texts for which there is no answer are scored as unknown, and told.
 *
 * The server takes texts as they are: a chat model's template, if its answers shall be scored as it gives them, belongs into the prompt. Nothing
 * is said of a text's end.
 *
 * @param say hears which way is used, and what could not be scored
 * @returns undefined where the server offers neither: then its answers can be learned as text, which `endpointResponder` asks for
 * @throws {UserError} if the endpoint can't be reached, or denies everything
 */
export async function endpointScorer(
  endpoint: Pick<Endpoint, 'complete' | 'limits' | 'target'>,
  say: (message: string) => void,
  signal?: AbortSignal,
): Promise<TextScorer | undefined> {
  const name = `${endpoint.target.model} at ${endpoint.target.endpoint}`;
  const reasons: string[] = [];
  for (const way of ways) {
    const completion = await endpoint.complete(request(probe, way), signal);
    if (completion.kind === 'rejected' && completion.cause !== 'invalid') {
      throw new UserError(`cannot find out what ${name} offers: ${completion.reason}`, {
        hint: 'run again later, or with a higher budget: what was answered is kept',
      });
    }
    if (scoredText(probe, completion)) {
      say(`${name} gives log-probabilities of given tokens (${way})`);
      return scorerBy(endpoint, way, say);
    }
    reasons.push(
      `${way}: ${completion.kind === 'rejected' ? completion.reason : 'the answer has no log-probabilities of the text'}`,
    );
  }
  say(`${name} gives no log-probabilities of given tokens; its answers can be learned as text`);
  for (const reason of reasons) say(`  ${reason}`);
  return undefined;
}

function scorerBy(
  endpoint: Pick<Endpoint, 'complete' | 'limits'>,
  way: Scoring,
  say: (message: string) => void,
): TextScorer {
  return async (lessons, signal) => {
    const missing = new Map<string, number>();
    const scored = await inParallel(endpoint, lessons, signal, undefined, async (lesson, stop) => {
      const text = lesson.prompt + lesson.answer;
      const completion = await endpoint.complete(request(text, way), stop);
      const found = scoredText(text, completion);
      if (found) return found;
      const reason = completion.kind === 'rejected' ? completion.cause : 'its tokens do not spell the text';
      missing.set(reason, (missing.get(reason) ?? 0) + 1);
      return unscored(lesson);
    });
    for (const [reason, count] of missing) {
      say(`warning: ${count} of ${lessons.length} texts have no log-probabilities: ${reason}`);
    }
    return scored;
  };
}

function request(text: string, scoring: Scoring): CompletionRequest {
  return {
    messages: [{ role: 'user', content: text }],
    parameters: { maxTokens: 1, temperature: 0, scoring },
    trial: 0,
  };
}

function scoredText(text: string, completion: Completion): ScoredText | undefined {
  const tokens = completion.kind === 'answered' ? completion.answer.scored : undefined;
  const ends = tokens && endsOf(text, tokens);
  if (!ends || !tokens.some(({ logprob }) => logprob !== null)) return undefined;
  return { ends, logProbabilities: tokens.map(({ logprob }) => logprob ?? undefined) };
}

function unscored({ prompt, answer }: TextLesson): ScoredText {
  return { ends: [Buffer.byteLength(prompt + answer)], logProbabilities: [undefined] };
}

/** What servers put in place of bytes that are no whole character. */
const broken = '\ufffd';

/**
 * Where tokens end in a text, in bytes of UTF-8, from what a server says that they are. They are laid against the text from its end, so that
 * a first one of which nothing is known is what is left. Tokens that are parts of characters end together where the last of them does.
 *
 * @returns undefined where they do not spell the text
 */
export function endsOf(text: string, tokens: readonly ScoredToken[]): number[] | undefined {
  const ends: number[] = [];
  let at = text.length;
  let parts = 0;
  for (const token of tokens.toReversed()) {
    const said = token.text;
    ends.push(Buffer.byteLength(text.slice(0, at)));
    if (said === null || (said.includes(broken) && !text.slice(0, at).endsWith(said))) {
      parts++;
      continue;
    }
    // What begins a text, such as a beginning token, may have a name that is no part of it.
    if (at === 0 || said === '') continue;
    const from = parts > 0 ? behind(text, at, said) : at;
    if (from === undefined || !text.slice(0, from).endsWith(said)) return undefined;
    if (parts > 0) ends[ends.length - 1] = Buffer.byteLength(text.slice(0, from));
    at = from - said.length;
    parts = 0;
  }
  return at === 0 || parts > 0 ? ends.reverse() : undefined;
}

/** Where a token ends that comes before characters in parts: they are at least one, and none of them ASCII. */
function behind(text: string, at: number, said: string): number | undefined {
  for (let from = at - 1; from >= said.length && text.charCodeAt(from) > 0x7f; from--) {
    if (text.slice(0, from).endsWith(said)) return from;
  }
  return undefined;
}
