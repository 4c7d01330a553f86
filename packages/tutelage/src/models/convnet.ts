import { conv, maxPool, mean, nn, random, relu, type Tensor, type Value } from '@tutelage/engine';

export interface ConvnetConfig {
  /** Channels of the images, then of the two convolutions. */
  readonly channels: readonly [number, number, number];
  readonly classes: number;
}

type Kernel<T> = {
  readonly weight: T;
};

/** Parameters under the names of PyTorch's modules. */
export type Convnet<T> = {
  readonly conv1: Kernel<T>;
  readonly bn1: nn.Norm<T>;
  readonly conv2: Kernel<T>;
  readonly bn2: nn.Norm<T>;
  readonly fc: nn.Linear<T>;
};

/** Running statistics of the batch norms. */
export type ConvnetState<T> = {
  readonly bn1: nn.Statistics<T>;
  readonly bn2: nn.Statistics<T>;
};

export function initConvnet(
  key: random.Key,
  { channels, classes }: ConvnetConfig,
): { readonly params: Convnet<Tensor>; readonly state: ConvnetState<Tensor> } {
  const [inputs, first, second] = channels;
  const kernel = (name: string, from: number, to: number) => ({
    weight: nn.kaimingNormal()(random.foldIn(key, name), [to, from, 3, 3]),
  });
  return {
    params: {
      conv1: kernel('conv1', inputs, first),
      bn1: nn.initNorm(first),
      conv2: kernel('conv2', first, second),
      bn2: nn.initNorm(second),
      fc: nn.initLinear(random.foldIn(key, 'fc'), second, classes),
    },
    state: { bn1: nn.initStatistics(first), bn2: nn.initStatistics(second) },
  };
}

/**
 * A small convolutional net: two 3 x 3 convolutions with batch norm, max pooling between them, and the average over the image.
 *
 * @param images [batch, channels, height, width], height and width even
 * @param state running statistics in evaluation; none in training, where the batch's own normalise
 * @returns logits [batch, classes], and the batch's statistics for `nn.updateStatistics`
 */
export function convnet(
  p: Convnet<Value>,
  images: Value,
  options: { readonly state?: ConvnetState<Value>; readonly epsilon?: number } = {},
): { readonly logits: Value; readonly statistics: ConvnetState<Value> } {
  const { state, epsilon } = options;
  const first = nn.batchNorm(p.bn1, conv(images, p.conv1.weight, { padding: 1 }), state?.bn1, epsilon);
  const pooled = maxPool(relu(first.y), 2);
  const second = nn.batchNorm(p.bn2, conv(pooled, p.conv2.weight, { padding: 1 }), state?.bn2, epsilon);
  const logits = nn.linear(p.fc, mean(relu(second.y), { axes: [2, 3] }));
  return { logits, statistics: { bn1: first.statistics, bn2: second.statistics } };
}
