import { nn, random, relu, type Tensor, type Value } from '@tutelage/engine';

export interface MlpConfig {
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly classes: number;
}

/** Layers fc1, fc2, ... */
export type Mlp<T> = { readonly [name: `fc${number}`]: nn.Linear<T> };

export function initMlp(key: random.Key, { inputs, hidden, classes }: MlpConfig): Mlp<Tensor> {
  const sizes = [inputs, ...hidden, classes];
  return Object.fromEntries(
    sizes.slice(1).map((size, i) => [`fc${i + 1}`, nn.initLinear(random.foldIn(key, i), sizes[i]!, size)]),
  );
}

/**
 * A multi-layer perceptron.
 *
 * @param x [batch, inputs]
 * @param activation between layers
 * @returns logits [batch, classes]
 */
export function mlp(p: Mlp<Value>, x: Value, activation: (x: Value) => Value = relu): Value {
  const layers = Object.values(p);
  return layers.reduce((h, layer, i) => {
    const y = nn.linear(layer, h);
    return i < layers.length - 1 ? activation(y) : y;
  }, x);
}
