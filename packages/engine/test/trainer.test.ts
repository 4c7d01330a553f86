import { expect, test } from 'vitest';
import {
  createTrainer,
  matmul,
  mean,
  mul,
  optim,
  random,
  relu,
  sub,
  type Tensor,
  tensor,
  toNumbers,
  type Value,
} from '../src/index.js';

const filled = (shape: number[], name: string): Tensor => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  random.fillNormal(data, random.key(name));
  return tensor(data, shape);
};
const params = () => ({ layers: [{ weight: filled([8, 16], 'a') }, { weight: filled([16, 1], 'b') }] });
const batch = (i: number) => ({ x: filled([32, 8], `x${i}`), y: filled([32, 1], `y${i}`) });
type Params = { layers: { weight: Value }[] };

const loss = (p: Params, { x, y }: { x: Value; y: Value }, key: Value) => {
  const hidden = random.dropout(relu(matmul(x, p.layers[0]!.weight)), 0.2, key);
  const error = sub(matmul(hidden, p.layers[1]!.weight), y);
  return [mean(mul(error, error)), { error }] as const;
};

const trainer = () =>
  createTrainer({
    params: params(),
    loss,
    optimizer: optim.adamw({ learningRate: 0.01 }),
    clipNorm: 1,
    threads: 1,
  });

const bits = (t: { readonly layers: readonly { readonly weight: Tensor }[] }) =>
  t.layers.map((l) => Array.from(new Uint32Array((l.weight.data as Float32Array).slice().buffer)));

test('learns, and gives what was asked for beside the loss', async () => {
  const t = trainer();
  const first = await t.step(batch(0));
  expect(first.aux.error.shape).toEqual([32, 1]);
  let last = first;
  for (let i = 0; i < 100; i++) last = await t.step(batch(0));
  expect(last.loss).toBeLessThan(first.loss / 3);
  await t.dispose();
});

test('a resumed training ends in the same bits', async () => {
  const straight = trainer();
  for (let i = 0; i < 10; i++) await straight.step(batch(i));
  const before = trainer();
  for (let i = 0; i < 4; i++) await before.step(batch(i));
  const after = trainer();
  after.importState(before.exportState());
  for (let i = 4; i < 10; i++) await after.step(batch(i));
  expect(bits(after.params)).toEqual(bits(straight.params));
  for (const t of [straight, before, after]) await t.dispose();
});

test('accumulated halves give the gradient of the whole', async () => {
  const plain = (p: Params, { x, y }: { x: Value; y: Value }) => {
    const error = sub(matmul(relu(matmul(x, p.layers[0]!.weight)), p.layers[1]!.weight), y);
    return mean(mul(error, error));
  };
  const make = (accumulates: boolean) =>
    createTrainer({
      params: params(),
      loss: plain,
      optimizer: optim.sgd({ learningRate: 0.1 }),
      accumulates,
    });
  const [whole, halves] = [make(false), make(true)];
  const b = batch(0);
  const half = (i: number) => ({
    x: tensor(b.x.data.slice(i * 128, (i + 1) * 128) as Float32Array, [16, 8]),
    y: tensor(b.y.data.slice(i * 16, (i + 1) * 16) as Float32Array, [16, 1]),
  });
  const one = await whole.step(b);
  const two = await halves.step(half(0), half(1));
  expect(two.loss / one.loss).toBeCloseTo(1, 6);
  const [a, c] = [toNumbers(whole.params.layers[0]!.weight), toNumbers(halves.params.layers[0]!.weight)];
  for (const [i, v] of a.entries()) expect(c[i]).toBeCloseTo(v, 5);
  for (const t of [whole, halves]) await t.dispose();
});

test('frozen parameters stay', async () => {
  const t = createTrainer({
    params: params(),
    loss,
    optimizer: optim.sgd({ learningRate: 0.1 }),
    groups: [{ match: /^layers\.0/, frozen: true }],
  });
  await t.step(batch(0));
  expect(toNumbers(t.params.layers[0]!.weight)).toEqual(toNumbers(params().layers[0]!.weight));
  expect(toNumbers(t.params.layers[1]!.weight)).not.toEqual(toNumbers(params().layers[1]!.weight));
  expect([...t.exportState().params.keys()]).toEqual(['layers.1.weight']);
  await t.dispose();
});

test('muon orthogonalises the step of a matrix, and resumes in the same bits', async () => {
  const make = () =>
    createTrainer({
      params: params(),
      loss,
      optimizer: optim.adamw({ learningRate: 0.01 }),
      matrices: { match: /^layers\.0\.weight$/, optimizer: optim.muon({ learningRate: 0.1 }) },
      threads: 1,
    });
  const straight = make();
  const before = toNumbers(straight.params.layers[0]!.weight);
  await straight.step(batch(0));
  const moved = toNumbers(straight.params.layers[0]!.weight).map((x, i) => (before[i]! - x) / 0.1);
  // Rows of the 8 x 16 step are nearly orthonormal: the iteration leaves singular values between about 0.7 and 1.2.
  for (let i = 0; i < 8; i++) {
    const norm = Math.hypot(...moved.slice(i * 16, (i + 1) * 16));
    expect(norm).toBeGreaterThan(0.6);
    expect(norm).toBeLessThan(1.3);
  }
  const resumed = make();
  resumed.importState(straight.exportState());
  const [a, b] = [await straight.step(batch(1)), await resumed.step(batch(1))];
  expect(b.loss).toBe(a.loss);
  expect(bits(resumed.params)).toEqual(bits(straight.params));
  for (const t of [straight, resumed]) await t.dispose();
});

test('a gradient that is not finite changes nothing', async () => {
  const t = trainer();
  await t.step(batch(0));
  const before = bits(t.params);
  const broken = batch(1);
  broken.x.data[0] = Number.NaN;
  const report = await t.step(broken);
  expect(report.applied).toBe(false);
  expect(bits(t.params)).toEqual(before);
  await t.dispose();
});
