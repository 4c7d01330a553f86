import { describe, expect, test } from 'vitest';
import {
  classify,
  defaultRetryPolicy,
  type Failure,
  retryAfter,
  retryDelay,
} from '../../../src/language/endpoint/retry.js';

function failure(members: Partial<Failure>): Failure {
  return { status: undefined, codes: [], message: 'm', body: undefined, headers: {}, ...members };
}

describe('what a failure says of the bill', () => {
  test.each<[Partial<Failure>, string]>([
    [{ codes: ['ECONNREFUSED'] }, 'refused'],
    [{ codes: ['outer', 'ENOTFOUND'] }, 'refused'],
    [{ status: 429 }, 'refused'],
    [{ status: 503 }, 'refused'],
    [{ status: 529 }, 'refused'],
    // The request had left, or the server had begun.
    [{ codes: ['ECONNRESET'] }, 'unknown'],
    [{ codes: ['UND_ERR_SOCKET'] }, 'unknown'],
    [{ codes: [] }, 'unknown'],
    [{ status: 200 }, 'unknown'],
    [{ status: 408 }, 'unknown'],
    [{ status: 500 }, 'unknown'],
    [{ status: 502 }, 'unknown'],
    [{ status: 504 }, 'unknown'],
    [{ status: 400 }, 'invalid'],
    [{ status: 413 }, 'invalid'],
    [{ status: 422 }, 'invalid'],
    [{ status: 401 }, 'denied'],
    [{ status: 404 }, 'denied'],
    [{ status: 429, body: '{"error":{"code":"insufficient_quota"}}' }, 'denied'],
  ])('%o is %s', (members, kind) => {
    expect(classify(failure(members), 0).kind).toBe(kind);
  });

  test('a 429 carries its Retry-After, a connection refused does not throttle', () => {
    const busy = classify(failure({ status: 429, headers: { 'retry-after': '7' } }), 0);
    expect(busy).toMatchObject({ throttled: true, retryAfter: 7000 });
    expect(classify(failure({ codes: ['ECONNREFUSED'] }), 0)).toMatchObject({ throttled: false });
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-22T10:00:00Z');
  test.each([
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:05 GMT' }, 5000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 09:00:00 GMT' }, 0],
    [{ 'retry-after': '3', 'retry-after-ms': '250' }, 250],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%o', (headers: Record<string, string>, wait) => {
    expect(retryAfter(headers, now)).toBe(wait);
  });
});

describe('delays', () => {
  const policy = { ...defaultRetryPolicy, firstDelay: 100, maxDelay: 1000 };

  test('double up to the longest, with jitter in the upper half', () => {
    for (const [count, ceiling] of [
      [1, 100],
      [2, 200],
      [3, 400],
      [10, 1000],
    ] as const) {
      for (let id = 0; id < 50; id++) {
        const delay = retryDelay(policy, String(id), count);
        expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
        expect(delay).toBeLessThan(ceiling);
      }
    }
  });

  test('hang on the request alone, and differ between requests', () => {
    const delays = Array.from({ length: 50 }, (_, id) => retryDelay(policy, String(id), 1));
    expect(delays).toEqual(Array.from({ length: 50 }, (_, id) => retryDelay(policy, String(id), 1)));
    expect(new Set(delays).size).toBe(50);
  });

  test('are never shorter than the server asked for', () => {
    expect(retryDelay(policy, 'a', 1, 5000)).toBe(5000);
  });
});
