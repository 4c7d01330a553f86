import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { type DropLevel, leaveOut, paperThird } from '../../../src/curricula/trace-dropping.js';
import type { TracedExample, TracedTask } from '../../../src/tasks/traces.js';
import { chainTraces } from '../../../src/tasks/verifiable/chain-traces.js';
import { mazeTraces } from '../../../src/tasks/verifiable/maze-traces.js';

const chains = chainTraces({ length: 3, modulus: 7 });
const mazes = mazeTraces({ width: 4, height: 4, walls: [3 / 16, 5 / 16], leastPlan: 4 });
const at = (task: TracedTask, { steps }: TracedExample, level: DropLevel) =>
  leaveOut(steps, level, { table: task.drop, ...paperThird }, random.stream(random.key(1))).map((parts) =>
    parts.flat(),
  );

describe.each([
  ['chains', chains, [4, 3, 2]],
  ['mazes', mazes, [4, 4, 2]],
] as const)('%s', (_, task, lengths) => {
  const example = task.draw(random.key(3));

  test('have steps of so many tokens at each level', () => {
    lengths.forEach((length, level) => {
      const left = at(task, example, level as DropLevel);
      expect(new Set(left.map((tokens) => tokens.length))).toEqual(new Set([length]));
      expect(left[0]!.slice(0, task.marks.step.length)).toEqual(task.marks.step);
    });
    expect(at(task, example, 4)).toEqual([]);
  });

  test('have tokens of the vocabulary, and marks that nothing else holds', () => {
    const trace = at(task, example, 0).flat();
    for (const token of [...example.prompt, ...trace, ...example.answer]) {
      expect(token).toBeGreaterThanOrEqual(0);
      expect(token).toBeLessThan(task.vocabulary);
    }
    expect(trace).not.toContain(task.marks.answer[0]);
    expect(trace).not.toContain(task.marks.end);
  });

  test('know their own answer', () => {
    const [, ...said] = example.answer;
    expect(example.answer.slice(0, 1)).toEqual(task.marks.answer);
    expect(example.judge(said)).toEqual({ formatted: true, valid: true, quality: 1 });
    expect(example.judge([]).formatted).toBe(false);
    expect(example.judge([...said, ...task.marks.step]).valid).toBe(false);
  });
});

test('a chain is written line by line', () => {
  const { prompt, steps } = chains.draw(random.key(5));
  const lines = steps.map(({ parts }) => parts.flatMap(({ content }) => content));
  expect(lines.flatMap(([, operator, digit]) => [operator, digit])).toEqual(prompt.slice(1));
});

test('a longer way through a maze is valid, and worth less than the best', () => {
  const example = mazes.draw(random.key(9));
  const [plan, first, , second] = example.answer as [number, number, number, number];
  const detour = [first, plan, second, plan, first, plan, second, ...example.answer.slice(4)];
  const best = example.answer.length / 2;
  expect(example.judge(detour)).toEqual({ formatted: true, valid: true, quality: best / (best + 2) });
  expect(example.judge([second])).toMatchObject({ formatted: true, valid: false, quality: 0 });
});
