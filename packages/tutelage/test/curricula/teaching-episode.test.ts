import { expect, test } from 'vitest';
import { episode, type Round } from '../../src/curricula/teaching-episode.js';

/** A student that is the list of all it was taught. */
const gym = {
  base: ['base'],
  taught: async (items: readonly string[], from: string[]) => [...from, ...items],
  state: async (student: string[]) => student.join(' '),
};
const agent = (rounds: readonly Round<string, string>[]) => [`${rounds.length}a`, `${rounds.length}b`];
const all = { rounds: 3, budget: 100, accumulate: true, restart: true };

async function statesOf(changes: Partial<typeof all>, writes = agent): Promise<string[]> {
  const states: string[] = [];
  for await (const { state } of episode(gym, writes, { ...all, ...changes })) states.push(state);
  return states;
}

test('each round teaches all items so far from the base', async () => {
  expect(await statesOf({})).toEqual(['base', 'base 1a 1b', 'base 1a 1b 2a 2b', 'base 1a 1b 2a 2b 3a 3b']);
});

test('or those of the round alone, or from the student before', async () => {
  expect((await statesOf({ accumulate: false })).at(-1)).toBe('base 3a 3b');
  expect((await statesOf({ accumulate: false, restart: false })).at(-1)).toBe('base 1a 1b 2a 2b 3a 3b');
});

test('the budget is one of items in all, and an agent that writes nothing ends it', async () => {
  expect(await statesOf({ budget: 3 })).toEqual(['base', 'base 1a 1b', 'base 1a 1b 2a']);
  expect(await statesOf({}, (rounds) => (rounds.length === 2 ? [] : agent(rounds)))).toHaveLength(2);
});
