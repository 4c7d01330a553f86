import { conv, nn, random, relu, resize, type Tensor, type Value } from '@tutelage/engine';

export interface SegmenterConfig {
  /** Spatial axes: 1 for signals, whose kernels have 5 taps, and 2 for images, whose kernels are 3 x 3. */
  readonly axes: 1 | 2;
  /** Channels of the input. */
  readonly channels: number;
  /** Kernels of the first convolution; the three others have twice as many. */
  readonly width: number;
  readonly classes: number;
}

type Block<T> = {
  readonly conv: { readonly weight: T };
  readonly bn: nn.Norm<T>;
};

/** Four convolutions, and a classifier at each position. */
export type Segmenter<T> = {
  readonly layers: readonly Block<T>[];
  readonly head: { readonly weight: T; readonly bias: T };
};

/** Running statistics of the batch norms. */
export type SegmenterState<T> = {
  readonly layers: readonly { readonly bn: nn.Statistics<T> }[];
};

/** The second convolution halves the resolution; the dilations after it widen what a position sees. */
const plan = [
  { stride: 1, dilation: 1 },
  { stride: 2, dilation: 1 },
  { stride: 1, dilation: 2 },
  { stride: 1, dilation: 4 },
] as const;

export function initSegmenter(
  key: random.Key,
  { axes, channels, width, classes }: SegmenterConfig,
): { readonly params: Segmenter<Tensor>; readonly state: SegmenterState<Tensor> } {
  const kernel = axes === 1 ? [5] : [3, 3];
  const widths = [width, 2 * width, 2 * width, 2 * width];
  return {
    params: {
      layers: widths.map((to, i) => ({
        conv: {
          weight: nn.kaimingUniform(1 / Math.sqrt(3))(random.foldIn(key, i), [
            to,
            widths[i - 1] ?? channels,
            ...kernel,
          ]),
        },
        bn: nn.initNorm(to),
      })),
      head: {
        weight: nn.kaimingUniform(1 / Math.sqrt(3))(random.foldIn(key, 'head'), [
          classes,
          2 * width,
          ...kernel.map(() => 1),
        ]),
        bias: nn.zeros([classes]),
      },
    },
    state: { layers: widths.map((to) => ({ bn: nn.initStatistics(to) })) },
  };
}

/**
 * A fully convolutional net (Long et al. 2015) with dilated convolutions (Yu & Koltun 2016), at half the resolution of its input.
 *
 * @param x [batch, channels, length] or [batch, channels, height, width]
 * @param state running statistics in evaluation; none in training, where the batch's own normalise
 * @returns logits [batch, classes, half the length] or [batch, classes, half the height, half the width], rounded up, and the
 *   batch's statistics for `nn.updateStatistics`
 */
export function segmenter(
  p: Segmenter<Value>,
  x: Value,
  state?: SegmenterState<Value>,
): { readonly logits: Value; readonly statistics: SegmenterState<Value> } {
  const statistics: { readonly bn: nn.Statistics<Value> }[] = [];
  const features = p.layers.reduce((h, { conv: { weight }, bn }, i) => {
    const { stride, dilation } = plan[i]!;
    const padding = ((weight.dim(-1) - 1) / 2) * dilation;
    const normed = nn.batchNorm(bn, conv(h, weight, { stride, dilation, padding }), state?.layers[i]?.bn);
    statistics.push({ bn: normed.statistics });
    return relu(normed.y);
  }, x);
  const logits = conv(features, p.head.weight, { bias: p.head.bias });
  return { logits, statistics: { layers: statistics } };
}

/** Logits at the resolution of the labels, by linear interpolation: [batch, classes, ...any size] to [batch, classes, ...size]. */
export function atResolution(logits: Value, size: readonly number[]): Value {
  return resize(logits, size, { mode: 'linear' });
}
