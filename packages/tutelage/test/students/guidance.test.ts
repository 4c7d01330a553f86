import { afterAll, expect, test } from 'vitest';
import { trainWordLevel } from '../../src/language/tokenizer/train.js';
import {
  comprehensionJudge,
  type Solution,
  type SolutionGuidanceOptions,
  solutionGuidance,
  usedBySource,
} from '../../src/students/guidance.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const tokenizer = trainWordLevel(['a b c d e f g h so one two'], { vocabulary: 16 });
const { config, params } = tinyCausalModel(tokenizer, 3);
const solution = (source: string, reasoning: string, truth = 'one'): Solution => ({
  source,
  answer: [...tokenizer.encodePlain(`${reasoning} so ${truth}`), 0],
  reasoning: tokenizer.encodePlain(`${reasoning} so`),
  truth: tokenizer.encodePlain(truth),
});
const questions = [
  {
    prompt: tokenizer.encodePlain('a b'),
    solutions: ['c', 'd e', 'f g h'].map((r, i) => solution(`t${i}`, r)),
  },
  { prompt: tokenizer.encodePlain('b c'), solutions: [solution('t0', 'h')] },
  { prompt: tokenizer.encodePlain('c d'), solutions: [] },
];
const options = (changes: Partial<SolutionGuidanceOptions> = {}): SolutionGuidanceOptions => ({
  config,
  questions,
  injection: 'adaptive',
  selection: 'comprehension',
  guides: 2,
  success: 0.6,
  mostRepeats: 100,
  shaping: 0.1,
  seed: 1,
  threads: 1,
  ...changes,
});
const all = (reward: number) => [reward, reward, reward, reward];
const open: { dispose(): Promise<void> }[] = [];
const guidanceOf = (changes?: Partial<SolutionGuidanceOptions>) => {
  const made = solutionGuidance(options(changes));
  open.push(made);
  return made;
};
afterAll(async () => {
  for (const one of open) await one.dispose();
});
/** Rewards of the answers to questions 0, 1, ... */
const drawn = (step: number, ...groups: number[][]) => ({
  step,
  params,
  groups: groups.map((rewards, question) => ({ question, rewards })),
});

test('solutions help where all answers fail, and nowhere else', async () => {
  const { choose } = guidanceOf();
  const { guides, metrics } = await choose(drawn(0, all(0.1), [0.1, 1, 0, 0], all(0)));
  expect(guides.map(({ group }) => group)).toEqual([0, 0]);
  expect(new Set(guides.map(({ place }) => place)).size).toBe(2);
  expect(metrics).toMatchObject({ success: 1 / 12, 'all failed': 2 / 3, guided: 1 / 3 });
});

test('those are chosen behind whose reasoning the true answer is likeliest', async () => {
  const judge = comprehensionJudge({ config, threads: 1 });
  const { prompt, solutions } = questions[0]!;
  const scores = await judge.scores(
    params,
    solutions.map((own) => ({ prompt, solution: own })),
  );
  await judge.dispose();
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
  const guidance = guidanceOf();
  const { guides } = await guidance.choose(drawn(0, all(0)));
  expect(guides.map(({ answer }) => answer)).toEqual(order.slice(0, 2).map((i) => solutions[i]!.answer));
  for (const [i, best] of guidance.understood()[0]!.entries()) expect(best).toBeCloseTo(scores[i]!, 6);
  expect(guidance.understood()[1]).toEqual([-1]);
});

test('a reasoning that holds the answer in the truth is what is scored, whatever the solution says', async () => {
  const judge = comprehensionJudge({ config, threads: 1 });
  const wrong = { ...solution('t', 'c', 'two'), truth: tokenizer.encodePlain('one') };
  const { prompt } = questions[0]!;
  const [a, b] = await judge.scores(params, [
    { prompt, solution: wrong },
    { prompt, solution: solution('t', 'c') },
  ]);
  await judge.dispose();
  expect(a).toBeCloseTo(b!, 6);
  expect(a).toBeGreaterThan(0);
  expect(a).toBeLessThan(1);
});

test('failures give their places to guides before successes do', async () => {
  const { choose } = guidanceOf({ injection: 'always' });
  for (let step = 0; step < 5; step++) {
    const { guides } = await choose(drawn(step, [1, 0, 1, 0.1], [1, 1, 1, 0]));
    expect(
      guides
        .filter(({ group }) => group === 0)
        .map(({ place }) => place)
        .sort(),
    ).toEqual([1, 3]);
    expect(guides.filter(({ group }) => group === 1).map(({ place }) => place)).toEqual([3]);
  }
});

test('hybrid helps with some of the solved questions too', async () => {
  const { choose } = guidanceOf({ injection: 'hybrid', selection: 'first' });
  let helped = 0;
  for (let step = 0; step < 200; step++) helped += (await choose(drawn(step, all(1)))).guides.length / 2;
  expect(helped).toBeGreaterThan(35);
  expect(helped).toBeLessThan(85);
});

test('at random, every solution has its turn; first, the first do; none, when none is asked for', async () => {
  const used = async (changes: Partial<SolutionGuidanceOptions>) => {
    const { choose } = guidanceOf(changes);
    const steps = [];
    for (let step = 0; step < 30; step++) steps.push((await choose(drawn(step, all(0)))).metrics);
    return usedBySource(steps);
  };
  const random = await used({ selection: 'random' });
  expect(Math.min(...Object.values(random))).toBeGreaterThan(8);
  expect(await used({ selection: 'first' })).toEqual({ t0: 30, t1: 30, t2: 0 });
  expect(await used({ selection: 'first', guides: 0 })).toEqual({ t0: 0, t1: 0, t2: 0 });
});

test('a question is helped with so many times at most, over an interruption too', async () => {
  const first = guidanceOf({ mostRepeats: 2 });
  expect((await first.choose(drawn(0, all(0)))).guides).toHaveLength(2);
  const second = guidanceOf({ mostRepeats: 2 });
  second.kept!.restore(new Map(first.kept!.save()));
  expect(second.understood()).toEqual(first.understood());
  expect((await second.choose(drawn(1, all(0)))).guides).toHaveLength(2);
  expect((await second.choose(drawn(2, all(0)))).guides).toEqual([]);
});

test('what is chosen depends on the seed and the step', async () => {
  const chosen = async (seed: number, step: number) =>
    (await guidanceOf({ seed, selection: 'random', guides: 1 }).choose(drawn(step, all(0)))).guides;
  expect(await chosen(1, 4)).toEqual(await chosen(1, 4));
  const many = await Promise.all(Array.from({ length: 10 }, (_, step) => chosen(1, step)));
  expect(new Set(many.map((guides) => JSON.stringify(guides))).size).toBeGreaterThan(3);
});
