import {
  add,
  broadcastTo,
  concat,
  conv,
  gelu,
  layerNorm,
  nn,
  random,
  reshape,
  slice,
  type Tensor,
  transpose,
  type Value,
} from '@tutelage/engine';
import { selfAttention } from './transformer.js';

export interface VitConfig {
  /** Height and width of an image. */
  readonly image: number;
  readonly patch: number;
  readonly channels: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly classes: number;
  /** Added to the variance in the norms. Default 1e-6. */
  readonly layerNormEpsilon?: number;
}

type VitLayer<T> = {
  readonly layernorm_before: nn.Norm<T>;
  readonly attention: {
    readonly attention: {
      readonly query: nn.Linear<T>;
      readonly key: nn.Linear<T>;
      readonly value: nn.Linear<T>;
    };
    readonly output: { readonly dense: nn.Linear<T> };
  };
  readonly layernorm_after: nn.Norm<T>;
  readonly intermediate: { readonly dense: nn.Linear<T> };
  readonly output: { readonly dense: nn.Linear<T> };
};

/** Parameters under the names of Hugging Face's `ViTForImageClassification`, without its `vit.` prefix. */
export type Vit<T> = {
  readonly embeddings: {
    readonly cls_token: T;
    readonly position_embeddings: T;
    readonly patch_embeddings: { readonly projection: nn.Linear<T> };
  };
  readonly encoder: { readonly layer: readonly VitLayer<T>[] };
  readonly layernorm: nn.Norm<T>;
  readonly classifier: nn.Linear<T>;
};

const weight = nn.normal(0.02);

export function initVit(key: random.Key, config: VitConfig): Vit<Tensor> {
  const { width, patch, channels } = config;
  const dense = (k: random.Key, name: string, inputs: number, outputs: number) =>
    nn.initLinear(random.foldIn(k, name), inputs, outputs, { weight });
  const layer = (k: random.Key): VitLayer<Tensor> => ({
    layernorm_before: nn.initNorm(width),
    attention: {
      attention: {
        query: dense(k, 'query', width, width),
        key: dense(k, 'key', width, width),
        value: dense(k, 'value', width, width),
      },
      output: { dense: dense(k, 'attention.output', width, width) },
    },
    layernorm_after: nn.initNorm(width),
    intermediate: { dense: dense(k, 'intermediate', width, config.intermediate) },
    output: { dense: dense(k, 'output', config.intermediate, width) },
  });
  const patches = (config.image / patch) ** 2;
  const kernel = nn.kaimingUniform(1 / Math.sqrt(3))(random.foldIn(key, 'patches'), [
    width,
    channels,
    patch,
    patch,
  ]);
  return {
    embeddings: {
      cls_token: nn.zeros([1, 1, width]),
      position_embeddings: weight(random.foldIn(key, 'positions'), [1, 1 + patches, width]),
      patch_embeddings: { projection: { weight: kernel, bias: nn.zeros([width]) } },
    },
    encoder: { layer: Array.from({ length: config.layers }, (_, i) => layer(random.foldIn(key, i))) },
    layernorm: nn.initNorm(width),
    classifier: dense(key, 'classifier', width, config.classes),
  };
}

/**
 * Vision transformer (Dosovitskiy et al. 2020): patches, class token, learned positions, pre-norm blocks.
 *
 * @param images [batch, channels, height, width]
 * @returns logits [batch, classes]
 */
export function vit(
  p: Vit<Value>,
  config: Pick<VitConfig, 'heads' | 'patch' | 'layerNormEpsilon'>,
  images: Value,
): Value {
  const { layerNormEpsilon = 1e-6 } = config;
  const norm = (n: nn.Norm<Value>, x: Value) => layerNorm(x, n.weight, n.bias, layerNormEpsilon);
  const { projection } = p.embeddings.patch_embeddings;
  const [batch, width] = [images.dim(0), projection.weight.dim(0)];
  const maps = conv(images, projection.weight, { stride: config.patch });
  const patches = transpose(reshape(maps, [batch, width, -1]), [0, 2, 1]);
  const embedded = projection.bias ? add(patches, projection.bias) : patches;
  const token = broadcastTo(p.embeddings.cls_token, [batch, 1, width]);
  let x = add(concat([token, embedded], 1), p.embeddings.position_embeddings);
  for (const layer of p.encoder.layer) {
    const context = selfAttention(layer.attention.attention, norm(layer.layernorm_before, x), config.heads);
    x = add(x, nn.linear(layer.attention.output.dense, context));
    const hidden = gelu(nn.linear(layer.intermediate.dense, norm(layer.layernorm_after, x)));
    x = add(x, nn.linear(layer.output.dense, hidden));
  }
  const first = reshape(slice(x, { axis: 1, end: 1 }), [batch, width]);
  return nn.linear(p.classifier, norm(p.layernorm, first));
}
