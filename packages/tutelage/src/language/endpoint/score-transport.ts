import { z } from 'zod';
import type { Answer, ScoredToken } from './ledger.js';
import type { CompletionRequest, JsonObject, Scoring, Target } from './request.js';
import { classify, type Failure, type Outcome } from './retry.js';
import { errorCodes, type SendOptions, saneUsage, withinTime } from './transport.js';

export interface ScoringServer {
  /** Its endpoint is an OpenAI-compatible address. */
  readonly target: Target;
  readonly key: string | undefined;
  readonly fetch: typeof globalThis.fetch | undefined;
}

/** Members by which each way of scoring is asked for. Servers differ in whether they take 0 tokens or 0 alternatives, and 1 is taken by all. */
const members: Readonly<Record<Scoring, JsonObject>> = {
  echo: { echo: true, logprobs: 1 },
  prompt_logprobs: { prompt_logprobs: 1 },
};

/** Statuses of a server that has no completions, or not for this model: it may still have chats. */
const noCompletions = new Set([404, 405]);

/**
 * Sends a text to be scored, once, and says how it ended; never throws for what a server does. A server that answers without scores has
 * been asked and paid all the same.
 */
export async function sendScoring(
  { target, key, fetch = globalThis.fetch }: ScoringServer,
  id: string,
  { messages, parameters }: CompletionRequest,
  { timeout, clock, redact }: SendOptions,
): Promise<Outcome> {
  if (!URL.canParse(target.endpoint)) {
    return { kind: 'invalid', reason: `no address to send completions to: ${target.endpoint}` };
  }
  const { scoring, maxTokens, extra } = parameters;
  const prompt = messages.map(({ content }) => content).join('');
  const body = {
    model: target.model,
    prompt,
    max_tokens: maxTokens,
    temperature: 0,
    ...members[scoring!],
    ...extra,
  };
  const headers = {
    'content-type': 'application/json',
    'Idempotency-Key': id,
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  const failed = (failure: Partial<Failure>): Outcome =>
    classify(
      { status: undefined, codes: [], message: 'no answer', body: undefined, headers: {}, ...failure },
      clock.now(),
    );
  return withinTime({ timeout, clock }, async (signal) => {
    try {
      const url = `${target.endpoint}/completions`;
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
      const { status } = response;
      const text = redact(await response.text());
      if (response.ok) {
        return answered(text, scoring!) ?? { kind: 'unknown', reason: 'not a completion in JSON' };
      }
      if (noCompletions.has(status)) return { kind: 'invalid', reason: `no completions: HTTP ${status}` };
      return failed({
        status,
        message: response.statusText,
        body: text,
        headers: Object.fromEntries(response.headers),
      });
    } catch (error) {
      const message = redact(error instanceof Error ? error.message : String(error));
      return failed({ codes: errorCodes(error), message });
    }
  });
}

const count = z.number().optional().catch(undefined);
const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        text: z.string().optional().catch(undefined),
        finish_reason: z.string().optional().catch(undefined),
        logprobs: z.unknown().optional(),
        prompt_logprobs: z.unknown().optional(),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.object({ cached_tokens: count }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});
type Completion = z.infer<typeof completionSchema>;

function answered(body: string, scoring: Scoring): Outcome | undefined {
  let completion: Completion;
  try {
    completion = completionSchema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
  const { choices, usage } = completion;
  const [{ text = '', finish_reason: finish = 'other', logprobs, prompt_logprobs: ofPrompt }] = choices as [
    Completion['choices'][number],
  ];
  const scored =
    scoring === 'echo' ? echoed(logprobs, usage?.completion_tokens ?? 1) : promptTokens(ofPrompt);
  const answer: Answer = { text, finish, ...(scored && { scored }) };
  return {
    kind: 'answered',
    answer,
    usage: saneUsage(
      usage?.prompt_tokens,
      usage?.prompt_tokens_details?.cached_tokens,
      usage?.completion_tokens,
    ),
  };
}

const echoSchema = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
});

/** Tokens of the text, without those that were made behind it. */
function echoed(logprobs: unknown, made: number): ScoredToken[] | undefined {
  const read = echoSchema.safeParse(logprobs);
  if (!read.success || read.data.tokens.length !== read.data.token_logprobs.length) return undefined;
  const { tokens, token_logprobs: logs } = read.data;
  const all = tokens.map((text, i) => ({ text, logprob: logs[i]! }));
  // Without an echo there are those that were made alone, which say nothing of the text.
  return all.length > made ? all.slice(0, all.length - made) : undefined;
}

const promptSchema = z.array(
  z
    .record(
      z.string(),
      z.object({ logprob: z.number(), rank: z.int().nullish(), decoded_token: z.string().nullish() }),
    )
    .nullable(),
);

/** vLLM lists the likeliest token beside the one that is there, if that is another: the one that is there ranks behind it. */
function promptTokens(listed: unknown): ScoredToken[] | undefined {
  const read = promptSchema.safeParse(listed);
  if (!read.success || read.data.length === 0) return undefined;
  return read.data.map((entry) => {
    const own = Object.values(entry ?? {}).sort((a, b) => (b.rank ?? 0) - (a.rank ?? 0))[0];
    return { text: own?.decoded_token ?? null, logprob: own?.logprob ?? null };
  });
}
