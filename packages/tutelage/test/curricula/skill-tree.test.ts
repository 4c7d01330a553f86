import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import { afterAction, type SkillTree, treeAction, treePolicies } from '../../src/curricula/skill-tree.js';

const tree = (
  allocations: Record<string, number>,
  accuracies: number[],
  written = allocations,
): SkillTree => ({
  allocations: new Map(Object.entries(allocations)),
  written: new Map(Object.entries(written)),
  accuracies,
});
const options = { items: 12, most: 4, dice: random.stream(random.key(1)) };
const unchanged = { kind: 'exploit', changes: new Map() };
const explore = { kind: 'explore', subskills: 2, items: 6 };

test.each(treePolicies)('%s explores a skill without subskills', (policy) => {
  expect(treeAction(policy, tree({}, [0.5]), options)).toEqual(explore);
});

describe('then', () => {
  test('reward keeps what there is', () => {
    expect(treeAction('reward', tree({ a: 6, b: 6 }, [0.5, 0.6]), options)).toEqual(unchanged);
  });

  test('threshold gives more where it helped, and explores where it did not', () => {
    const helped = treeAction('threshold', tree({ a: 6 }, [0.5, 0.52]), options);
    expect(helped).toEqual({ kind: 'exploit', changes: new Map([['a', 2]]) });
    expect(treeAction('threshold', tree({ a: 6 }, [0.5, 0.505]), options)).toEqual(explore);
  });

  test('alternating explores every other time, while there is room', () => {
    expect(treeAction('alternating', tree({ a: 6 }, [0.5, 0.6]), options)).toEqual(unchanged);
    expect(treeAction('alternating', tree({ a: 6 }, [0.5, 0.6, 0.6]), options)).toEqual(explore);
    const nearlyFull = tree({ a: 6, b: 6, c: 6 }, [0.5, 0.6, 0.6]);
    expect(treeAction('alternating', nearlyFull, options)).toEqual({ ...explore, subskills: 1 });
    const full = tree({ a: 6, b: 6, c: 6, d: 6 }, [0.5, 0.6, 0.6]);
    expect(treeAction('alternating', full, options)).toEqual(unchanged);
  });

  test('fill gives most to what has least', () => {
    const full = tree({ a: 5, b: 5, c: 5, d: 5 }, [0.5, 0.6], { a: 9, b: 2, c: 9, d: 5 });
    const action = treeAction('fill', full, options);
    const allocations = afterAction(full.allocations, action, []);
    expect([...allocations.values()]).toEqual([1, 8, 1, 5]);
  });

  test('random does either', () => {
    const kinds = Array.from(
      { length: 20 },
      () => treeAction('random', tree({ a: 6 }, [0, 0]), options).kind,
    );
    expect(new Set(kinds)).toEqual(new Set(['explore', 'exploit']));
  });
});

test('no more subskills are taken than were asked for, and no allocation falls below none', () => {
  const one = new Map([['a', 3]]);
  const grown = afterAction(one, { kind: 'explore', subskills: 1, items: 6 }, ['b', 'c']);
  expect([...grown]).toEqual([
    ['a', 3],
    ['b', 6],
  ]);
  const changes = new Map([['a', -5]]);
  expect([...afterAction(one, { kind: 'exploit', changes }, [])]).toEqual([['a', 0]]);
});
