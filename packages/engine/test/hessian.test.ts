import { expect, test } from 'vitest';
import {
  add,
  grad,
  jit,
  logSumExp,
  matmul,
  mean,
  mul,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  toNumbers,
  type Value,
} from '../src/index.js';
import { distance } from './support/gradcheck.js';
import { randomFrom, uniform } from './support/random.js';

const random = randomFrom(11);
const draw = (...shape: number[]): Tensor =>
  tensor(
    uniform(
      random,
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  );

/** A small net whose curvature comes from every layer: products, tanh, a softmax in the loss. */
type Net = { readonly w: Value; readonly b: Value; readonly v: Value };
const params = { w: draw(3, 5), b: draw(5), v: draw(5, 4) };
const x = draw(6, 3);
const loss = (p: Net, x: Value): Value => {
  const logits = matmul(tanh(add(matmul(x, p.w), p.b)), p.v);
  return mean(sub(logSumExp(logits, { axes: 1 }), mul(sum(logits, { axes: 1 }), 0.25)));
};
const dot = (a: Net, b: Net) => add(sum(mul(a.w, b.w)), add(sum(mul(a.b, b.b)), sum(mul(a.v, b.v))));
type Data = { readonly w: Tensor; readonly b: Tensor; readonly v: Tensor };
const flat = (p: Data) => [p.w, p.b, p.v].flatMap(toNumbers);
const moved = (p: Data, d: Data, h: number): Data => {
  const move = (a: Tensor, b: Tensor) =>
    tensor(
      (a.data as Float64Array).map((v, i) => v + h * (b.data as Float64Array)[i]!),
      a.shape,
    );
  return { w: move(p.w, d.w), b: move(p.b, d.b), v: move(p.v, d.v) };
};

const gradient = grad(loss);
const hessianVector = (p: Net, d: Net, x: Value) => grad((q: Net) => dot(gradient(q, x), d))(p);
const thirdOrder = (p: Net, d: Net, x: Value) => grad((q: Net) => dot(hessianVector(q, d, x), d))(p);

/** Central difference of a function of the parameters along a direction. */
async function difference(f: (p: Data) => Promise<Data>, d: Data, h = 1e-5): Promise<number[]> {
  const [above, below] = [flat(await f(moved(params, d, h))), flat(await f(moved(params, d, -h)))];
  return above.map((a, i) => (a - below[i]!) / (2 * h));
}

const direction = { w: draw(3, 5), b: draw(5), v: draw(5, 4) };

test('Hessian-vector products are differences of gradients', async () => {
  const [first, second] = [jit(gradient), jit(hessianVector)];
  const found = flat(await second(params, direction, x));
  expect(found.some((v) => Math.abs(v) > 0.01)).toBe(true);
  expect(distance(found, await difference((p) => first(p, x), direction))).toBeLessThan(1e-7);
  for (const f of [first, second]) await f.dispose();
});

test('the Hessian is symmetric', async () => {
  const form = jit((p: Net, a: Net, b: Net, x: Value) => dot(hessianVector(p, a, x), b));
  const other = { w: draw(3, 5), b: draw(5), v: draw(5, 4) };
  const [ab, ba] = [await form(params, direction, other, x), await form(params, other, direction, x)];
  expect(distance(toNumbers(ab), toNumbers(ba))).toBeLessThan(1e-12);
  await form.dispose();
});

test('third derivatives are differences of Hessian-vector products', async () => {
  const [second, third] = [jit(hessianVector), jit(thirdOrder)];
  const found = flat(await third(params, direction, x));
  expect(distance(found, await difference((p) => second(p, direction, x), direction))).toBeLessThan(1e-6);
  for (const f of [second, third]) await f.dispose();
});

test('a penalty on the gradient has the gradient that differences give', async () => {
  const penalty = (p: Net, x: Value) => {
    const g = grad((input: Value) => loss(p, input))(x);
    return mean(mul(g, g));
  };
  const [value, slope] = [jit(penalty), jit(grad(penalty))];
  const found = flat(await slope(params, x));
  const h = 1e-5;
  const along = found.reduce((s, g, i) => s + g * flat(direction)[i]!, 0);
  const [above, below] = [
    await value(moved(params, direction, h), x),
    await value(moved(params, direction, -h), x),
  ];
  expect(distance([along], [(toNumbers(above)[0]! - toNumbers(below)[0]!) / (2 * h)])).toBeLessThan(1e-7);
  for (const f of [value, slope]) await f.dispose();
});
