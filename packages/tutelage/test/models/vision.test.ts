import {
  add,
  encodeModel,
  exportOnnx,
  jit,
  loadSession,
  mul,
  nn,
  random,
  toNumbers,
  type Value,
} from '@tutelage/engine';
import { describe, expect, it, test } from 'vitest';
import { type Fusion, fusionFeatures, fusionLogits, initFusion } from '../../src/models/fusion.js';
import { gateShares, initGate } from '../../src/models/gate.js';
import { initMaskNet, type MaskNet, maskNet, tokenWidth } from '../../src/models/mask-net.js';
import {
  atResolution,
  initSegmenter,
  type Segmenter,
  type SegmenterState,
  segmenter,
} from '../../src/models/segmenter.js';

const normal = (shape: readonly number[], name: string) => nn.normal(1)(random.key(name), shape);

describe('the segmenter', () => {
  it.each([
    { axes: 1, size: [21], kernel: 5 },
    { axes: 2, size: [9, 12], kernel: 9 },
  ] as const)('of $axes axes labels every position of any size', async ({ axes, size, kernel }) => {
    const { params, state } = initSegmenter(random.key(1), { axes, channels: 2, width: 3, classes: 4 });
    expect(nn.countParameters(params)).toBe(
      kernel * (2 * 3 + 3 * 6 + 6 * 6 + 6 * 6) + 2 * (3 + 6 + 6 + 6) + 6 * 4 + 4,
    );
    const run = jit((p: Segmenter<Value>, x: Value, s: SegmenterState<Value>) => {
      const { logits } = segmenter(p, x, s);
      return { low: logits, full: atResolution(logits, size) };
    });
    const { low, full } = await run(params, normal([2, 2, ...size], 'x'), state);
    expect(low.shape).toEqual([2, 4, ...size.map((d) => Math.ceil(d / 2))]);
    expect(full.shape).toEqual([2, 4, ...size]);
    await run.dispose();
  });

  it('leaves as ONNX with any batch size', async () => {
    const net = initSegmenter(random.key(2), { axes: 2, channels: 3, width: 4, classes: 3 });
    type Net = { readonly params: Segmenter<Value>; readonly state: SegmenterState<Value> };
    const compute = ({ params, state }: Net, { x }: Readonly<Record<'x', Value>>) =>
      atResolution(segmenter(params, x, state).logits, [8, 10]);
    const shape = ['batch', 3, 8, 10] as const;
    const session = await loadSession(
      encodeModel(exportOnnx(compute, net, { x: { dtype: 'float32', shape } })),
    );
    const run = jit(compute);
    for (const batch of [1, 3]) {
      const x = normal([batch, 3, 8, 10], 'image');
      const [here, there] = [toNumbers(await run(net, { x })), toNumbers((await session.run({ x })).output!)];
      expect(Math.max(...here.map((y, i) => Math.abs(y - there[i]!)))).toBeLessThan(1e-5);
    }
    await run.dispose();
    await session.dispose();
  });
});

describe('the fusion net', () => {
  const config = { shapes: [[5], [1, 9, 8]], widths: [2, 3, 4], hidden: 6, classes: 3 } as const;
  const params = initFusion(random.key(3), config);
  const inputs = [normal([2, 5], 'vector'), normal([2, 1, 9, 8], 'map')];

  it('takes vectors and maps together', async () => {
    const run = jit((p: Fusion<Value>, x: readonly Value[]) => {
      const features = fusionFeatures(p, x);
      return { features, logits: fusionLogits(p, features) };
    });
    const { features, logits } = await run(params, inputs);
    expect([features.shape, logits.shape]).toEqual([
      [2, 8],
      [2, 3],
    ]);
    expect(toNumbers(features).every((x) => x >= 0)).toBe(true);
    await run.dispose();
  });

  it('is masked where it is told to be', async () => {
    const run = jit((p: Fusion<Value>, x: readonly Value[]) => {
      const features = fusionFeatures(p, x);
      const open = { layer: 'hidden', of: (h: Value) => add(mul(h, 0), 1) } as const;
      const shut = { layer: 'features', of: (h: Value) => mul(h, 0) } as const;
      return [fusionLogits(p, features), fusionLogits(p, features, open), fusionLogits(p, features, shut)];
    });
    const [plain, open, shut] = (await run(params, inputs)).map(toNumbers);
    expect(open).toEqual(plain);
    // Nothing of the examples is left.
    expect(shut!.slice(0, 3)).toEqual(shut!.slice(3));
    expect(shut).not.toEqual(plain);
    await run.dispose();
  });
});

test.each(['attention', 'cheap'] as const)(
  'a mask net (%s) gives factors that depend on the vector',
  async (kind) => {
    const config = { size: 12, kind, factor: 2, heads: 3 };
    const params = initMaskNet(random.key(4), config);
    const run = jit((p: MaskNet<Value>, h: Value) => maskNet(p, h, 3));
    const masks = await run(params, normal([2, 12], 'h'));
    expect(masks.shape).toEqual([2, 12]);
    const factors = toNumbers(masks);
    expect(factors.every((x) => x > 0 && x < 1)).toBe(true);
    expect(factors.slice(0, 12)).not.toEqual(factors.slice(12));
    await run.dispose();
  },
);

test('tokens of a mask net are a multiple of the heads wide', () => {
  expect([64, 32, 4].map((size) => tokenWidth({ size, factor: 2, heads: 3 }))).toEqual([30, 15, 3]);
  const params = initMaskNet(random.key(5), { size: 64, kind: 'attention', factor: 2, heads: 3 });
  expect('tokens' in params && params.tokens.weight.shape).toEqual([64 * 30, 64]);
});

test("a gate's shares add up to 1", async () => {
  const run = jit(gateShares);
  const shares = toNumbers(await run(initGate(random.key(6), 10, 4), normal([3, 10], 'x')));
  for (const row of [0, 1, 2]) {
    expect(shares.slice(4 * row, 4 * row + 4).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  }
  await run.dispose();
});
