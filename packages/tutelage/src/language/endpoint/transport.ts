import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, type LanguageModel, LoadAPIKeyError, UnsupportedFunctionalityError } from 'ai';
import { z } from 'zod';
import type { Clock } from './clock.js';
import type { Alternative } from './ledger.js';
import type { Usage } from './prices.js';
import type { CompletionRequest, JsonObject, Message } from './request.js';
import { classify, type Failure, type Outcome } from './retry.js';

/** A model of any AI SDK provider (specification 3, AI SDK 6). */
export type ProviderModel = Extract<LanguageModel, { specificationVersion: 'v3' }>;
type CallOptions = Parameters<ProviderModel['doGenerate']>[0];
type CallResult = Awaited<ReturnType<ProviderModel['doGenerate']>>;

/** Name under which the SDK passes options on to the models made here. */
const OWN = 'endpoint';

/** A model by name behind an OpenAI-compatible address. */
export function openAICompatibleModel(options: {
  readonly baseURL: string;
  readonly model: string;
  readonly key: string | undefined;
  readonly fetch: typeof globalThis.fetch | undefined;
}): ProviderModel {
  const { baseURL, model, key, fetch } = options;
  const provider = createOpenAICompatible({
    name: OWN,
    baseURL,
    supportsStructuredOutputs: true,
    // The SDK drops members of the body that it knows by other names of its own, such as reasoning_effort.
    transformRequestBody: ({ extra, ...body }) => ({ ...renameMaxTokens(baseURL, body), ...extra }),
    ...(key !== undefined && { apiKey: key }),
    ...(fetch && { fetch }),
  });
  return provider.chatModel(model);
}

/** OpenAI's newer models refuse `max_tokens`; most other servers know nothing else. */
function renameMaxTokens(
  baseURL: string,
  { max_tokens, ...body }: Record<string, unknown>,
): Record<string, unknown> {
  const name = /(^|\.)openai\.(com|azure\.com)$/.test(new URL(baseURL).hostname)
    ? 'max_completion_tokens'
    : 'max_tokens';
  return { ...body, [name]: max_tokens };
}

export interface SendOptions {
  /** Milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Takes secrets out of what the server sent. */
  redact(text: string): string;
}

/**
 * Sends a request once and says how it ended; never throws for what a server does.
 *
 * The provider's own `doGenerate` is called rather than the SDK's `generateText`: it knows no retries, and it leaves
 * the answer's text unparsed, so that a malformed answer is still seen, paid for and recorded.
 */
export async function send(
  model: ProviderModel,
  id: string,
  request: CompletionRequest,
  { timeout, clock, redact }: SendOptions,
): Promise<Outcome> {
  return withinTime({ timeout, clock }, async (signal) => {
    try {
      return outcomeOf(await model.doGenerate(callOptions(model, id, request, signal)), redact);
    } catch (error) {
      return outcomeOfError(error, clock.now(), redact);
    }
  });
}

/** What a call came to; unknown if that took longer than its time. */
export async function withinTime(
  { timeout, clock }: Pick<SendOptions, 'timeout' | 'clock'>,
  call: (signal: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const abort = new AbortController();
  const done = new AbortController();
  clock.sleep(timeout, done.signal).then(
    () => abort.abort(),
    () => {},
  );
  try {
    const outcome = await call(abort.signal);
    const isLate = abort.signal.aborted && outcome.kind !== 'answered';
    return isLate ? { kind: 'unknown', reason: `no answer within ${timeout / 1000} s` } : outcome;
  } finally {
    done.abort();
  }
}

function callOptions(
  model: ProviderModel,
  id: string,
  request: CompletionRequest,
  abortSignal: AbortSignal,
): CallOptions {
  const { maxTokens, temperature, topLogprobs, schema, extra } = request.parameters;
  const logprobs = topLogprobs === undefined ? {} : { logprobs: true, top_logprobs: topLogprobs };
  return {
    prompt: request.messages.map(promptMessage),
    maxOutputTokens: maxTokens,
    ...(temperature !== undefined && { temperature }),
    ...(schema && { responseFormat: { type: 'json', schema, name: 'answer' } }),
    providerOptions: providerOptions(model, { ...extra, ...logprobs }),
    // The large providers ignore it; a proxy that heeds it bills a request sent twice once.
    headers: { 'Idempotency-Key': id },
    abortSignal,
  };
}

/** Providers read their options under the first part of their name. */
function providerOptions({ provider }: ProviderModel, extra: JsonObject): Record<string, JsonObject> {
  const name = provider.split('.')[0]!;
  return { [name]: name === OWN ? { extra } : extra };
}

function promptMessage({ role, content }: Message): CallOptions['prompt'][number] {
  return role === 'system' ? { role, content } : { role, content: [{ type: 'text', text: content }] };
}

function outcomeOf(result: CallResult, redact: SendOptions['redact']): Outcome {
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const firstToken = firstTokenAlternatives(result.response?.body);
  return {
    kind: 'answered',
    answer: { text: redact(text), finish: result.finishReason.unified, ...(firstToken && { firstToken }) },
    usage: usageOf(result.usage),
  };
}

/** Far more tokens than any call has; a server's nonsense must not end up in the account. */
const MAX_TOKENS = 1e9;

function usageOf({ inputTokens, outputTokens }: CallResult['usage']): Usage | null {
  return saneUsage(inputTokens.total, inputTokens.cacheRead, outputTokens.total);
}

/** Null unless the counts make sense: a provider may report a missing one as 0, and no request has no input. */
export function saneUsage(
  input: number | undefined,
  cachedInput: number | undefined,
  output: number | undefined,
): Usage | null {
  const usage = {
    input: input || Number.NaN,
    cachedInput: cachedInput ?? 0,
    output: output ?? Number.NaN,
  };
  const sane = (count: number) => Number.isInteger(count) && count >= 0 && count <= MAX_TOKENS;
  return Object.values(usage).every(sane) ? usage : null;
}

const logprobsSchema = z.object({
  choices: z
    .array(
      z.object({
        logprobs: z.object({
          content: z.array(
            z.object({ top_logprobs: z.array(z.object({ token: z.string(), logprob: z.number() })) }),
          ),
        }),
      }),
    )
    .min(1),
});

/** The SDK passes the body of an OpenAI-compatible response through as it came, log-probabilities included. */
function firstTokenAlternatives(body: unknown): Alternative[] | undefined {
  const parsed = logprobsSchema.safeParse(body);
  return parsed.success ? parsed.data.choices[0]!.logprobs.content[0]?.top_logprobs : undefined;
}

function outcomeOfError(error: unknown, now: number, redact: SendOptions['redact']): Outcome {
  const message = redact(error instanceof Error ? error.message : String(error));
  // Both are thrown by the provider before it sends anything.
  if (LoadAPIKeyError.isInstance(error)) return { kind: 'denied', reason: message };
  if (UnsupportedFunctionalityError.isInstance(error)) return { kind: 'invalid', reason: message };
  const failure: Failure = {
    status: undefined,
    codes: errorCodes(error),
    message,
    body: undefined,
    headers: {},
  };
  if (!APICallError.isInstance(error)) return classify(failure, now);
  const { statusCode, responseBody, responseHeaders } = error;
  const body = responseBody === undefined ? undefined : redact(responseBody);
  return classify({ ...failure, status: statusCode, body, headers: responseHeaders ?? {} }, now);
}

/** Codes of an error and of those that caused it. */
export function errorCodes(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  return [...own, ...errorCodes(error.cause)];
}
