import { expect, test } from 'vitest';
import {
  encodeModel,
  exportOnnx,
  jit,
  loadSession,
  nn,
  random,
  tensor,
  toNumbers,
  type Value,
} from '../src/index.js';

const params = nn.initLstm(random.key(1), 3, 4);
const filled = (shape: readonly number[], name: string) => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  random.fillNormal(data, random.key(name));
  return tensor(data, shape);
};
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The recurrence written out for one sequence. */
function byHand(x: readonly number[][]): { hidden: number[][]; cell: number[] } {
  const [inner, outer, innerBias, outerBias] = [
    params.weight_ih_l0,
    params.weight_hh_l0,
    params.bias_ih_l0,
    params.bias_hh_l0,
  ].map(toNumbers) as [number[], number[], number[], number[]];
  let [h, c] = [new Array<number>(4).fill(0), new Array<number>(4).fill(0)];
  const hidden = x.map((row) => {
    const gate = (k: number) =>
      innerBias[k]! +
      outerBias[k]! +
      row.reduce((sum, v, i) => sum + v * inner[k * 3 + i]!, 0) +
      h.reduce((sum, v, i) => sum + v * outer[k * 4 + i]!, 0);
    const next = c.map((v, j) => sigmoid(gate(4 + j)) * v + sigmoid(gate(j)) * Math.tanh(gate(8 + j)));
    const shown = next.map((v, j) => sigmoid(gate(12 + j)) * Math.tanh(v));
    [h, c] = [shown, next];
    return shown;
  });
  return { hidden, cell: c };
}

test('the LSTM is the recurrence of its definition', async () => {
  const x = filled([2, 5, 3], 'x');
  const run = jit((p: nn.Recurrent<Value>, v: Value) => nn.lstm(p, v));
  const { hidden, cell } = await run(params, x);
  await run.dispose();
  const rows = toNumbers(x);
  for (const batch of [0, 1]) {
    const own = byHand(
      Array.from({ length: 5 }, (_, t) => rows.slice((batch * 5 + t) * 3, (batch * 5 + t + 1) * 3)),
    );
    toNumbers(hidden)
      .slice(batch * 20, batch * 20 + 20)
      .forEach((v, i) => {
        expect(v).toBeCloseTo(own.hidden.flat()[i]!, 5);
      });
    toNumbers(cell)
      .slice(batch * 4, batch * 4 + 4)
      .forEach((v, i) => {
        expect(v).toBeCloseTo(own.cell[i]!, 5);
      });
  }
});

test('an LSTM goes on from a state, and leaves as a model for sequences of any length', async () => {
  const x = filled([2, 5, 3], 'x');
  const model = exportOnnx(
    (p: nn.Recurrent<Value>, inputs: Record<'x', Value>) => ({ hidden: nn.lstm(p, inputs.x).hidden }),
    params,
    { x: { dtype: 'float32', shape: ['batch', 'steps', 3] } },
  );
  const session = await loadSession(encodeModel(model));
  const all = toNumbers((await session.run({ x })).hidden!);
  const head = tensor(toNumbers(x).slice(0, 9), [1, 3, 3]);
  const start = toNumbers((await session.run({ x: head })).hidden!);
  start.forEach((v, i) => {
    expect(v).toBeCloseTo(all[i]!, 6);
  });
  await session.dispose();
  const run = jit((p: nn.Recurrent<Value>, v: Value, hidden: Value, cell: Value) =>
    nn.lstm(p, v, { hidden, cell }),
  );
  const first = jit((p: nn.Recurrent<Value>, v: Value) => nn.lstm(p, v));
  const half = await first(params, head);
  const rest = tensor(toNumbers(x).slice(9, 15), [1, 2, 3]);
  const last = tensor(toNumbers(half.hidden).slice(-4), [1, 4]);
  const { hidden } = await run(params, rest, last, half.cell);
  toNumbers(hidden).forEach((v, i) => {
    expect(v).toBeCloseTo(all[12 + i]!, 6);
  });
  await Promise.all([run.dispose(), first.dispose()]);
});
