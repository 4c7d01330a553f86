import {
  concat,
  conv,
  maxPool,
  mean,
  mul,
  nn,
  random,
  relu,
  type Tensor,
  type Value,
} from '@tutelage/engine';

/** What one modality gives for an example: a vector [size], or a map [channels, height, width] such as an image or a spectrogram. */
export type ModalityShape = readonly [number] | readonly [number, number, number];

export interface FusionConfig {
  /** Of each modality that the net sees. */
  readonly shapes: readonly ModalityShape[];
  /** Kernels of a map's three convolutions; the last is also what a vector is brought to. */
  readonly widths: readonly [number, number, number];
  readonly hidden: number;
  readonly classes: number;
}

/** Three convolutions of a map, or one layer of a vector. */
type Trunk<T> =
  | { readonly convs: readonly { readonly weight: T; readonly bias: T }[] }
  | { readonly fc: nn.Linear<T> };

/** A trunk for each modality, then two layers on what they give together. */
export type Fusion<T> = {
  readonly trunks: readonly Trunk<T>[];
  readonly fc1: nn.Linear<T>;
  readonly fc2: nn.Linear<T>;
};

export function initFusion(
  key: random.Key,
  { shapes, widths, hidden, classes }: FusionConfig,
): Fusion<Tensor> {
  const trunk = (k: random.Key, shape: ModalityShape): Trunk<Tensor> => {
    if (shape.length === 1) return { fc: nn.initLinear(k, shape[0], widths[2]) };
    return {
      convs: widths.map((to, i) => ({
        weight: nn.kaimingNormal()(random.foldIn(k, i), [to, widths[i - 1] ?? shape[0], 3, 3]),
        bias: nn.zeros([to]),
      })),
    };
  };
  return {
    trunks: shapes.map((shape, i) => trunk(random.foldIn(key, i), shape)),
    fc1: nn.initLinear(random.foldIn(key, 'fc1'), shapes.length * widths[2], hidden),
    fc2: nn.initLinear(random.foldIn(key, 'fc2'), hidden, classes),
  };
}

/**
 * What the trunks give: of a map the means over its last convolution's positions, of a vector its first layer.
 *
 * @param inputs [batch, ...shape] of each modality, maps of at least 4 x 4
 * @returns [batch, modalities * last width], not negative
 */
export function fusionFeatures(p: Fusion<Value>, inputs: readonly Value[]): Value {
  const features = p.trunks.map((trunk, i) => {
    if ('fc' in trunk) return relu(nn.linear(trunk.fc, inputs[i]!));
    const last = trunk.convs.reduce((h, { weight, bias }, layer) => {
      const y = relu(conv(h, weight, { bias, padding: 1 }));
      return layer < trunk.convs.length - 1 ? maxPool(y, 2) : y;
    }, inputs[i]!);
    return mean(last, { axes: [2, 3] });
  });
  return concat(features, 1);
}

/** Where a mask can lie: on what the trunks give, or on the layer after it. */
export const maskedLayers = ['features', 'hidden'] as const;
export type MaskedLayer = (typeof maskedLayers)[number];

/** The layer above the trunks, not negative: [batch, modalities * last width] to [batch, hidden]. */
export function fusionHidden(p: Fusion<Value>, features: Value): Value {
  return relu(nn.linear(p.fc1, features));
}

/**
 * The part above the trunks.
 *
 * @param features [batch, modalities * last width]
 * @param mask makes factors of a layer's outputs [batch, width] of the same shape
 * @returns logits [batch, classes]
 */
export function fusionLogits(
  p: Fusion<Value>,
  features: Value,
  mask?: { readonly layer: MaskedLayer; readonly of: (outputs: Value) => Value },
): Value {
  const masked = (layer: MaskedLayer, h: Value) => (mask?.layer === layer ? mul(h, mask.of(h)) : h);
  return nn.linear(p.fc2, masked('hidden', fusionHidden(p, masked('features', features))));
}
