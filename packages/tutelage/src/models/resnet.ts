import { add, conv, mean, nn, random, relu, type Tensor, type Value } from '@tutelage/engine';

export interface ResnetConfig {
  /** Of the images. */
  readonly channels: number;
  /** Channels of each stage; every stage after the first halves the image. */
  readonly widths: readonly number[];
  /** The depth is 2 * stages * blocks + 2: with three stages, 1, 2 and 3 blocks make ResNet-8, -14 and -20. */
  readonly blocks: number;
  readonly classes: number;
}

type Kernel<T> = {
  readonly weight: T;
};

type Block<T> = {
  readonly conv1: Kernel<T>;
  readonly bn1: nn.Norm<T>;
  readonly conv2: Kernel<T>;
  readonly bn2: nn.Norm<T>;
  /** Where width or size change: 1 x 1 convolution and norm. */
  readonly downsample?: readonly [Kernel<T>, nn.Norm<T>];
};

/** Parameters under torchvision's names: stages are layer1, layer2, ... */
export type Resnet<T> = {
  readonly conv1: Kernel<T>;
  readonly bn1: nn.Norm<T>;
  readonly [stage: `layer${number}`]: readonly Block<T>[];
  readonly fc: nn.Linear<T>;
};

type BlockState<T> = {
  readonly bn1: nn.Statistics<T>;
  readonly bn2: nn.Statistics<T>;
  readonly downsample?: { readonly 1: nn.Statistics<T> };
};

/** Running statistics of the batch norms. */
export type ResnetState<T> = {
  readonly bn1: nn.Statistics<T>;
  readonly [stage: `layer${number}`]: readonly BlockState<T>[];
};

export function initResnet(
  key: random.Key,
  { channels, widths, blocks, classes }: ResnetConfig,
): { readonly params: Resnet<Tensor>; readonly state: ResnetState<Tensor> } {
  const kernel = (k: random.Key, from: number, to: number, size: number) => ({
    weight: nn.kaimingNormal()(k, [to, from, size, size]),
  });
  const block = (k: random.Key, from: number, to: number): Block<Tensor> => ({
    conv1: kernel(random.foldIn(k, 'conv1'), from, to, 3),
    bn1: nn.initNorm(to),
    conv2: kernel(random.foldIn(k, 'conv2'), to, to, 3),
    bn2: nn.initNorm(to),
    ...(from !== to && {
      downsample: [kernel(random.foldIn(k, 'downsample'), from, to, 1), nn.initNorm(to)] as const,
    }),
  });
  const blockState = (from: number, to: number): BlockState<Tensor> => ({
    bn1: nn.initStatistics(to),
    bn2: nn.initStatistics(to),
    ...(from !== to && { downsample: { 1: nn.initStatistics(to) } }),
  });
  const stages = <B>(make: (k: random.Key, from: number, to: number) => B) =>
    Object.fromEntries(
      widths.map((width, s) => {
        const k = random.foldIn(key, s);
        const before = widths[s - 1] ?? width;
        return [
          `layer${s + 1}`,
          Array.from({ length: blocks }, (_, b) =>
            make(random.foldIn(k, b), b === 0 ? before : width, width),
          ),
        ];
      }),
    );
  const [stem, last] = [widths[0]!, widths.at(-1)!];
  return {
    params: {
      conv1: kernel(random.foldIn(key, 'conv1'), channels, stem, 3),
      bn1: nn.initNorm(stem),
      ...stages(block),
      fc: nn.initLinear(random.foldIn(key, 'fc'), last, classes),
    },
    state: { bn1: nn.initStatistics(stem), ...stages((_, from, to) => blockState(from, to)) },
  };
}

/**
 * A residual net for small images (He et al. 2015, section 4.2), with projections where the width changes.
 *
 * @param images [batch, channels, height, width]
 * @param state running statistics in evaluation; none in training, where the batch's own normalise
 * @returns logits [batch, classes], and the batch's statistics for `nn.updateStatistics`
 */
export function resnet(
  p: Resnet<Value>,
  images: Value,
  state?: ResnetState<Value>,
): { readonly logits: Value; readonly statistics: ResnetState<Value> } {
  const stem = normConv(p.conv1, p.bn1, images, 1, state?.bn1);
  let x = relu(stem.y);
  const statistics: Record<`layer${number}`, readonly BlockState<Value>[]> = {};
  for (let s = 1; `layer${s}` in p; s++) {
    const name = `layer${s}` as const;
    statistics[name] = p[name]!.map((block, b) => {
      const result = residual(block, x, s > 1 && b === 0 ? 2 : 1, state?.[name]?.[b]);
      x = result.y;
      return result.statistics;
    });
  }
  const logits = nn.linear(p.fc, mean(x, { axes: [2, 3] }));
  return { logits, statistics: { bn1: stem.statistics, ...statistics } };
}

function residual(p: Block<Value>, x: Value, stride: number, state: BlockState<Value> | undefined) {
  const first = normConv(p.conv1, p.bn1, x, stride, state?.bn1);
  const second = normConv(p.conv2, p.bn2, relu(first.y), 1, state?.bn2);
  const around = p.downsample && normConv(...p.downsample, x, stride, state?.downsample?.[1]);
  const statistics: BlockState<Value> = {
    bn1: first.statistics,
    bn2: second.statistics,
    ...(around && { downsample: { 1: around.statistics } }),
  };
  return { y: relu(add(second.y, around?.y ?? x)), statistics };
}

/** Convolution that keeps the image's size at stride 1, then batch norm. */
function normConv(
  kernel: Kernel<Value>,
  norm: nn.Norm<Value>,
  x: Value,
  stride: number,
  state: nn.Statistics<Value> | undefined,
) {
  const padding = (kernel.weight.dim(-1) - 1) / 2;
  return nn.batchNorm(norm, conv(x, kernel.weight, { stride, padding }), state);
}
