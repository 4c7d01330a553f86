import { grad, item, jit, type Tensor, tensor, type Value } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import {
  contrastivePartialRanking,
  inBatchMarginMse,
  marginMse,
  rankingHinge,
} from '../../src/objectives/ranking.js';

const lossOf = async (loss: (...args: Value[]) => Value, ...args: Tensor[]): Promise<number> => {
  const run = jit(loss, { threads: 1 });
  const value = item(await run(...args));
  await run.dispose();
  return value;
};

test('margin-MSE is the mean squared difference of margins', async () => {
  const scores = tensor([
    [3, 9, 1, 9],
    [9, 1, 9, 2],
  ]);
  const found = await lossOf(marginMse, scores, tensor([1, 0.5]));
  expect(found).toBeCloseTo(((3 - 1 - 1) ** 2 + (1 - 2 - 0.5) ** 2) / 2, 6);
});

test('in-batch margin-MSE is the mean over others’ positives and others’ negatives, own pairs left out', async () => {
  const student = [
    [2, 1, 0, 0, 1, 2],
    [0, 3, 1, 2, 0, 1],
    [1, 1, 1, 3, 0, 0],
  ];
  const teacher = [
    [5, 1, 2, 7, 1, 2],
    [0, 9, 1, 2, 7, 0],
    [4, 1, 8, 1, 3, 7],
  ];
  const part = (start: number) => {
    let sum = 0;
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        if (i === j) continue;
        const own = student[i]![i]! - student[i]![start + j]!;
        const wanted = teacher[i]![i]! - teacher[i]![start + j]!;
        sum += (own - wanted) ** 2;
      }
    }
    return sum / 6;
  };
  const found = await lossOf(inBatchMarginMse, tensor(student), tensor(teacher));
  expect(found).toBeCloseTo((part(0) + part(3)) / 2, 4);
});

describe('contrastive partial ranking', () => {
  const scores = [
    [1, 3, -2, 0.5],
    [40, -60, 2, 80],
  ];
  const valid = [3, 1];

  test('contrasts each valid position with those below it', async () => {
    const anchor = (s: readonly number[], counted: number) => {
      let sum = 0;
      for (let j = 0; j < counted; j++) {
        const below = s.slice(j);
        const top = Math.max(...below);
        sum += top + Math.log(below.reduce((total, x) => total + Math.exp(x - top), 0)) - s[j]!;
      }
      return sum / counted;
    };
    const found = await lossOf(contrastivePartialRanking, tensor(scores), tensor(Int32Array.from(valid)));
    expect(found).toBeCloseTo((anchor(scores[0]!, 3) + anchor(scores[1]!, 1)) / 2, 4);
  });

  test('an anchor without valid positions adds nothing', async () => {
    expect(await lossOf(contrastivePartialRanking, tensor([[1, 2]]), tensor(Int32Array.of(0)))).toBe(0);
  });

  test('has the gradient of the card: e_k times the sum of w_j / D_j over j up to k, less w_k', async () => {
    const valid = tensor(Int32Array.of(2));
    const gradient = jit((x: Value, v: Value) => grad((own: Value) => contrastivePartialRanking(own, v))(x));
    const s = [0.3, -1, 0.8, 0.1];
    const e = s.map(Math.exp);
    const below = e.map((_, j) => e.slice(j).reduce((a, b) => a + b, 0));
    const expected = s.map((_, k) => {
      let sum = 0;
      for (let j = 0; j <= Math.min(k, 1); j++) sum += 0.5 / below[j]!;
      return e[k]! * sum - (k < 2 ? 0.5 : 0);
    });
    const found = await gradient(tensor([s]), valid);
    expected.forEach((x, k) => {
      expect(Number(found.data[k])).toBeCloseTo(x, 5);
    });
    await gradient.dispose();
  });
});

test('the hinge asks each valid position to lead each below it by the margin', async () => {
  const s = [0.3, 0.25, 0.4];
  const margin = 0.1;
  const lack = (j: number, k: number) => Math.max(0, margin - (s[j]! - s[k]!));
  const found = await lossOf((x, v) => rankingHinge(x!, v!, margin), tensor([s]), tensor(Int32Array.of(2)));
  expect(found).toBeCloseTo(((lack(0, 1) + lack(0, 2)) / 2 + lack(1, 2)) / 2, 6);
});
