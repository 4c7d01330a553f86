import { UserError } from '../../core/errors.js';
import { createBudget } from './budget.js';
import { type Clock, systemClock } from './clock.js';
import { openJournal } from './journal.js';
import type { Answer, RequestBill } from './ledger.js';
import { createLimiter, type Limits } from './limiter.js';
import { type Caller, type Completion, perform } from './perform.js';
import { fromDollars, type Price, type PriceList, priceOf, readPriceList, toDollars } from './prices.js';
import { type CompletionRequest, type Parameters, requestId, type Target } from './request.js';
import { defaultRetryPolicy, type RetryPolicy } from './retry.js';
import { sendScoring } from './score-transport.js';
import { openAICompatibleModel, type ProviderModel, send } from './transport.js';

export interface EndpointOptions {
  /** Where the journal lies: the cache, the account and the queue. The cap covers all that it ever spent. */
  readonly directory: string;
  /** A model by name behind an OpenAI-compatible address, or one of any AI SDK provider. */
  readonly model: string | ProviderModel;
  /** E.g. `https://api.openai.com/v1`; needed with a model by name. */
  readonly baseURL?: string;
  /**
   * Name of the environment variable that holds the key. The key itself is written nowhere: where a server repeats
   * it, it is taken out. Another provider's model has its key already; name its variable here for the latter.
   */
  readonly apiKeyEnv?: string;
  /**
   * Most that may ever be spent, US dollars. It holds if the server keeps to `maxTokens`, bills by the prices given
   * and makes no more tokens of a prompt than `maxInputTokens` allows for.
   */
  readonly cap?: number;
  /** US dollars per million tokens, in place of the price list's. */
  readonly price?: Price;
  readonly prices?: PriceList;
  readonly limits?: Partial<Limits>;
  /** Milliseconds until a call counts as lost. */
  readonly timeout?: number;
  readonly retry?: RetryPolicy;
  readonly clock?: Clock;
  readonly fetch?: typeof globalThis.fetch;
}

export interface Endpoint {
  readonly target: Target;
  /** Undefined if not known. */
  readonly price: Price | undefined;
  /** US dollars; undefined without a cap. */
  readonly cap: number | undefined;
  readonly limits: Limits;
  /**
   * The answer to a request: from the journal if it was ever answered, else from the server, sent again as far as
   * that can't be billed twice. An abort keeps new calls from starting; those under way are paid for and finish.
   * @throws {UserError} if the endpoint can't be reached, or denies everything
   */
  complete(request: CompletionRequest, signal?: AbortSignal): Promise<Completion>;
  /** Whether an answer is on file, so that asking costs nothing. */
  isAnswered(request: CompletionRequest): boolean;
  /** What requests came to, over all their attempts and whoever made them: those that were never sent to nothing. */
  bill(requests: Iterable<CompletionRequest>): Bill;
  /** US dollars spent by this journal, unknown outcomes at their full price, and dollars reserved for open calls. */
  account(): { readonly spent: number; readonly reserved: number };
  /** Lets go of the journal. Call it after the last `complete` has resolved. */
  close(): Promise<void>;
}

/** What calls came to. */
export interface Bill {
  /** That the server has run, or may have. */
  readonly calls: number;
  /** As the server counted them. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars, unknown outcomes at their full price; left out if some price wasn't known. */
  readonly dollars?: number;
}

const defaultLimits = { concurrency: 8 };

/**
 * Opens a client for one model.
 * @throws {UserError} if the key is missing, the price unknown though there is a cap, or the journal in use
 */
export async function createEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { cap, retry = defaultRetryPolicy, clock = systemClock, timeout = 120_000 } = options;
  const key = options.apiKeyEnv === undefined ? undefined : readKey(options.apiKeyEnv);
  const { model, target } = resolveModel(options, key);
  const price = options.price ?? priceOf(target, options.prices ?? readPriceList());
  if (cap !== undefined && !price) throw unknownPrice(target.model);
  const limits = { ...defaultLimits, ...options.limits };
  checkNumbers(cap, limits, price);
  const journal = await openJournal(options.directory);
  const { ledger } = journal;
  if (cap !== undefined && ledger.unpriced > 0) {
    await journal.close();
    throw new UserError(
      `unknown spending: ${ledger.unpriced} calls in ${options.directory} were made without a price`,
      { hint: 'a cap needs a journal whose every call was priced: use another directory, or no cap' },
    );
  }
  const call: Caller = {
    journal,
    budget: createBudget(ledger, cap === undefined ? Number.POSITIVE_INFINITY : fromDollars(cap)),
    limiter: createLimiter(limits, clock),
    retry,
    clock,
    price,
    send: (id, request) => {
      const how = { timeout, clock, redact: redactor(key) };
      if (!request.parameters.scoring) return send(model, id, request, how);
      return sendScoring({ target, key, fetch: options.fetch }, id, request, how);
    },
  };
  const targetKey = `${target.endpoint} ${target.model}`;
  const underWay = new Map<string, Promise<Completion>>();

  /** The request as it goes out: without its schema if the endpoint takes none. */
  function effective(request: CompletionRequest): CompletionRequest {
    if (!ledger.schemaRefused.has(targetKey) || !request.parameters.schema) return request;
    const { schema: _, ...parameters } = request.parameters;
    return { ...request, parameters };
  }

  function onFile(request: CompletionRequest): Answer | undefined {
    return (
      ledger.answers.get(requestId(target, request)) ??
      ledger.answers.get(requestId(target, effective(request)))
    );
  }

  async function complete(asked: CompletionRequest, signal?: AbortSignal): Promise<Completion> {
    const answer = onFile(asked);
    if (answer) return { kind: 'answered', answer, cached: true };
    checkParameters(asked.parameters);
    const request = effective(asked);
    const id = requestId(target, request);
    let completion = underWay.get(id);
    if (!completion) {
      completion = perform(call, id, request, signal).finally(() => underWay.delete(id));
      underWay.set(id, completion);
    }
    const result = await completion;
    const refused =
      result.kind === 'rejected' && result.cause === 'invalid' && refusesSchema(request, result.reason);
    if (!refused) return result;
    if (!ledger.schemaRefused.has(targetKey)) {
      await journal.append({ state: 'schema-refused', target: targetKey });
    }
    return complete(asked, signal);
  }

  return {
    target,
    price,
    cap,
    limits,
    complete,
    isAnswered: (request) => onFile(request) !== undefined,
    bill(requests) {
      const ids = [...requests].flatMap((request) => [
        requestId(target, request),
        requestId(target, effective(request)),
      ]);
      return totalOf([...new Set(ids)].flatMap((id) => ledger.bills.get(id) ?? []));
    },
    account: () => ({ spent: toDollars(ledger.spent), reserved: toDollars(ledger.reserved) }),
    close: journal.close,
  };
}

