import { uniform } from './hash.js';
import type { Answer } from './ledger.js';
import type { Usage } from './prices.js';

/** How a call ended, by what is certain about it. */
export type Outcome =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly usage: Usage | null }
  /** The server didn't run it for now: nothing to pay, safe to send again. */
  | {
      readonly kind: 'refused';
      readonly reason: string;
      /** Told to slow down (429, 503), against not reached at all. */
      readonly throttled: boolean;
      readonly retryAfter: number | undefined;
    }
  /** It may have run and been billed. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** The server won't run this request, whenever it comes. */
  | { readonly kind: 'invalid'; readonly reason: string }
  /** It won't run any: wrong key, address or model, or no credit. */
  | { readonly kind: 'denied'; readonly reason: string };

/** What is known of a call that brought no answer. */
export interface Failure {
  /** HTTP status, if a response began. */
  readonly status: number | undefined;
  /** Codes of the errors behind it (`ECONNREFUSED`, ...), outermost first. */
  readonly codes: readonly string[];
  readonly message: string;
  /** The body of the response, if it came. */
  readonly body: string | undefined;
  /** Response headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Errors that come before a connection stands, so that no request can have left. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Too many requests; locked; too early; service unavailable; overloaded (Anthropic's). */
const NOT_RUN = new Set([409, 425, 429, 503, 529]);
const DENIED = new Set([401, 402, 403, 404, 405]);

/**
 * Sorts a failure. Only a status by which the server says that it didn't take the request counts as not run: a 500, a
 * gateway's 502 or 504, a 408 and a response that breaks off may all come after the model has done its work.
 * @param now milliseconds since 1970, for a `Retry-After` that is a date
 */
export function classify(failure: Failure, now: number): Outcome {
  const { status, codes, headers, body = '' } = failure;
  const reason = describe(failure);
  if (status === undefined) {
    if (!codes.some((code) => NOT_SENT.has(code))) return { kind: 'unknown', reason };
    return { kind: 'refused', reason, throttled: false, retryAfter: undefined };
  }
  // A 429 that no waiting cures.
  if (DENIED.has(status) || (status === 429 && body.includes('insufficient_quota')))
    return { kind: 'denied', reason };
  if (NOT_RUN.has(status))
    return { kind: 'refused', reason, throttled: true, retryAfter: retryAfter(headers, now) };
  if (status >= 400 && status < 500 && status !== 408) return { kind: 'invalid', reason };
  return { kind: 'unknown', reason };
}

function describe({ status, codes, message, body }: Failure): string {
  const parts = [status === undefined ? codes[0] : `HTTP ${status}`, message.slice(0, 300)];
  if (body && !body.includes(message)) parts.push(body.slice(0, 300));
  return parts.filter(Boolean).join(': ');
}

/**
 * Milliseconds that a server asks to wait (RFC 9110, 10.2.3: seconds, or a date), or undefined if it doesn't.
 * `retry-after-ms` is OpenAI's finer form.
 */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const milliseconds = Number.parseFloat(headers['retry-after-ms'] ?? '');
  if (milliseconds >= 0) return milliseconds;
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const wait = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** Sends of one request, over all processes, whose outcome may stay unknown: each is paid at its full price. */
export const MAX_UNKNOWN = 2;

export interface RetryPolicy {
  /** Sends of one request in one run that the server may refuse without cost. */
  readonly attempts: number;
  /** Milliseconds before the second send; doubles from there. */
  readonly firstDelay: number;
  /** Longest delay of our own choosing, milliseconds. */
  readonly maxDelay: number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 10, firstDelay: 1000, maxDelay: 60_000 };

/**
 * Milliseconds to wait after failure number `count` (from 1) of a request: exponential, half of it jitter that hangs
 * on the request alone, and never less than the server asked for.
 */
export function retryDelay(policy: RetryPolicy, id: string, count: number, asked = 0): number {
  const ceiling = Math.min(policy.maxDelay, policy.firstDelay * 2 ** (count - 1));
  const own = ceiling * (0.5 + 0.5 * uniform('retry', id, count));
  return Math.max(own, asked);
}
