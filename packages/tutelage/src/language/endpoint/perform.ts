import { UserError } from '../../core/errors.js';
import type { Budget } from './budget.js';
import type { Clock } from './clock.js';
import type { Journal } from './journal.js';
import { type Answer, type Entry, nextAttempt } from './ledger.js';
import type { Limiter } from './limiter.js';
import { cost, maxCost, type Price } from './prices.js';
import type { CompletionRequest } from './request.js';
import { MAX_UNKNOWN, type Outcome, type RetryPolicy, retryDelay } from './retry.js';
import { expectedInputTokens, maxInputTokens } from './tokens.js';

/** What became of a request. Not an exception: a row that fails doesn't end a run. */
export type Completion =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly cached: boolean }
  | {
      readonly kind: 'rejected';
      /**
       * `budget`: too little left for one more call. `unknown`: sent as often as allowed, and no answer came; final.
       * `refused`: the server was too busy each time. `invalid`: it won't run this request. These two cost nothing,
       * and a later run asks again.
       */
      readonly cause: 'budget' | 'refused' | 'unknown' | 'invalid';
      readonly reason: string;
    };

/** Longest wait that a server may ask for, milliseconds. */
const MAX_RETRY_AFTER = 3_600_000;

/** Connections that may fail in a row: a wrong address should be told within seconds, not after minutes. */
const MAX_UNREACHED = 5;

/** What a call goes through. */
export interface Caller {
  readonly journal: Journal;
  readonly budget: Budget;
  readonly limiter: Limiter;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly price: Price | undefined;
  send(id: string, request: CompletionRequest): Promise<Outcome>;
}

/** Sends a request until it is answered or can't be sent again. */
export async function perform(
  caller: Caller,
  id: string,
  request: CompletionRequest,
  signal: AbortSignal | undefined,
): Promise<Completion> {
  const { journal, retry, clock } = caller;
  let refusals = 0;
  for (;;) {
    const unknowns = journal.ledger.unknowns.get(id) ?? [];
    if (unknowns.length >= MAX_UNKNOWN) {
      const reason = `sent ${MAX_UNKNOWN} times, may be billed: ${unknowns.at(-1)}`;
      return { kind: 'rejected', cause: 'unknown', reason };
    }
    const outcome = await attempt(caller, id, request, signal);
    switch (outcome.kind) {
      case 'answered':
        return { kind: 'answered', answer: outcome.answer, cached: false };
      case 'over-budget':
        return { kind: 'rejected', cause: 'budget', reason: 'the budget is used up' };
      case 'invalid':
        return { kind: 'rejected', cause: 'invalid', reason: outcome.reason };
      case 'denied':
        throw new UserError(`denied by the endpoint: ${outcome.reason}`, {
          hint: 'check its address, the model and the key',
        });
      case 'unknown':
        if (unknowns.length + 1 < MAX_UNKNOWN) await clock.sleep(retryDelay(retry, id, 1), signal);
        break;
      case 'refused':
        refusals += 1;
        if (refusals >= (outcome.throttled ? retry.attempts : Math.min(retry.attempts, MAX_UNREACHED))) {
          return exhausted(outcome, refusals);
        }
        if ((outcome.retryAfter ?? 0) > MAX_RETRY_AFTER) throw longWait(outcome.retryAfter!);
        await clock.sleep(retryDelay(retry, id, refusals, outcome.retryAfter), signal);
    }
  }
}

/** One send, from the reservation to its settlement; each step is on disk before the next begins. */
async function attempt(
  { journal, budget, limiter, price, send }: Caller,
  id: string,
  request: CompletionRequest,
  signal: AbortSignal | undefined,
): Promise<Outcome | { readonly kind: 'over-budget' }> {
  signal?.throwIfAborted();
  const number = nextAttempt(journal.ledger, id);
  const { maxTokens } = request.parameters;
  const held = price ? maxCost(price, maxInputTokens(request), maxTokens) : null;
  const reservation: Entry = { state: 'reserved', id, attempt: number, price: held };
  if (!(await budget.reserve(held ?? 0, () => journal.append(reservation)))) return { kind: 'over-budget' };
  const settle = async (entry: Entry) => {
    const onDisk = journal.append(entry);
    budget.settled();
    await onDisk;
  };
  const slot = await limiter
    .acquire(expectedInputTokens(request) + maxTokens, signal)
    .catch(async (error) => {
      await settle({ state: 'failed', id, attempt: number, reason: 'given up before sending' });
      throw error;
    });
  let throttled: { retryAfter: number | undefined } | undefined;
  try {
    await journal.append({ state: 'sent', id, attempt: number });
    const outcome = await send(id, request);
    if (outcome.kind === 'refused' && outcome.throttled) throttled = outcome;
    await settle(settlement(outcome, id, number, price, held));
    return outcome;
  } finally {
    slot.release(throttled);
  }
}

/** An answer without a count of tokens is taken at its full price: the server has billed something. */
function settlement(
  outcome: Outcome,
  id: string,
  attempt: number,
  price: Price | undefined,
  held: number | null,
): Entry {
  switch (outcome.kind) {
    case 'answered': {
      const { answer, usage } = outcome;
      return {
        state: 'answered',
        id,
        attempt,
        cost: price && usage ? cost(price, usage) : held,
        usage,
        answer,
      };
    }
    case 'unknown':
      return { state: 'unknown', id, attempt, reason: outcome.reason };
    default:
      return { state: 'failed', id, attempt, reason: outcome.reason };
  }
}

function exhausted(outcome: Extract<Outcome, { kind: 'refused' }>, refusals: number): Completion {
  if (outcome.throttled) {
    return { kind: 'rejected', cause: 'refused', reason: `refused ${refusals} times: ${outcome.reason}` };
  }
  throw new UserError(`cannot reach the endpoint: ${outcome.reason}`, {
    hint: 'check its address; answers so far are kept',
  });
}

function longWait(retryAfter: number): UserError {
  return new UserError(`the endpoint asks to wait: ${Math.ceil(retryAfter / 60_000)} minutes`, {
    hint: 'run again after that; answers so far are kept and cost nothing',
  });
}