function totalOf(bills: readonly RequestBill[]): Bill {
  const sum = (of: (bill: RequestBill) => number) => bills.reduce((total, bill) => total + of(bill), 0);
  return {
    calls: sum(({ calls }) => calls),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    ...(bills.every(({ cost }) => cost !== null) && { dollars: toDollars(sum(({ cost }) => cost ?? 0)) }),
  };
}

/** Numbers come from flags and files; a cap that isn't a number would cap nothing. */
function checkNumbers(cap: number | undefined, limits: Limits, price: Price | undefined): void {
  checkPositiveInteger('concurrency', limits.concurrency);
  for (const [name, value] of Object.entries({ cap, ...price })) {
    if (value === undefined || (Number.isFinite(value) && value >= 0)) continue;
    throw new UserError(`invalid ${name}: ${value}`, { hint: 'dollars, from 0' });
  }
  const { requestsPerMinute, tokensPerMinute } = limits;
  for (const [name, value] of Object.entries({ requestsPerMinute, tokensPerMinute })) {
    if (value === undefined || value > 0) continue;
    throw new UserError(`invalid ${name}: ${value}`, { hint: 'a number above 0, or leave it out' });
  }
}

/** What would change the price behind the reservation's back, or the form of the answer. */
const RESERVED_MEMBERS = ['max_tokens', 'max_completion_tokens', 'n', 'stream', 'model', 'messages'];

function checkParameters({ maxTokens, extra = {} }: Parameters): void {
  checkPositiveInteger('maxTokens', maxTokens);
  const reserved = RESERVED_MEMBERS.find((name) => name in extra);
  if (reserved)
    throw new UserError(`not to be set by hand: ${reserved}`, {
      hint: 'use maxTokens, and trials for several answers',
    });
}

function checkPositiveInteger(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new UserError(`invalid ${name}: ${value}`, { hint: 'a whole number from 1' });
}

function resolveModel(
  options: EndpointOptions,
  key: string | undefined,
): { model: ProviderModel; target: Target } {
  const { model, baseURL, fetch } = options;
  if (typeof model !== 'string') return { model, target: { endpoint: model.provider, model: model.modelId } };
  if (baseURL === undefined)
    throw new UserError(`no address for model: ${model}`, { hint: 'give the base URL of its endpoint' });
  if (!URL.canParse(baseURL) || !/^https?:$/.test(new URL(baseURL).protocol)) {
    throw new UserError(`not a web address: ${baseURL}`, { hint: 'an example: https://api.openai.com/v1' });
  }
  const url = new URL(baseURL);
  if (url.username || url.password || url.search) {
    throw new UserError(`credentials or a query in the address of ${url.host}`, {
      hint: 'the address is kept in files: put the key in an environment variable and name that',
    });
  }
  const endpoint = url.href.replace(/\/+$/, '');
  return {
    model: openAICompatibleModel({ baseURL: endpoint, model, key, fetch }),
    target: { endpoint, model },
  };
}

function readKey(name: string): string {
  const key = process.env[name];
  if (!key)
    throw new UserError(`no key: environment variable ${name} is not set`, { hint: `export ${name}=...` });
  return key;
}

function unknownPrice(model: string): UserError {
  return new UserError(`unknown price: ${model}`, {
    hint: 'a cap needs a price: give it in dollars per million tokens, { input, cachedInput, output }',
  });
}

/**
 * Servers repeat keys in error messages, and a model could in its answer. What is shorter than any real key is a
 * local server's placeholder, and may be part of an ordinary word.
 */
function redactor(key: string | undefined): (text: string) => string {
  return key === undefined || key.length < 8 ? (text) => text : (text) => text.replaceAll(key, '[key]');
}

function refusesSchema(request: CompletionRequest, reason: string): boolean {
  return (
    request.parameters.schema !== undefined && /response_format|json_schema|structured|grammar/i.test(reason)
  );
}
