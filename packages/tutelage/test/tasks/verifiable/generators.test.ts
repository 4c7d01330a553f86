import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import {
  chainQuestion,
  chainSolution,
  chainStyles,
  chainWords,
} from '../../../src/tasks/verifiable/chain-styles.js';
import { chain, drawChain } from '../../../src/tasks/verifiable/chains.js';
import {
  drawListProblems,
  firstWrongStep,
  isRightStep,
  type ListFunction,
  listFunctionNames,
  listProblem,
  listProblemOf,
  listStepsOf,
  misunderstood,
  workedList,
} from '../../../src/tasks/verifiable/list-functions.js';
import { problemLike, solutionWithSlips } from '../../../src/tasks/verifiable/list-teaching.js';
import { isPlan, type Maze, maze, solve } from '../../../src/tasks/verifiable/mazes.js';
import { rewriting, rewritingRules, rewritten } from '../../../src/tasks/verifiable/rewriting.js';

const keys = (count: number) =>
  Array.from({ length: count }, (_, i) => random.foldIn(random.key('problems'), i));

describe('list functions', () => {
  test('steps lead from the list to the answer', () => {
    const problem = listProblem(
      { functions: ['differences', 'keep-odd', 'running-sum'], length: 5 },
      random.key(3),
    );
    const digits = problem.input.split(' : ')[0]!.split(' ').map(Number);
    const differences = digits.slice(1).map((x, i) => (x - digits[i]! + 10) % 10);
    const odd = differences.filter((x) => x % 2 === 1);
    expect(problem.target!.steps[0]).toBe(`differences : ${differences.join(' ')}`);
    expect(problem.target!.steps[1]).toBe(`keep-odd : ${odd.join(' ') || 'empty'}`);
    expect(problem.target!.steps[2]).toBe(`running-sum : ${problem.target!.answer}`);
  });

  test('every function keeps digits digits, and takes the empty list', () => {
    for (const [i, name] of listFunctionNames.entries()) {
      for (const length of [0, 1, 5]) {
        const { answer } = listProblem({ functions: [name], length }, random.foldIn(random.key(1), i))
          .target!;
        expect(answer).toMatch(/^(?:empty|\d(?: \d)*)$/);
      }
    }
  });

  test('the first wrong step is found', () => {
    const worked = { steps: ['a : 1', 'b : 2'], answer: '2' };
    expect(firstWrongStep(worked, ['a : 1', 'b  :  2 '])).toBeUndefined();
    expect(firstWrongStep(worked, ['a : 1', 'b : 3'])).toBe(1);
    expect(firstWrongStep(worked, ['a : 1'])).toBe(1);
    expect(firstWrongStep(worked, ['a : 1', 'b : 2', 'c : 4'])).toBe(2);
  });
});

describe('drawn list problems', () => {
  const weights = Object.fromEntries(
    listFunctionNames.map((name) => [name, name === 'sort' ? 0.1 : name === 'double' ? 0 : 1]),
  ) as Record<ListFunction, number>;
  const seen = new Set<string>();
  const options = { weights, depths: [2, 3], lengths: [4, 5] };
  const problems = drawListProblems(2000, options, random.key(5), seen);

  test('have functions as often as they weigh', () => {
    const count = (name: ListFunction) => problems.filter(({ skills }) => skills!.includes(name)).length;
    expect(count('double')).toBe(0);
    expect(count('sort')).toBeGreaterThan(10);
    expect(count('sort')).toBeLessThan(0.3 * count('reverse'));
    expect(new Set(problems.map(({ difficulty }) => difficulty))).toEqual(new Set([2, 3]));
  });

  test('are different from each other and from those before', () => {
    const more = drawListProblems(500, options, random.key(5), seen);
    expect(new Set([...problems, ...more].map(({ id }) => id)).size).toBe(2500);
    expect(seen.size).toBe(2500);
  });

  test('are solved otherwise by who misunderstands addition', () => {
    const input = '7 2 9 : add-three reverse';
    expect(workedList(input).steps).toEqual(['add-three : 0 5 2', 'reverse : 2 5 0']);
    expect(workedList(input, misunderstood).steps).toEqual(['add-three : 1 5 3', 'reverse : 3 5 1']);
  });
});

