import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { distinctExamples, tracedTrial } from '../../src/experiments/trace-world.js';
import { llamaDecoder } from '../../src/language/generate/decoder.js';
import { initLlama } from '../../src/models/llama.js';
import { answersInMode, outcomeOf } from '../../src/students/trace-modes.js';
import { longestLesson, teachByTraces, traceLesson } from '../../src/students/trace-student.js';
import { chainTraces } from '../../src/tasks/verifiable/chain-traces.js';

const task = chainTraces({ length: 1, modulus: 3 });
const examples = distinctExamples(task, 12, random.key(1));
const { end } = task.marks;
const dropping = {
  table: task.drop,
  chances: [1 / 6, 1 / 6, 1 / 6, 0.2],
  rate: [0.3, 0.3],
  keepsSecond: false,
} as const;
const config = {
  vocabulary: task.vocabulary,
  width: 32,
  layers: 1,
  heads: 2,
  keyValueHeads: 2,
  intermediate: 64,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 1e4,
  positions: 32,
};
const { signal } = new AbortController();
const teaching = {
  model: { config, params: initLlama(random.key(1), config, 0.2) },
  examples,
  end,
  dropping,
  drawnAnew: true,
  steps: 250,
  batchSize: 12,
  learningRate: 1e-2,
  seed: 1,
  signal,
  threads: 1,
};

test('examples are distinct questions', () => {
  expect(new Set(examples.map(({ prompt }) => prompt.join())).size).toBe(12);
});

test('a lesson is a trace, or what is left of it, and the answer', () => {
  const [example] = examples;
  const lesson = (chances: typeof dropping.chances | readonly [0, 0, 0, 0 | 1]) =>
    traceLesson(example!, end, { ...dropping, chances }, random.key(1));
  const complete = lesson([0, 0, 0, 0]);
  expect(complete.answer).toHaveLength(4 + example!.answer.length + 1);
  expect(complete.prompt.length + complete.answer.length - 1).toBe(longestLesson([example!]));
  expect(lesson([0, 0, 0, 1]).answer).toEqual([...example!.answer, end]);
});

describe('one student answers in three modes', () => {
  test('and its mode is how its answer begins', async () => {
    const { params, tokens } = await teachByTraces(teaching);
    expect(tokens).toBeGreaterThan(250 * 12 * 5);
    const decoder = await llamaDecoder(params, config, 32, { threads: 1 });
    const asked = async (mode: 'fast' | 'slow' | 'auto', samples?: number) => {
      const answers = await answersInMode(
        examples.map(({ prompt }) => prompt),
        {
          decoder,
          marks: task.marks,
          mode,
          maxTokens: 12,
          ...(samples !== undefined && { sampling: { samples, key: random.key(2) } }),
          batchSize: 5,
          signal,
        },
      );
      return answers.map((own, i) => own.map((answer) => outcomeOf(examples[i]!, answer)));
    };
    const [fast, slow, drawn] = [await asked('fast'), await asked('slow'), await asked('auto', 20)];
    await decoder.release();
    for (const outcomes of [fast, slow]) {
      expect(outcomes.flat().filter(({ valid }) => valid).length).toBeGreaterThanOrEqual(10);
    }
    expect(fast.flat().every(({ traceTokens }) => traceTokens === 0)).toBe(true);
    expect(slow.flat().every(({ traceTokens }) => traceTokens >= 1)).toBe(true);
    const atOnce = drawn.flat().filter(({ traceTokens }) => traceTokens === 0);
    expect(atOnce.length).toBeGreaterThan(12);
    expect(atOnce.length).toBeLessThan(240 - 12);
  });
});

describe('what is dropped', () => {
  const losses = async (drawnAnew: boolean) => {
    const found: number[] = [];
    await teachByTraces({
      ...teaching,
      drawnAnew,
      steps: 4,
      learningRate: 1e-12,
      onStep: (_, loss) => found.push(loss),
    });
    return found;
  };

  test('is drawn anew at every visit', async () => {
    const [first, ...others] = await losses(true);
    expect(others.every((loss) => Math.abs(loss - first!) > 1e-4)).toBe(true);
  });

  test('or stays, as it is released for another game', async () => {
    const [first, ...others] = await losses(false);
    for (const loss of others) expect(loss).toBeCloseTo(first!, 4);
  });
});

test('a trial tells what its arm reads and reaches, and repeats to the same figures', async () => {
  const sizes = {
    train: 8,
    test: 4,
    width: 16,
    layers: 1,
    heads: 2,
    steps: 3,
    batchSize: 8,
    learningRate: 1e-3,
  };
  const arm = { chances: [0, 0, 0, 1] } as const;
  const trial = (changes: object) => tracedTrial(task, sizes, { ...arm, ...changes }, 1, signal);
  const found = await trial({});
  expect(await trial({})).toEqual(found);
  const read = (measured: typeof found) =>
    typeof measured === 'number' ? 0 : measured.figures['million tokens read']! * 1e6;
  expect(read(found)).toBe(3 * 8 * 5);
  // Traces make examples of 5 positions 9 long: nearly twice the updates.
  expect(read(await trial({ equalTokens: true }))).toBe(5 * 8 * 5);
});
