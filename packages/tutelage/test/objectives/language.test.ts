import { grad, jit, reshape, sum, type Tensor, tensor, toNumbers, type Value } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import {
  aggregate,
  comprehension,
  groupAdvantages,
  guidedLosses,
  klEstimate,
  policyGradient,
  type Shaping,
  tokenEntropy,
} from '../../src/objectives/policy.js';
import { bradleyTerry, dpo, ipo, kto, preferenceLoss } from '../../src/objectives/preference.js';
import {
  type TokenDivergence,
  tokenDivergence,
  topTokensDivergence,
} from '../../src/objectives/token-divergence.js';

async function run(f: (...values: Value[]) => Value, ...inputs: Tensor[]): Promise<number[]> {
  const compiled = jit(f, { threads: 1 });
  const result = toNumbers((await compiled(...inputs)) as Tensor);
  await compiled.dispose();
  return result;
}

const close = (found: readonly number[], expected: readonly number[], digits = 5) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, digits);
  });
};

/** Logits of given probabilities. */
const logits = (...rows: readonly (readonly number[])[]) => tensor(rows.map((row) => row.map(Math.log)));

describe('divergences of tokens', () => {
  const p = [0.5, 0.5];
  const q = [0.9, 0.1];
  const kl = (a: readonly number[], b: readonly number[]) =>
    a.reduce((total, x, i) => total + x * Math.log(x / b[i]!), 0);
  const mix = (a: readonly number[], b: readonly number[], w: number) =>
    a.map((x, i) => w * x + (1 - w) * b[i]!);

  test.each<[TokenDivergence, number]>([
    [{ kind: 'forward' }, 0.5108],
    [{ kind: 'reverse' }, 0.3681],
    [{ kind: 'jensen-shannon', weight: 0.3 }, 0.3 * kl(p, mix(p, q, 0.3)) + 0.7 * kl(q, mix(p, q, 0.3))],
    [{ kind: 'skewed', weight: 0.1 }, kl(p, mix(p, q, 0.1))],
    [{ kind: 'skewed-reverse', weight: 0.1 }, kl(q, mix(q, p, 0.1))],
  ])('%o', async (divergence, expected) => {
    const found = await run((s, t) => tokenDivergence(s, t, divergence), logits(q, p), logits(p, p));
    close(found, [expected, 0], 4);
  });

  test('the temperature softens both', async () => {
    const soft = (row: readonly number[]) => {
      const powers = row.map((x) => x ** 0.5);
      const total = powers.reduce((a, b) => a + b);
      return powers.map((x) => x / total);
    };
    const found = await run((s, t) => tokenDivergence(s, t, { kind: 'forward' }, 2), logits(q), logits(p));
    close(found, [kl(soft(p), soft(q))]);
  });

  test('a weight outside of (0, 1) is refused', async () => {
    const found = run((s) => tokenDivergence(s, s, { kind: 'skewed', weight: 1 }), logits(p));
    await expect(found).rejects.toThrow('must be in (0, 1): 1');
  });

  test('a teacher known by its likeliest tokens: these and the rest', async () => {
    const teacher = [0.6, 0.25, 0.1, 0.05];
    const student = [0.1, 0.2, 0.3, 0.4];
    const top = { tokens: tensor(Int32Array.of(0, 1), [1, 2]), logProbabilities: logits([0.6, 0.25]) };
    const divergence = (s: Value, tokens: Value, logProbabilities: Value) =>
      topTokensDivergence(s, { tokens, logProbabilities });
    const found = await run(divergence, logits(student), top.tokens, top.logProbabilities);
    close(found, [kl([0.6, 0.25, 0.15], [0.1, 0.2, 0.7])]);
    const all = await run(
      divergence,
      logits(student),
      tensor(Int32Array.of(0, 1, 2, 3), [1, 4]),
      logits(teacher),
    );
    close(all, [kl(teacher, student)]);
    const slope = (s: Value, tokens: Value, logs: Value) =>
      grad((v: Value) => sum(divergence(v, tokens, logs)))(s);
    const gradient = await run(
      slope,
      logits(student),
      tensor(Int32Array.of(0, 1, 2, 3), [1, 4]),
      logits(teacher),
    );
    close(
      gradient,
      student.map((x, i) => x - teacher[i]!),
    );
  });
});