describe('steps of an answer', () => {
  const input = '3 1 2 : reverse sort drop-last';

  test('are judged from the list that the answer gave before them', () => {
    const steps = listStepsOf(input, ['reverse : 2 3 1', 'sort : 1 2 3', 'drop-last : 1 2']);
    expect(steps.map(isRightStep)).toEqual([false, true, true]);
  });

  test('are wrong where they are not there, or of another function', () => {
    const steps = listStepsOf(input, ['reverse : 2 1 3', 'sort-down : 3 2 1']);
    expect(steps.map(isRightStep)).toEqual([true, false, false]);
    expect(steps[2]!.before).toEqual([1, 2, 3]);
    expect(listStepsOf(input, ['reverse : 2 x 3']).map(isRightStep)).toEqual([false, false, false]);
  });
});

describe('a teacher of list problems', () => {
  test('writes new problems with the skill, after the models', () => {
    const models = [
      listProblemOf([1, 2, 3, 4], ['sort', 'double']),
      listProblemOf([5, 6], ['sort', 'rotate']),
    ];
    const dice = random.stream(random.key(1));
    for (let i = 0; i < 50; i++) {
      const { input, skills, target } = problemLike(models, 'sort', dice);
      expect(skills).toContain('sort');
      for (const skill of skills!) expect(['sort', 'double', 'rotate']).toContain(skill);
      expect(target).toEqual(workedList(input));
    }
  });

  test('slips as often as told', () => {
    const dice = random.stream(random.key(2));
    const { input, target } = listProblemOf([1, 2, 3, 4, 5], ['sort', 'double', 'reverse']);
    expect(solutionWithSlips(input, 0, dice)).toEqual(target);
    const wrong = Array.from({ length: 400 }, () => solutionWithSlips(input, 0.1, dice)).filter(
      ({ answer }) => answer !== target!.answer,
    );
    expect(wrong.length / 400).toBeGreaterThan(0.2);
    expect(wrong.length / 400).toBeLessThan(0.34);
  });
});

test('chains are computed modulo a prime, step by step', () => {
  for (const key of keys(50)) {
    const { input, target } = chain({ length: 4, modulus: 11 }, key);
    const words = input.split(' ');
    let state = Number(words[0]);
    target!.steps.forEach((step, i) => {
      const [name, by] = words.slice(1 + 2 * i, 3 + 2 * i);
      state = (name === 'add' ? state + Number(by) : state * Number(by) + 1) % 11;
      expect(step).toBe(`${name} ${by} = ${state}`);
    });
    expect(target!.answer).toBe(String(state));
  }
});

test('rewriting ends where no rule fits, and every step uses the first that does', () => {
  for (const key of keys(100)) {
    const { input, target, difficulty } = rewriting({ length: 7 }, key);
    expect(rewritten(target!.answer, rewritingRules)).toBeUndefined();
    expect(difficulty).toBe(target!.steps.length);
    [input, ...target!.steps].slice(0, -1).forEach((text, i) => {
      const rule = rewritingRules.find(({ from }) => text.includes(from))!;
      expect(target!.steps[i]).toBe(text.replace(rule.from, rule.to));
    });
  }
  const endless = [{ from: 'a', to: 'a b' }];
  expect(() => rewriting({ length: 3, rules: endless }, random.key(5))).toThrow('do not end');
});

