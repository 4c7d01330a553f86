import { nn, random, type Tensor, type Value } from '@tutelage/engine';
import { type Encoder, type EncoderConfig, encode, meanPool } from '../models/encoder.js';
import type { ClassifierNet } from './classifier.js';

type EncoderClassifier<T> = {
  readonly bert: Encoder<T>;
  readonly classifier: nn.Linear<T>;
};

/**
 * A classifier of token ids and their mask: the mean of an encoder's states over the tokens, dropout, and a linear layer.
 *
 * @param encoder its initial parameters
 */
export function encoderNet(
  key: random.Key,
  encoder: Encoder<Tensor>,
  config: Pick<EncoderConfig, 'heads' | 'width' | 'dropout'>,
  classes: number,
): ClassifierNet {
  const params: EncoderClassifier<Tensor> = {
    bert: encoder,
    classifier: nn.initLinear(random.foldIn(key, 'classifier'), config.width, classes, {
      weight: nn.normal(0.02),
    }),
  };
  return {
    params,
    statistics: {},
    forward(p, { ids, mask }, mode) {
      const { bert, classifier } = p as EncoderClassifier<Value>;
      const dropoutKey = mode.training ? mode.key : undefined;
      const states = encode(
        bert,
        config,
        ids!,
        mask!,
        dropoutKey && random.foldInTraced(dropoutKey, 'encoder'),
      );
      const pooled = random.dropout(
        meanPool(states, mask!),
        config.dropout ?? 0,
        dropoutKey && random.foldInTraced(dropoutKey, 'pooled'),
      );
      return { logits: nn.linear(classifier, pooled), statistics: {} };
    },
  };
}
