import { describe, expect, test } from 'vitest';
import { createLimiter, type Limits, type Slot } from '../../../src/language/endpoint/limiter.js';
import { virtualClock } from './clocks.js';

/** Starts `count` calls and notes when each gets its turn. */
function start(limits: Limits, count: number, tokens = 1) {
  const clock = virtualClock();
  const limiter = createLimiter(limits, clock);
  const slots: Slot[] = [];
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    void limiter.acquire(tokens).then((slot) => {
      slots.push(slot);
      times.push(clock.now());
    });
  }
  return { clock, limiter, slots, times };
}

describe('concurrency', () => {
  test('starts at 8 at most, grows by about one a window, halves when throttled', async () => {
    const { clock, slots } = start({ concurrency: 64 }, 200);
    await clock.advance(0);
    expect(slots).toHaveLength(8);
    for (const slot of slots.splice(0, 8)) slot.release();
    await clock.advance(0);
    expect(slots.length).toBe(8);
    slots.shift()!.release();
    await clock.advance(0);
    expect(slots).toHaveLength(9);
    // All nine are told off, but by one wave: only the first halves.
    for (const slot of slots.splice(0, 9)) slot.release({ retryAfter: undefined });
    await clock.advance(0);
    expect(slots).toHaveLength(4);
  });

  test('never exceeds the limit, and never falls below one', async () => {
    const { clock, slots } = start({ concurrency: 2 }, 50);
    for (let round = 0; round < 10; round++) {
      await clock.advance(0);
      expect(slots.length).toBeLessThanOrEqual(2);
      slots.shift()!.release();
    }
    for (let round = 0; round < 5; round++) {
      await clock.advance(0);
      expect(slots.length).toBeGreaterThanOrEqual(1);
      for (const slot of slots.splice(0)) slot.release({ retryAfter: undefined });
    }
  });
});

describe('rates', () => {
  test('requests per minute are spaced evenly', async () => {
    const { clock, times } = start({ concurrency: 8, requestsPerMinute: 60 }, 5);
    await clock.advance(10_000);
    expect(times).toEqual([0, 1000, 2000, 3000, 4000]);
  });

  test('tokens per minute hold up the calls after a large one', async () => {
    const { clock, times } = start({ concurrency: 8, requestsPerMinute: 600, tokensPerMinute: 6000 }, 3, 500);
    await clock.advance(60_000);
    expect(times).toEqual([0, 5000, 10_000]);
  });

  test('Retry-After holds up every call, even those already timed', async () => {
    const { clock, slots, times } = start({ concurrency: 4, requestsPerMinute: 60 }, 3);
    await clock.advance(500);
    slots[0]!.release({ retryAfter: 30_000 });
    await clock.advance(29_999);
    expect(times).toEqual([0]);
    await clock.advance(1001);
    expect(times).toEqual([0, 30_500, 31_500]);
  });
});

test('an aborted caller leaves the queue, and its place goes to the next', async () => {
  const clock = virtualClock();
  const limiter = createLimiter({ concurrency: 1 }, clock);
  const first = await limiter.acquire(1);
  const abort = new AbortController();
  const second = limiter.acquire(1, abort.signal);
  const third = limiter.acquire(1);
  abort.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  first.release();
  await expect(third).resolves.toBeDefined();
  await expect(limiter.acquire(1, abort.signal)).rejects.toThrow('enough');
});