describe('mazes', () => {
  const options = { width: 5, height: 4, walls: [0.2, 0.4], leastPlan: 5 } as const;

  /** Least steps by breadth-first search. */
  function shortest({ width, height, walls, start, goal }: Maze): number {
    let reached = new Set([start]);
    for (let steps = 0; ; steps++) {
      if (reached.has(goal)) return steps;
      const next = new Set(reached);
      for (const cell of reached) {
        if (cell % width > 0) next.add(cell - 1);
        if (cell % width < width - 1) next.add(cell + 1);
        next.add(cell - width);
        next.add(cell + width);
      }
      reached = new Set([...next].filter((c) => c >= 0 && c < width * height && !walls.has(c)));
    }
  }

  test('plans are shortest ways', () => {
    for (const key of keys(100)) {
      const { input, target } = maze(options, key);
      expect(isPlan(input, target!.plan)).toBe(true);
      expect(target!.plan.length).toBe(shortest(input) + 1);
      expect(target!.plan.length).toBeGreaterThanOrEqual(5);
    }
  });

  test('traces create cells before they close them, and end at the goal', () => {
    const { input, target } = maze(options, random.key('trace'));
    const created = new Set<number>();
    for (const { kind, cell } of target!.trace) {
      if (kind === 'create') created.add(cell);
      else expect(created.has(cell)).toBe(true);
    }
    expect(target!.trace.at(-1)).toMatchObject({ kind: 'close', cell: input.goal, heuristic: 0 });
    const others = keys(20).map((key) => JSON.stringify(solve(input, key)!.trace));
    expect(new Set(others).size).toBeGreaterThan(1);
  });

  test('what is no plan is told from what is', () => {
    const { input, target } = maze(options, random.key('plan'));
    const { plan } = target!;
    expect(isPlan(input, plan.slice(1))).toBe(false);
    expect(isPlan(input, plan.slice(0, -1))).toBe(false);
    expect(isPlan(input, [plan[0]!, ...plan.slice(2)])).toBe(false);
    expect(isPlan(input, [])).toBe(false);
    const walled = { ...input, walls: new Set([...input.walls, plan[1]!]) };
    expect(isPlan(walled, plan)).toBe(false);
  });

  test('a row has no way around its wall, and its end is no neighbour of the next row', () => {
    const row: Maze = { width: 3, height: 1, walls: new Set([1]), start: 0, goal: 2 };
    expect(solve(row, random.key(1))).toBeUndefined();
    expect(isPlan({ width: 2, height: 2, walls: new Set(), start: 1, goal: 2 }, [1, 2])).toBe(false);
    expect(() => maze({ width: 2, height: 1, walls: [0, 0], leastPlan: 5 }, random.key(1))).toThrow(
      'no maze of 2 x 1',
    );
  });
});

test('a chain is worked out in four styles, in known words, with one answer', () => {
  const chain = {
    start: 4,
    operations: [
      { name: 'add', by: 3 },
      { name: 'times-plus-one', by: 5 },
      { name: 'add', by: 1 },
    ],
    states: [7, 3, 4],
  } as const;
  expect(chainQuestion(chain)).toBe('4 add 3 grow 5 add 1 ?');
  const written = chainStyles.map((style) => Object.values(chainSolution(chain, style)).join(' '));
  expect(written).toEqual([
    'add 3 7 grow 5 3 add 1 4 so 4',
    '7 3 4 so 4',
    'add 3 grow 5 3 add 1 4 so 4',
    '4 add 3 7 7 grow 5 3 3 add 1 4 so 4',
  ]);
  const words = new Set(chainWords(11));
  expect(
    written
      .join(' ')
      .split(' ')
      .filter((word) => !words.has(word)),
  ).toEqual([]);
});

test('operations are by no more than is asked for', () => {
  const dice = random.stream(random.key(1));
  const drawn = Array.from({ length: 50 }, () => drawChain({ length: 3, modulus: 97, most: 2 }, dice));
  expect(new Set(drawn.flatMap(({ operations }) => operations.map(({ by }) => by)))).toEqual(new Set([1, 2]));
});