describe('preferences', () => {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

  test('DPO starts at log 2, with a slope of -beta / 2 on its margin', async () => {
    const margins = tensor([0, 0]);
    close(await run((m) => dpo(m, { beta: 0.3 }), margins), [Math.LN2]);
    close(await run((m) => grad((v: Value) => dpo(v, { beta: 0.3 }))(m), margins), [-0.075, -0.075]);
  });

  test('DPO on labels that may be wrong', async () => {
    const expected = -0.9 * Math.log(sigmoid(0.5)) - 0.1 * Math.log(sigmoid(-0.5));
    close(await run((m) => dpo(m, { beta: 0.5, smoothing: 0.1 }), tensor([1])), [expected]);
  });

  test('IPO wants a margin of 1 / (2 beta)', async () => {
    close(await run((m) => ipo(m, { beta: 0.1 }), tensor([5, 4])), [0.5]);
  });

  test('KTO weighs gains and losses from the point that other answers set', async () => {
    const run3 = (point: number[]) =>
      run(
        (r, good, other) => kto(r, good, other, { beta: 0.5, undesirable: 2 }),
        tensor([2, 1]),
        tensor([1, 0]),
        tensor(point),
      );
    close(await run3([1, 0]), [(1 - sigmoid(0.75) + 2 * (1 - sigmoid(-0.25))) / 2]);
    close(await run3([-3, 0]), [(1 - sigmoid(1) + 2 * (1 - sigmoid(-0.5))) / 2]);
  });

  describe.each(['dpo', 'ipo', 'kto'] as const)('%s of pairs', (kind) => {
    const lengths = { chosen: tensor([2, 1]), rejected: tensor([4, 1]) };
    const lossOf = (chosen: number[], rejected: number[], weights?: number[]) =>
      run(
        (policy: Value, worse: Value, zero: Value, better: Value, other: Value, own: Value) =>
          preferenceLoss(
            kind,
            {
              policy: { chosen: policy, rejected: worse },
              reference: { chosen: zero, rejected: zero },
              lengths: { chosen: better, rejected: other },
              mismatched: zero,
            },
            { beta: 0.1, ...(weights && { weights: own }) },
          ),
        tensor(chosen),
        tensor(rejected),
        tensor([0, 0]),
        lengths.chosen,
        lengths.rejected,
        tensor(weights ?? [0, 0]),
      );
    const start = { dpo: Math.LN2, ipo: 25, kto: 0.5 }[kind];

    test('starts where the paper says', async () => {
      close(await lossOf([0, 0], [0, 0]), [start]);
    });

    test('is that of the formula, for the pairs that count', async () => {
      const expected = {
        dpo: -Math.log(sigmoid(0.1 * (2 - -4))),
        ipo: (2 / 2 - -4 / 4 - 5) ** 2,
        kto: (1 - sigmoid(0.1 * 2) + 1 - sigmoid(0.1 * 4)) / 2,
      }[kind];
      close(await lossOf([2, 9], [-4, 9], [1, 0]), [expected]);
      close(await lossOf([2, 0], [-4, 0]), [(expected + start) / 2]);
    });
  });

  test('a reward model is to lead by the margin', async () => {
    const loss = (chosen: Value, rejected: Value) => bradleyTerry({ chosen, rejected }, { margin: 0.5 });
    close(await run(loss, tensor([2]), tensor([1])), [-Math.log(sigmoid(0.5))]);
  });
});

describe('policies', () => {
  const counted = tensor([
    [1, 1],
    [1, 0],
  ]);
  const surrogate = (options: Partial<Parameters<typeof policyGradient>[2]>) =>
    run(
      (current, drawn, advantages, counts) =>
        policyGradient(
          current,
          { drawn, advantages, counted: counts },
          {
            clip: { low: 0.2, high: 0.3 },
            aggregation: 'token',
            ...options,
          },
        ),
      tensor([
        [Math.log(0.9), Math.log(0.5)],
        [Math.log(0.8), 0],
      ]),
      tensor([
        [Math.log(0.5), Math.log(0.5)],
        [Math.log(0.02), 0],
      ]),
      tensor([1, -1]),
      counted,
    );

  test('gains are cut above, losses are not, and masked tokens count for nothing', async () => {
    // Ratios 1.8, cut at 1.3, and 1; then 40 at a disadvantage.
    close(await surrogate({}), [(-1.3 - 1 + 40) / 3], 4);
    close(await surrogate({ aggregation: 'sequence' }), [((-1.3 - 1) / 2 + 40) / 2], 4);
    close(await surrogate({ aggregation: 10 }), [(-2.3 + 40) / 20], 4);
  });

  test('the dual clip bounds the loss of unlikely tokens', async () => {
    close(await surrogate({ dualClip: 10 }), [(-1.3 - 1 + 10) / 3], 4);
  });

  test('an answer without tokens is no division by zero', async () => {
    const found = await run((l, c) => aggregate(l, c, 'sequence'), tensor([[1], [2]]), tensor([[1], [0]]));
    close(found, [0.5]);
  });

  test('the estimate of KL is 0 where nothing changed, and positive on both sides', async () => {
    const found = await run((a, b) => klEstimate(a, b), tensor([-1, -1, -2]), tensor([-1, -2, -1]));
    close(found, [0, Math.exp(-1), Math.E - 2]);
  });

  test('entropy in nats', async () => {
    close(await run((l) => tokenEntropy(l), logits([0.25, 0.25, 0.25, 0.25], [1 - 3e-9, 1e-9, 1e-9, 1e-9])), [
      Math.log(4),
      0,
    ]);
  });

  test("a guide's unlikely tokens pull harder than its likely ones", async () => {
    const losses = (current: Value, advantages: Value) => guidedLosses(current, advantages, 0.1);
    const current = tensor([[Math.log(0.1), Math.log(0.9)]]);
    close(await run(losses, current, tensor([0.75])), [-0.375, -0.675]);
    const slopes = (c: Value, a: Value) => grad((v: Value) => sum(reshape(losses(v, a), [2])))(c);
    const [rare, frequent] = await run(slopes, current, tensor([1]));
    // c p / (p + c)^2
    expect(rare).toBeCloseTo(-0.25, 5);
    expect(frequent).toBeCloseTo(-0.09, 5);
  });

  test('a guide can also be learned without shaping, or as in supervised fine-tuning', async () => {
    const current = tensor([[Math.log(0.1), Math.log(0.9)]]);
    const losses = (shaping: Shaping) => run((c, a) => guidedLosses(c, a, shaping), current, tensor([0.75]));
    close(await losses('none'), [-0.075, -0.675]);
    close(await losses('likelihood'), [-0.75 * Math.log(0.1), -0.75 * Math.log(0.9)]);
  });

  test('comprehension is the mean probability, not the probability of the mean logarithm', async () => {
    const logs = tensor([
      [Math.log(0.5), Math.log(0.1), Math.log(0.3)],
      [Math.log(0.5), 0, 0],
    ]);
    const answers = tensor([
      [0, 1, 1],
      [0, 0, 0],
    ]);
    close(await run((l, c) => comprehension(l, c), logs, answers), [0.2, 0]);
  });

  test('advantages are relative to the group', () => {
    expect(
      [...groupAdvantages([1, 0, 0, 1, 1, 1], 3, { scaled: false })].map((a) => Number(a.toFixed(4))),
    ).toEqual([0.6667, -0.3333, -0.3333, 0, 0, 0]);
    expect(groupAdvantages([1, 0, 0], 3, { scaled: true })[0]).toBeCloseTo(2 / 3 / Math.sqrt(1 / 3), 3);
    expect(() => groupAdvantages([1, 2, 3], 2, { scaled: false })).toThrow(
      'no groups of 2, 2 or more: 3 rewards',
    );
  });
});
